//! Words of 16 to 30 bytes and their counts: the usual ones in scripts of two or three bytes a letter.

use super::hash;
use super::packed::{COUNT, COUNT_MASK, Packed, halves};

/// A word of 16 to 30 bytes: its first 15, and the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair(Packed, Packed);

impl Pair {
    /// None if the word is shorter or longer.
    #[inline]
    pub fn new(word: &[u8]) -> Option<Self> {
        let (first, _) = word.split_first_chunk::<16>()?;
        let rest = Packed::new(word.get(Packed::LIMIT..)?)?;
        Some(Self(Packed::prefix(first, Packed::LIMIT), rest))
    }
}

/// Entries side by side in one cache line, the newer one first; zeros are no entry.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line([[u128; 2]; 2]);

/// As [`Short`](super::Short), for words of 16 to 30 bytes.
#[derive(Debug)]
pub(super) struct Wide {
    lines: Vec<Line>,
}

impl Wide {
    /// Room for `words` of them, a power of two, in 32 bytes each; none for none.
    pub fn for_words(words: usize) -> Self {
        Self {
            lines: vec![Line([[0; 2]; 2]); words / 2],
        }
    }

    #[inline]
    pub fn get(&self, Pair(first, rest): Pair) -> Option<u32> {
        let Line(entries) = self.lines.get(self.line(first, rest))?;
        let (low, high) = halves(rest.0);
        entries.iter().find_map(|&[entry_first, entry]| {
            let (entry_low, entry_high) = halves(entry);
            let is_same =
                entry_first == first.0 && entry_low == low && entry_high & !COUNT_MASK == high;
            is_same.then_some((entry_high >> (COUNT - 64)) as u32 & 15)
        })
    }

    /// False if the count is over 15, which does not fit.
    pub fn put(&mut self, Pair(first, rest): Pair, count: u32) -> bool {
        let at = self.line(first, rest);
        if let (Some(Line(entries)), 0..=15) = (self.lines.get_mut(at), count) {
            entries.rotate_right(1);
            entries[0] = [first.0, rest.0 | u128::from(count) << COUNT];
        }
        count < 16
    }

    #[inline]
    fn line(&self, first: Packed, rest: Packed) -> usize {
        let hash = hash::of_two(first.hash(), rest.hash());
        usize::try_from(hash >> 32).unwrap_or(0) & self.lines.len().wrapping_sub(1)
    }
}
