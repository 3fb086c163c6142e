//! Words that are tokens as they stand, though merges would make something else of them.

use std::borrow::Cow;
use std::collections::HashSet;

use super::lexicon::Lexicon;
use super::pipeline::SPACE;
use super::row::Row;
use super::stretch::Stretch;
use super::symbols::Symbols;

/// The strings for which `ignore_merges` says something.
#[derive(Debug, Default)]
pub struct Taken {
    strings: HashSet<Box<str>>,
    /// Bytes of the longest.
    longest: usize,
}

impl Taken {
    /// All strings of the vocabulary of which merges make several tokens, or another one.
    #[must_use]
    pub fn new(lexicon: &Lexicon, symbols: &Symbols) -> Self {
        let mut stretch = Stretch::default();
        let several = |string: &&str| {
            let mut row = Row::new(lexicon, &mut stretch);
            row.text(string);
            row.end() != 1
        };
        let strings = symbols.strings().filter(several);
        let strings: HashSet<Box<str>> = strings.map(Into::into).collect();
        Self {
            longest: strings.iter().map(|string| string.len()).max().unwrap_or(0),
            strings,
        }
    }

    /// There is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.strings.is_empty()
    }

    /// Whether a word is one of them, when its spaces are `▁`, with another one before it if
    /// `prefix`.
    #[must_use]
    pub fn has(&self, prefix: bool, word: &str) -> bool {
        if word.len() > self.longest {
            return false;
        }
        let mut space = [0; 4];
        let space = &*SPACE.encode_utf8(&mut space);
        let word = if word.contains(' ') {
            Cow::Owned(word.replace(' ', space))
        } else {
            Cow::Borrowed(word)
        };
        if prefix {
            self.strings.contains([space, &word].concat().as_str())
        } else {
            self.strings.contains(&*word)
        }
    }

    /// Heap bytes, roughly.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.strings.iter().map(|string| string.len() + 32).sum()
    }
}
