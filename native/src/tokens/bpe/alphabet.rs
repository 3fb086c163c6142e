//! Bytes as characters: how a vocabulary spells what is no text by itself.

/// The character of each byte, after GPT-2: printable ones of Latin-1 stand for themselves, all
/// others, in order, for the characters from U+0100 on.
pub(super) fn characters() -> [char; 256] {
    let mut others = '\u{100}'..;
    let mut byte = 0_u8;
    [(); 256].map(|()| {
        let character = match byte {
            b'!'..=b'~' | 0xa1..=0xac | 0xae.. => char::from(byte),
            _ => others.next().unwrap_or_default(),
        };
        byte = byte.wrapping_add(1);
        character
    })
}

/// Spelled tokens to bytes.
pub(super) struct Alphabet {
    /// Of the characters below U+0144, all that stand for a byte.
    bytes: [Option<u8>; 0x144],
}

impl Alphabet {
    pub fn new() -> Self {
        let mut bytes = [None; 0x144];
        for (byte, character) in (0_u8..=255).zip(characters()) {
            if let Some(place) = bytes.get_mut(character as usize) {
                *place = Some(byte);
            }
        }
        Self { bytes }
    }

    /// Adds the bytes of a token to `to`; false if it has characters that stand for no byte.
    pub fn spell(&self, token: &str, to: &mut Vec<u8>) -> bool {
        token.chars().all(|character| {
            let byte = self.bytes.get(character as usize).copied().flatten();
            byte.inspect(|&byte| to.push(byte)).is_some()
        })
    }
}
