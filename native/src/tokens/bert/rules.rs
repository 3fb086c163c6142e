//! What becomes of every character under the switches of a file.
//!
//! The steps of the normaliser are put together once for each of the few thousand characters that
//! they change, so that a text needs one look for each of its characters.

use super::Switches;
use super::normalize::hangul;
use crate::tokens::unicode::bert::{
    CHINESE, DECOMPOSED, DECOMPOSES, FLAGS, LOWERED, LOWERS, MARK, PUNCTUATION, REMOVED, REORDERED,
    SPACE,
};

/// What becomes of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It stays, as part of a word.
    Word,
    /// It is left out; the characters around it become neighbours.
    Drop,
    /// Another character stands for it, as part of a word.
    Char,
    /// Several characters stand for it, as part of a word.
    Text,
    /// The letters of a Hangul syllable stand for it, as part of a word.
    Hangul,
    /// It depends on its neighbours; or it becomes a separator, and something besides.
    Tangled,
    /// It is a word of its own, whatever is beside it.
    Alone,
    /// It separates words, whatever is beside it.
    Space,
}

/// A kind in the upper bits; below, for [`Kind::Char`] the character, for [`Kind::Text`] where the
/// text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rule(u32);

const KIND: u32 = 24;
const REST: u32 = (1 << KIND) - 1;
const KINDS: [Kind; 8] = [
    Kind::Word,
    Kind::Drop,
    Kind::Char,
    Kind::Text,
    Kind::Hangul,
    Kind::Tangled,
    Kind::Alone,
    Kind::Space,
];

impl Rule {
    fn new(kind: Kind, rest: u32) -> Self {
        Self((kind as u32) << KIND | rest)
    }

    #[inline]
    fn kind(self) -> Kind {
        KINDS
            .get((self.0 >> KIND) as usize)
            .copied()
            .unwrap_or(Kind::Tangled)
    }

    #[inline]
    fn separates(self) -> bool {
        self.0 >= (Kind::Alone as u32) << KIND
    }

    fn rest(self) -> u32 {
        self.0 & REST
    }
}

type Block = [Rule; 256];

/// The rule of every character: in two stages, like [`FLAGS`], whose blocks they begin as.
pub struct Rules {
    switches: Switches,
    index: Vec<u16>,
    blocks: Vec<Block>,
    texts: Vec<String>,
    /// Of the ASCII characters; of all other bytes, [`Kind::Tangled`].
    bytes: [Kind; 256],
}

/// A text up to the next separator.
pub struct Cut<'t> {
    /// What lies before it.
    pub stretch: &'t str,
    /// [`Kind::Alone`] or [`Kind::Space`], and the character; None at the end of the text.
    pub by: Option<(Kind, &'t str)>,
    /// What lies behind it.
    pub after: &'t str,
}

impl Rules {
    /// Under these switches.
    pub fn new(switches: Switches) -> Self {
        let of_block = |flags: &[u8; 256]| flags.map(|flags| of_flags(flags, switches));
        let mut rules = Self {
            switches,
            index: FLAGS.index.iter().map(|&at| u16::from(at)).collect(),
            blocks: FLAGS.blocks.iter().map(of_block).collect(),
            texts: Vec::new(),
            bytes: [Kind::Tangled; 256],
        };
        if switches.strips() {
            for &(c, parts) in &DECOMPOSED {
                rules.change(c, parts);
            }
        }
        if switches.lowercase {
            let whole = |c| !switches.strips() || FLAGS.class(c) & DECOMPOSES == 0;
            for &(c, _) in LOWERED.iter().filter(|&&(c, _)| whole(c)) {
                rules.change(c, c.encode_utf8(&mut [0; 4]));
            }
        }
        rules.bytes = std::array::from_fn(|byte| match u8::try_from(byte) {
            Ok(byte) if byte.is_ascii() => rules.of(char::from(byte)).kind(),
            _ => Kind::Tangled,
        });
        rules
    }

    /// The switches it was made for.
    pub fn switches(&self) -> Switches {
        self.switches
    }

