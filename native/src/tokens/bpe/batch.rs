//! Words on their way to be looked up, some at a time.

#![allow(
    clippy::indexing_slicing,
    reason = "the hottest loop; places are below the size of the arrays"
)]

use super::super::cache::{Packed, TinyWord, Words};
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
    tiny: [TinyWord; SIZE],
    tiny_words: usize,
    short: [Packed; SIZE],
    /// Where they are looked up.
    places: [u32; SIZE],
    short_words: usize,
    /// Those that neither this thread nor the model has.
    unknown: [Packed; SIZE],
    /// How often each of them was there.
    times: [u32; SIZE],
    unknown_words: usize,
    tokens: usize,
}

impl<'a> Batch<'a> {
    pub fn new(model: &'a Bpe, words: &'a mut Words) -> Self {
        Self {
            model,
            words,
            tiny: [TinyWord::NONE; SIZE],
            tiny_words: 0,
            short: [Packed::NONE; SIZE],
            places: [0; SIZE],
            short_words: 0,
            unknown: [Packed::NONE; SIZE],
            times: [0; SIZE],
            unknown_words: 0,
            tokens: 0,
        }
    }

    /// Tokens of all words.
    pub fn tokens(mut self) -> usize {
        self.look_up_tiny();
        self.look_up_short();
        self.count_unknown();
        self.tokens
    }

    /// One more word: what stands in a text between two places.
    #[inline]
    pub fn add(&mut self, text: &[u8], from: usize, to: usize) {
        let short = text.get(from..from + 16).and_then(<[u8]>::first_chunk);
        match (short, to - from) {
            (Some(bytes), length @ 1..=Packed::LIMIT) => self.gather(bytes, length),
            _ => self.rarer(text.get(from..to).unwrap_or_default()),
        }
    }

    /// Put where it belongs without a branch, which would be guessed wrong once in five words: it is
    /// written to both, and stays in one.
    #[inline]
    fn gather(&mut self, bytes: &[u8; 16], length: usize) {
        let first = bytes.first_chunk().copied().unwrap_or_default();
        self.tiny[self.tiny_words % SIZE] = TinyWord::prefix(first, length);
        self.short[self.short_words % SIZE] = Packed::prefix(bytes, length);
        let is_tiny = length <= TinyWord::LIMIT;
        self.tiny_words += usize::from(is_tiny);
        self.short_words += usize::from(!is_tiny);
        if self.tiny_words == SIZE {
            self.look_up_tiny();
        }
        if self.short_words == SIZE {
            self.look_up_short();
        }
    }

    #[inline(never)]
    fn look_up_tiny(&mut self) {
        let mut missed = 0;
        for at in 0..self.tiny_words.min(SIZE) {
            let word = self.tiny[at];
            let found = self.words.get_tiny(word);
            self.tokens += found.unwrap_or(0) as usize;
            // Without a branch: which ones are missing would be guessed wrong.
            self.tiny[missed] = word;
            missed += usize::from(found.is_none());
        }
        self.tiny_words = 0;
        for at in 0..missed {
            let word = self.tiny[at];
            // It may have been there twice.
            if let Some(count) = self.words.get_tiny(word) {
                self.tokens += count as usize;
            } else if let Some(count) = self.model.known_tiny(word) {
                self.words.put_tiny(word, count);
                self.tokens += count as usize;
            } else {
                self.gather_unknown(word.packed());
            }
        }
    }

    #[inline(never)]
    fn look_up_short(&mut self) {
        let words = self.short.iter().zip(&mut self.places);
        for (word, place) in words.take(self.short_words) {
            *place = word.place();
        }
        let places = self.places.get(..self.short_words).unwrap_or_default();
        self.words.touch(places);
        let mut missed = 0;
        for at in 0..self.short_words.min(SIZE) {
            let (word, place) = (self.short[at], self.places[at]);
            let found = self.words.get_at(word, place);
            self.tokens += found.unwrap_or(0) as usize;
            // As above.
            (self.short[missed], self.places[missed]) = (word, place);
            missed += usize::from(found.is_none());
        }
        self.short_words = 0;
        self.look_further(missed);
    }

    /// The same for the first words of those gathered, which are not among this thread's.
    #[inline]
    fn look_further(&mut self, missed: usize) {
        self.model
            .touch(self.places.get(..missed).unwrap_or_default());
        for at in 0..missed.min(SIZE) {
            let (word, place) = (self.short[at], self.places[at]);
            if let Some(count) = self.words.get_at(word, place) {
                self.tokens += count as usize;
            } else if let Some(count) = self.model.known_short(word) {
                self.words.put_packed(word, count);
                self.tokens += count as usize;
            } else {
                self.gather_unknown(word);
            }
        }
    }

    /// To be counted with others. What a text has for the first time, it often has again at once.
    fn gather_unknown(&mut self, word: Packed) {
        let gathered = &self.unknown[..self.unknown_words.min(SIZE)];
        if let Some(at) = gathered.iter().position(|other| *other == word) {
            self.times[at] += 1;
            return;
        }
        let at = self.unknown_words % SIZE;
        (self.unknown[at], self.times[at]) = (word, 1);
        self.unknown_words += 1;
        if self.unknown_words == SIZE {
            self.count_unknown();
        }
    }

    fn count_unknown(&mut self) {
        let unknown = self.unknown.get(..self.unknown_words).unwrap_or_default();
        self.model.count_all(unknown, |place, count| {
            let word = unknown[place];
            self.tokens += (self.times[place] * count) as usize;
            match word.tiny() {
                Some(tiny) => self.words.put_tiny(tiny, count),
                None => self.words.put_packed(word, count),
            }
        });
        self.unknown_words = 0;
    }

    /// A word that is long, or the last of the text.
    #[cold]
    #[inline(never)]
    fn rarer(&mut self, word: &[u8]) {
        let count = self.part(word).unwrap_or_else(|| {
            self.words.get(word).unwrap_or_else(|| {
                let count = self.in_parts(word);
                if word.len() <= WORD_KEPT {
                    self.words.put(word, count);
                }
                count
            })
        });
        self.tokens += count as usize;
    }

    /// A long word that was not found.
    fn in_parts(&mut self, mut word: &[u8]) -> u32 {
        let mut count = 0;
        while let Some((part, rest)) = self.model.parts(word) {
            count += self.part(part).unwrap_or_else(|| self.model.count(part));
            word = rest;
        }
        count + self.part(word).unwrap_or_else(|| self.model.count(word))
    }

    /// What comes apart is short as a rule, and comes again; None if it is long.
    fn part(&mut self, part: &[u8]) -> Option<u32> {
        if let Some(tiny) = TinyWord::new(part) {
            return Some(self.words.get_tiny(tiny).unwrap_or_else(|| {
                let known = self.model.known_tiny(tiny);
                let count = known.unwrap_or_else(|| self.model.count(part));
                self.words.put_tiny(tiny, count);
                count
            }));
        }
        let packed = Packed::new(part)?;
        Some(self.words.get_packed(packed).unwrap_or_else(|| {
            let known = self.model.known_short(packed);
            let count = known.unwrap_or_else(|| self.model.count(part));
            self.words.put_packed(packed, count);
            count
        }))
    }
}
