//! A text cut into words, and each word looked up before it is merged.
//!
//! A word is a few symbols between two places that no merge crosses ([`seams`](super::seams) says
//! why). So most texts consist of a few words again and again, and many words are of one symbol.
//! The cuts are found in blocks of 64 bytes, as one bit for each byte at which a word begins: for
//! ASCII text, by a table and without a branch. Only then are the words gone through.

#![allow(
    clippy::indexing_slicing,
    reason = "ASCII is under 128, blocks are masked, and words begin and end between characters"
)]

use super::super::cache::{Packed, Short, Words};
use super::alphabet::Letter;
use super::lexicon::Lexicon;
use super::pairs::Symbol;
use super::pipeline::SPACE;
use super::row::Row;
use super::stretch::Stretch;
use super::symbols::Symbols;

/// Bytes whose cuts are found at once.
const BLOCK: usize = 64;

/// Bytes of the longest word that is looked up. Longer ones are merged each time: they are seldom
/// met twice.
const LOOKED_UP: usize = 64;

/// Cuts texts into words.
#[derive(Debug)]
pub struct Cutter {
    /// 1 where a word begins at the second of two ASCII characters, by both of them.
    cuts: Box<[[u8; 128]; 128]>,
    /// Unknown characters are spelled, all of them.
    spells_all: bool,
    /// Strings of the vocabulary that are words, with their counts: most of the words that are
    /// ever met, in one access instead of twenty.
    known: Short,
}

impl Cutter {
    /// None: symbols of bytes or of unknown characters take part in merges, or unknown characters
    /// leave nothing, so that their neighbours meet, or `▁` is unknown. No vocabulary in use is
    /// like that.
    ///
    /// In all others nothing is joined to the symbols of unknown characters, so that a row can be
    /// cut on both sides of a run of them; inside, if all are spelled.
    #[must_use]
    pub fn new(lexicon: &Lexicon, symbols: &Symbols) -> Option<Self> {
        let spells_all = lexicon.spells_all();
        let leaves = lexicon.unknown.is_some() || spells_all;
        let spaces = !lexicon.alphabet.get(SPACE).is_absent();
        let mut spelling = lexicon.bytes.iter().chain(&lexicon.unknown);
        if !leaves || !spaces || !spelling.all(|letter| letter.is_alone()) {
            return None;
        }
        let mut cutter = Self {
            cuts: Box::new([[0; 128]; 128]),
            spells_all,
            known: Short::for_words(2 * symbols.count() as usize),
        };
        let letter = |byte: usize| lexicon.alphabet.get(u8::try_from(byte).unwrap_or(0).into());
        for left in 0..128 {
            for right in 0..128 {
                let joined = cutter.joins(lexicon, letter(left), letter(right));
                cutter.cuts[left][right] = u8::from(!joined);
            }
        }
        cutter.know(lexicon, symbols);
        Some(cutter)
    }

    /// Counts the strings of the vocabulary that can be words, of several letters each. Some of
    /// them never are one, since they are cut: nobody asks for those.
    fn know(&mut self, lexicon: &Lexicon, symbols: &Symbols) {
        let mut stretch = Stretch::default();
        let mut spaced = String::new();
        for string in symbols.strings() {
            spaced.clear();
            spaced.extend(string.chars().map(|c| if c == SPACE { ' ' } else { c }));
            let width = spaced.bytes().next().map_or(0, width);
            let Some(packed) = Packed::new(spaced.as_bytes()).filter(|_| width < spaced.len())
            else {
                continue;
            };
            let mut row = Row::new(lexicon, &mut stretch);
            row.text(string);
            if let Ok(count) = u32::try_from(row.end()) {
                self.known.put(packed, count);
            }
        }
    }

    /// Two letters side by side are in one word.
    #[inline]
    fn joins(&self, lexicon: &Lexicon, left: Letter, right: Letter) -> bool {
        let unknown = left.is_absent() && right.is_absent() && !self.spells_all;
        unknown || lexicon.joins.get(left, right)
    }

    /// Where the first part of `text` ends that has `length` bytes at least and ends with a word.
    #[must_use]
    pub fn part(&self, lexicon: &Lexicon, text: &str, length: usize) -> usize {
        let mut from = length;
        while from < text.len() && !text.is_char_boundary(from) {
            from += 1;
        }
        let Some((before, after)) = text.split_at_checked(from) else {
            return text.len();
        };
        let mut left = before
            .chars()
            .next_back()
            .map(|last| lexicon.alphabet.get(last));
        for (at, next) in after.char_indices() {
            let right = lexicon.alphabet.get(next);
            if !left.is_some_and(|left| self.joins(lexicon, left, right)) {
                return from + at;
            }
            left = Some(right);
        }
        text.len()
    }

    /// Tokens of `text`, with a `▁` before it if `prefix`.
    #[must_use]
    pub fn count(&self, lexicon: &Lexicon, words: &mut Words, prefix: bool, text: &str) -> usize {
        let mut scan = Scan {
            cutter: self,
            lexicon,
            words,
            text,
            stretch: Stretch::default(),
            tokens: 0,
            prefix,
            start: 0,
            last: prefix.then(|| lexicon.alphabet.get(SPACE)),
            next: 0,
        };
        for block in (0..text.len()).step_by(BLOCK) {
            let mut cuts = scan.cuts(block);
            while cuts != 0 {
                scan.end_word(block + cuts.trailing_zeros() as usize);
                cuts &= cuts - 1;
            }
        }
        scan.end_word(text.len());
        scan.tokens
    }
}

