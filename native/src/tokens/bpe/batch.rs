//! Words on their way to be looked up, some at a time.

#![allow(
    clippy::indexing_slicing,
    reason = "the hottest loop; places are below the size of the arrays"
)]

use super::super::cache::{Packed, Words};
use super::tokens::Bpe;

/// As many as the processor can look up at once, and some more.
const SIZE: usize = 32;

/// Bytes of the longest words that are kept: longer ones are not words that come again.
const WORD_KEPT: usize = 256;

/// Counts the words of a text, in any order.
///
/// Words are gathered, so that nothing but looking them up stands between one and the next: each is
/// likely to be out of the nearest cache, and this way the processor waits for several of them at
/// once. It halves the time of a text.
pub(super) struct Batch<'a> {
    model: &'a Bpe,
    words: &'a mut Words,
    gathered: [Packed; SIZE],
    /// Where they are looked up.
    places: [u32; SIZE],
    length: usize,
    tokens: usize,
}

impl<'a> Batch<'a> {
    pub fn new(model: &'a Bpe, words: &'a mut Words) -> Self {
        Self {
            model,
            words,
            gathered: [Packed::NONE; SIZE],
            places: [0; SIZE],
            length: 0,
            tokens: 0,
        }
    }

    /// Tokens of all words.
    pub fn tokens(mut self) -> usize {
        self.look_up();
        self.tokens
    }

    /// One more word: what stands in a text between two places.
    #[inline]
    pub fn add(&mut self, text: &[u8], from: usize, to: usize) {
        let short = text.get(from..from + 16).and_then(<[u8]>::first_chunk);
        match (short, to - from) {
            (Some(bytes), length @ 1..=Packed::LIMIT) => self.gather(Packed::prefix(bytes, length)),
            _ => self.rarer(text.get(from..to).unwrap_or_default()),
        }
    }

    #[inline]
    fn gather(&mut self, word: Packed) {
        let places = (
            self.gathered.get_mut(self.length),
            self.places.get_mut(self.length),
        );
        if let (Some(to), Some(place)) = places {
            (*to, *place) = (word, word.place());
        }
        self.length += 1;
        if self.length == SIZE {
            self.look_up();
        }
    }

    #[inline(never)]
    fn look_up(&mut self) {
        let places = self.places.get(..self.length).unwrap_or_default();
        self.words.touch(places);
        let mut missed = 0;
        for at in 0..self.length.min(SIZE) {
            let (word, place) = (self.gathered[at], self.places[at]);
            let found = self.words.get_at(word, place);
            self.tokens += found.unwrap_or(0) as usize;
            // Without a branch: which ones are missing would be guessed wrong.
            (self.gathered[missed], self.places[missed]) = (word, place);
            missed += usize::from(found.is_none());
        }
        self.length = 0;
        self.look_further(missed);
    }

    /// The same for the first words of those gathered, which are not among this thread's.
    #[inline]
    fn look_further(&mut self, missed: usize) {
        self.model
            .touch(self.places.get(..missed).unwrap_or_default());
        for at in 0..missed.min(SIZE) {
            let (word, place) = (self.gathered[at], self.places[at]);
            // It may be there twice.
            let found = self.words.get_at(word, place);
            let count = found.unwrap_or_else(|| {
                let count = self.model.count_short(word);
                self.words.put_packed(word, count);
                count
            });
            self.tokens += count as usize;
        }
    }

    /// A word that is long, or the last of the text.
    #[cold]
    #[inline(never)]
    fn rarer(&mut self, word: &[u8]) {
        if let Some(word) = Packed::new(word) {
            return self.gather(word);
        }
        let count = self.words.get(word).unwrap_or_else(|| {
            let count = self.in_parts(word);
            if word.len() <= WORD_KEPT {
                self.words.put(word, count);
            }
            count
        });
        self.tokens += count as usize;
    }

    /// A long word that was not found.
    fn in_parts(&mut self, mut word: &[u8]) -> u32 {
        let mut count = 0;
        while let Some((part, rest)) = self.model.parts(word) {
            count += self.part(part);
            word = rest;
        }
        count + self.part(word)
    }

    /// What comes apart is short as a rule, and comes again.
    fn part(&mut self, part: &[u8]) -> u32 {
        let Some(packed) = Packed::new(part) else {
            return self.model.count(part);
        };
        self.words.get_packed(packed).unwrap_or_else(|| {
            let count = self.model.count_short(packed);
            self.words.put_packed(packed, count);
            count
        })
    }
}
