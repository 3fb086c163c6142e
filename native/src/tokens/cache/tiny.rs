//! Words of up to seven bytes and their counts: four of five words, and the hottest table of all.

use super::packed::{LENGTH, Packed};

/// A word of 1 to 7 bytes as one number: its bytes in the highest, then its length, then four zeros,
/// where an entry has its count. Two words are equal when their numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TinyWord(u64);

/// Numbers that differ by less are of the same word.
const COUNTS: u64 = 16;

impl TinyWord {
    /// Bytes of the longest word that is one.
    pub const LIMIT: usize = 7;

    /// Equal to no word.
    pub const NONE: Self = Self(0);

    /// The word of `length` bytes, 1 to 7, that `bytes` begin with; for another length any number.
    #[inline]
    #[must_use]
    pub fn prefix(bytes: [u8; 8], length: usize) -> Self {
        let shift = 64_usize.wrapping_sub(8 * length) & 63;
        Self(u64::from_le_bytes(bytes) << shift | (length as u64) << 4)
    }

    /// Says where to look for it, in its highest bits, and nothing about equality.
    #[inline]
    #[must_use]
    pub fn hash(self) -> u64 {
        // The golden ratio: the highest bits of the product depend on all of the number.
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// None if the word is empty or longer.
    #[must_use]
    pub fn new(word: &[u8]) -> Option<Self> {
        let mut bytes = [0; 8];
        let is_tiny = (1..=Self::LIMIT).contains(&word.len());
        bytes.get_mut(..word.len())?.copy_from_slice(word);
        is_tiny.then(|| Self::prefix(bytes, word.len()))
    }

    /// The same word as a short one.
    #[inline]
    #[must_use]
    pub fn packed(self) -> Packed {
        let length = self.0 >> 4 & 7;
        let bytes = self.0 >> (64_u64.wrapping_sub(8 * length) & 63);
        Packed(u128::from(bytes) | u128::from(length) << LENGTH)
    }

    /// The word again, at the beginning of the array, and its length.
    #[must_use]
    pub fn unpack(self) -> ([u8; 8], usize) {
        let length = (self.0 >> 4 & 7) as usize;
        let bytes = (self.0 >> ((64 - 8 * length) & 63)).to_le_bytes();
        (bytes, length)
    }
}

/// Entries side by side, the newest first; zeros are no entry.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct Set([u64; 4]);

/// Tiny words and their counts, as many as there is room for: what was put is found again until
/// newer words push it out.
#[derive(Debug)]
pub struct Tiny {
    sets: Vec<Set>,
    shift: u32,
}

impl Tiny {
    /// Room for `words` of them, rounded up, in 8 bytes each.
    #[must_use]
    pub fn for_words(words: usize) -> Self {
        let sets = (words / 4).next_power_of_two().max(2);
        Self {
            sets: vec![Set([0; 4]); sets],
            shift: u64::BITS - sets.trailing_zeros(),
        }
    }

    /// Keeps nothing.
    #[must_use]
    pub(super) fn none() -> Self {
        Self {
            sets: Vec::new(),
            shift: 0,
        }
    }

    /// What was put for this word.
    #[inline]
    #[must_use]
    pub fn get(&self, word: TinyWord) -> Option<u32> {
        // All of them, without a branch: which one it is would be guessed wrong.
        let Set(entries) = self.sets.get(self.set(word))?;
        let nearest = entries
            .iter()
            .fold(u64::MAX, |nearest, entry| nearest.min(entry ^ word.0));
        #[allow(clippy::cast_possible_truncation, reason = "four bits")]
        (nearest < COUNTS).then_some(nearest as u32)
    }

    /// Keeps the count of a word, which is its length at most; not asked for again as long as
    /// [`Tiny::get`] finds it.
    pub fn put(&mut self, word: TinyWord, count: u32) {
        let at = self.set(word);
        if let (Some(Set(entries)), true) = (self.sets.get_mut(at), u64::from(count) < COUNTS) {
            entries.rotate_right(1);
            entries[0] = word.0 | u64::from(count);
        }
    }

    /// Heap bytes held.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&self.sets[..])
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "few bits are left")]
    fn set(&self, word: TinyWord) -> usize {
        (word.hash() >> self.shift) as usize
    }
}
