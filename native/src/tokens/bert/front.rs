//! The counts of short ASCII words that come again and again, before any other memory.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Up to seven letters and digits and their count, as one number each.
///
/// Four of five words of English prose are that short, and half of all time would go into looking
/// them up elsewhere. One number is read and written at once, so threads share the table without a
/// lock: each sees an entry as some thread wrote it, whole, and an entry says all that it means.
pub struct Front(Box<[AtomicU64]>);

/// 64 KiB: the words that a text in English has more than once, in the second level cache.
const ENTRIES: usize = 1 << 13;
const SHIFT: u32 = 64 - ENTRIES.trailing_zeros();

/// A word: its letters from the lowest byte up; the highest byte is 0, and in an entry the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short(u64);

const COUNT: u32 = 56;
const LETTERS: u64 = (1 << COUNT) - 1;

impl Short {
    /// Letters of the longest word that is one.
    pub const LIMIT: usize = 7;

    /// The word that `bytes` begin with; `length` is 1 to 7, and no byte of it 0.
    #[inline]
    pub fn prefix(bytes: u64, length: usize) -> Self {
        debug_assert!((1..=Self::LIMIT).contains(&length));
        Self(bytes & (LETTERS >> ((8 * (Self::LIMIT - length)) & 63)))
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "13 bits are left")]
    fn place(self) -> usize {
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> SHIFT) as usize
    }
}

impl Front {
    /// Heap bytes.
    pub const BYTES: usize = ENTRIES * size_of::<AtomicU64>();

    /// Knows nothing. A word is never 0, so an empty entry is nobody's.
    pub fn new() -> Self {
        Self((0..ENTRIES).map(|_| AtomicU64::new(0)).collect())
    }

    /// What was put for this word, unless two others took its places.
    #[inline]
    pub fn get(&self, word: Short) -> Option<usize> {
        let place = word.place();
        self.at(place, word).or_else(|| self.at(place ^ 1, word))
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "eight bits are left")]
    fn at(&self, place: usize, word: Short) -> Option<usize> {
        let entry = self.0.get(place)?.load(Relaxed);
        (entry & LETTERS == word.0).then_some((entry >> COUNT) as usize)
    }

    /// Remembers the count of a word; what was in its place goes to the one beside.
    pub fn put(&self, word: Short, count: u8) {
        let place = word.place();
        if let (Some(first), Some(second)) = (self.0.get(place), self.0.get(place ^ 1)) {
            second.store(first.load(Relaxed), Relaxed);
            first.store(word.0 | u64::from(count) << COUNT, Relaxed);
        }
    }
}