/// What words of one text need.
struct Scan<'s> {
    cutter: &'s Cutter,
    lexicon: &'s Lexicon,
    words: &'s mut Words,
    text: &'s str,
    stretch: Stretch,
    tokens: usize,
    /// A `▁` stands before the word that begins at `start`.
    prefix: bool,
    start: usize,
    /// The letter before `next`, at which the next block's first character begins; None, if nothing
    /// stands before it.
    last: Option<Letter>,
    next: usize,
}

impl Scan<'_> {
    /// The bytes of a block at which words begin.
    #[inline]
    fn cuts(&mut self, block: usize) -> u64 {
        let bytes = self.text.as_bytes();
        let before = block.checked_sub(1).map_or(u8::MAX, |at| bytes[at]);
        match bytes[block..].first_chunk::<BLOCK>() {
            Some(bytes) if before.is_ascii() && bytes.is_ascii() => {
                self.last = None;
                self.next = block + BLOCK;
                let mut cuts = 0;
                let mut row = &self.cutter.cuts[usize::from(before)];
                for (at, &byte) in bytes.iter().enumerate() {
                    cuts |= u64::from(row[usize::from(byte & 127)]) << at;
                    row = &self.cutter.cuts[usize::from(byte & 127)];
                }
                cuts
            }
            _ => self.cuts_of_any(block),
        }
    }

    /// The same for characters of any length, which may reach into the next block.
    fn cuts_of_any(&mut self, block: usize) -> u64 {
        let (lexicon, spells_all) = (self.lexicon, self.cutter.spells_all);
        let mut left = self.letter_before();
        let mut cuts = 0;
        let mut spelled = 0;
        let mut at = self.next - block;
        for next in self.text[self.next..].chars() {
            if at >= BLOCK {
                break;
            }
            let right = lexicon.alphabet.get(next);
            let joined = left.is_some_and(|left| self.cutter.joins(lexicon, left, right));
            cuts |= u64::from(!joined) << at;
            let length = next.len_utf8();
            if spells_all && right.is_absent() {
                // A word by itself, counted as one token where it ends.
                spelled += length - 1;
            }
            left = Some(right);
            at += length;
        }
        self.tokens += spelled;
        self.last = left;
        self.next = block + at;
        cuts
    }

    fn letter_before(&self) -> Option<Letter> {
        self.last.or_else(|| {
            let before = *self.text.as_bytes().get(self.next.checked_sub(1)?)?;
            Some(self.lexicon.alphabet.get(before.into()))
        })
    }

    #[inline]
    fn end_word(&mut self, end: usize) {
        let start = std::mem::replace(&mut self.start, end);
        if self.prefix {
            self.prefix = false;
            self.tokens += self.prefixed(&self.text[start..end]);
        } else if start < end {
            self.tokens += self.word(start, end);
        }
    }

    #[inline]
    fn word(&mut self, start: usize, end: usize) -> usize {
        let (bytes, length) = (self.text.as_bytes(), end - start);
        if length == width(bytes[start]) && self.cutter.spells_all {
            return 1;
        }
        let packed = match bytes[start..].first_chunk() {
            Some(chunk) if length <= Packed::LIMIT => Some(Packed::prefix(chunk, length)),
            _ => Packed::new(&bytes[start..end]),
        };
        let known = match packed {
            Some(packed) => self.words.get_packed(packed),
            None if length <= LOOKED_UP => self.words.get(&bytes[start..end]),
            None => None,
        };
        known.map_or_else(|| self.new_word(start, end), |known| known as usize)
    }

    #[inline(never)]
    fn new_word(&mut self, start: usize, end: usize) -> usize {
        let word = &self.text[start..end];
        let known = Packed::new(word.as_bytes()).and_then(|word| self.cutter.known.get(word));
        if let Some(known) = known {
            self.words.put(word.as_bytes(), known);
            return known as usize;
        }
        let tokens = self.merged(word);
        if let (Ok(known), true) = (u32::try_from(tokens), word.len() <= LOOKED_UP) {
            self.words.put(word.as_bytes(), known);
        }
        tokens
    }

    /// The tokens of a word that was never met.
    fn merged(&mut self, word: &str) -> usize {
        let lexicon = self.lexicon;
        if !self.cutter.spells_all {
            let mut row = Row::new(lexicon, &mut self.stretch);
            row.text(word);
            return row.end();
        }
        // Of several characters, so all have letters, and each is joined to the next.
        let mut symbols = word.chars().map(|c| lexicon.alphabet.get(c).symbol());
        let mut left = symbols.next().unwrap_or(Symbol::MAX);
        self.stretch.start(left);
        for right in symbols {
            self.stretch.push(lexicon.seams.rank(left, right), right);
            left = right;
        }
        self.stretch.take(&lexicon.merges)
    }

    /// The text's first word, with a `▁` before it.
    fn prefixed(&mut self, word: &str) -> usize {
        let mut row = Row::new(self.lexicon, &mut self.stretch);
        row.character(SPACE);
        row.text(word);
        row.end()
    }
}

/// Bytes of the character that begins with this one.
#[inline]
fn width(lead: u8) -> usize {
    1 + usize::from(lead >= 0xc0) + usize::from(lead >= 0xe0) + usize::from(lead >= 0xf0)
}