    /// Heap bytes held.
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&*self.index) + size_of_val(&*self.blocks) + 64 * self.texts.len()
    }

    /// `parts` stand for `c`, lower case and without accents if that is asked for.
    fn change(&mut self, c: char, parts: &str) {
        if self.of(c).separates() {
            return;
        }
        let strips = self.switches.strips();
        let kept: Vec<char> = parts
            .chars()
            .filter(|&part| !strips || FLAGS.class(part) & MARK == 0)
            .collect();
        let tangles = SPACE | PUNCTUATION | if strips { REORDERED } else { 0 };
        let mut text = String::new();
        for part in &kept {
            match lower(*part).filter(|_| self.switches.lowercase) {
                Some(lower) => text.push_str(lower),
                None => text.push(*part),
            }
        }
        let mut chars = text.chars();
        let rule = match (chars.next(), chars.next()) {
            _ if kept.iter().any(|&part| FLAGS.class(part) & tangles != 0) => {
                Rule::new(Kind::Tangled, 0)
            }
            (None, _) => Rule::new(Kind::Drop, 0),
            (Some(one), None) => Rule::new(Kind::Char, one as u32),
            _ => self.text(text),
        };
        self.set(c, rule);
    }

    fn text(&mut self, text: String) -> Rule {
        self.texts.push(text);
        // A few hundred at most: there are no more characters whose parts are several.
        u32::try_from(self.texts.len() - 1)
            .map_or(Rule::new(Kind::Tangled, 0), |at| Rule::new(Kind::Text, at))
    }

    /// Gives the page of `c` a block of its own, if it shares one.
    fn set(&mut self, c: char, rule: Rule) {
        let (page, low) = (c as usize >> 8, c as usize & 0xff);
        let Some(at) = self.index.get_mut(page) else {
            return;
        };
        if usize::from(*at) < FLAGS.blocks.len() {
            let own = self.blocks.get(usize::from(*at)).copied();
            let (Some(own), Ok(new)) = (own, u16::try_from(self.blocks.len())) else {
                return;
            };
            self.blocks.push(own);
            *at = new;
        }
        if let Some(old) = self
            .blocks
            .get_mut(usize::from(*at))
            .and_then(|block| block.get_mut(low))
        {
            *old = rule;
        }
    }

    #[inline]
    #[allow(
        clippy::indexing_slicing,
        reason = "4352 pages are all there are, and the index names blocks that exist"
    )]
    fn of(&self, c: char) -> Rule {
        let code = c as usize;
        self.blocks[usize::from(self.index[code >> 8])][code & 0xff]
    }

    /// What becomes of an ASCII character; of a byte of another one, this says nothing.
    #[inline]
    #[allow(clippy::indexing_slicing, reason = "256 bytes are all there are")]
    pub fn of_byte(&self, byte: u8) -> Kind {
        self.bytes[usize::from(byte)]
    }

    /// Cuts `text` at its first separator.
    #[inline]
    pub fn cut<'t>(&self, text: &'t str) -> Cut<'t> {
        let mut chars = text.chars();
        let mut stretch = text;
        while let Some(c) = chars.next() {
            let rule = self.of(c);
            if rule.separates() {
                let after = chars.as_str();
                let until = text.len() - after.len();
                let at = until - c.len_utf8();
                stretch = text.get(..at).unwrap_or_default();
                let lone = text.get(at..until).unwrap_or_default();
                let by = Some((rule.kind(), lone));
                return Cut { stretch, by, after };
            }
        }
        Cut {
            stretch,
            by: None,
            after: "",
        }
    }

    /// Adds the word that a stretch between two separators becomes, which may be empty; false if
    /// that cannot be told character by character.
    pub fn word(&self, stretch: &str, word: &mut String) -> bool {
        for c in stretch.chars() {
            let rule = self.of(c);
            match rule.kind() {
                Kind::Word => word.push(c),
                Kind::Drop => {}
                Kind::Char => word.extend(char::from_u32(rule.rest())),
                Kind::Text => word.extend(self.texts.get(rule.rest() as usize).map(String::as_str)),
                Kind::Hangul => word.extend(hangul(c).into_iter().flatten()),
                Kind::Tangled | Kind::Alone | Kind::Space => return false,
            }
        }
        true
    }
}

fn of_flags(flags: u8, switches: Switches) -> Rule {
    let has = |flag: u8| flags & flag != 0;
    let strips = switches.strips();
    let kind = if switches.clean_text && has(REMOVED) {
        Kind::Drop
    } else if has(SPACE) {
        Kind::Space
    } else if has(PUNCTUATION) || switches.handle_chinese_chars && has(CHINESE) {
        Kind::Alone
    } else if strips && has(MARK) {
        Kind::Drop
    } else if strips && has(REORDERED) {
        Kind::Tangled
    } else if strips && has(DECOMPOSES) {
        // All others that decompose are changed one by one.
        Kind::Hangul
    } else {
        Kind::Word
    };
    Rule::new(kind, 0)
}

fn lower(c: char) -> Option<&'static str> {
    if FLAGS.class(c) & LOWERS == 0 {
        return None;
    }
    let at = LOWERED.binary_search_by_key(&c, |&(from, _)| from).ok()?;
    LOWERED.get(at).map(|&(_, to)| to)
}
