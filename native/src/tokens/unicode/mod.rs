//! Properties of characters, as the reference's own tables have them: each part of it brings
//! another version of Unicode.

pub mod bert;
pub mod folding;
pub mod graphemes;
pub mod nfc;
pub mod onig;
pub mod regex;

/// A class for every character, in blocks of 256 that are stored once each.
#[derive(Debug)]
pub struct Table {
    /// The block of `c / 256`.
    pub index: &'static [u8; 4352],
    /// The class of `c % 256`.
    pub blocks: &'static [[u8; 256]],
}

impl Table {
    /// The class of one character.
    #[inline]
    #[must_use]
    pub fn class(&self, c: char) -> u8 {
        let (block, place) = (c as usize >> 8, c as usize & 0xff);
        let block = self.index.get(block).copied().unwrap_or_default();
        self.blocks
            .get(usize::from(block))
            .and_then(|block| block.get(place))
            .copied()
            .unwrap_or_default()
    }
}
