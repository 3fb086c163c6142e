//! Short words as numbers.

use super::hash;
use super::tiny::TinyWord;

/// A word of up to 15 bytes as one number: its bytes from the lowest up, its length in the highest
/// four bits. Two words are equal when their numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed(pub(super) u128);

/// Bits 120 to 123, where a packed word has zeros and an entry its count.
pub(super) const COUNT: u32 = 120;
pub(super) const COUNT_MASK: u64 = 0xf << (COUNT - 64);
pub(super) const LENGTH: u32 = 124;

impl Packed {
    /// Bytes of the longest word that can be packed.
    pub const LIMIT: usize = 15;

    /// Equal to no word.
    pub const NONE: Self = Self(0);

    /// The word of `length` bytes that `bytes` begin with; `length` is 1 to 15.
    #[inline]
    #[must_use]
    pub fn prefix(bytes: &[u8; 16], length: usize) -> Self {
        debug_assert!((1..=Self::LIMIT).contains(&length));
        // From a table: shifting 128 bits is ten instructions.
        let [mask, tag] = PREFIX.get(length).copied().unwrap_or_default();
        Self(u128::from_le_bytes(*bytes) & mask | tag)
    }

    /// Says where to look for it, and nothing about equality.
    #[inline]
    #[must_use]
    pub fn hash(self) -> u64 {
        hash::of_packed(self.0)
    }

    /// Of the upper half of the hash: the lower one of a folded product is the weaker.
    #[inline]
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the upper half is what is left"
    )]
    pub fn place(self) -> u32 {
        (self.hash() >> 32) as u32
    }

    /// The word again, at the beginning of the array, and its length.
    #[must_use]
    pub fn unpack(self) -> ([u8; 16], usize) {
        let mut bytes = self.0.to_le_bytes();
        let length = usize::from(std::mem::take(&mut bytes[15]) >> 4);
        (bytes, length)
    }

    /// The same word, if it is tiny.
    #[inline]
    #[must_use]
    pub fn tiny(self) -> Option<TinyWord> {
        let (low, high) = halves(self.0);
        let length = (high >> (LENGTH - 64)) as usize;
        let is_tiny = (1..=TinyWord::LIMIT).contains(&length);
        is_tiny.then(|| TinyWord::prefix(low.to_le_bytes(), length))
    }

    /// None if the word is empty or too long.
    #[inline]
    #[must_use]
    pub fn new(word: &[u8]) -> Option<Self> {
        let length = word.len();
        let packed = if let (Some(first), Some(last)) =
            (word.first_chunk::<8>(), word.last_chunk::<8>())
        {
            if length > Self::LIMIT {
                return None;
            }
            let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            // Two shifts: a word of 8 bytes leaves nothing of `last`, and 64 is no shift.
            let rest = last >> (8 * (15 - length)) >> 8;
            u128::from(rest) << 64 | u128::from(first)
        } else if let (Some(first), Some(last)) = (word.first_chunk::<4>(), word.last_chunk::<4>())
        {
            // They overlap where the word is shorter than 8 bytes, with the same bytes.
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            u128::from(u64::from(last) << (8 * (length - 4)) | u64::from(first))
        } else {
            let byte = |at: usize| word.get(at).map_or(0, |byte| u128::from(*byte) << (8 * at));
            word.first()?;
            byte(0) | byte(1) | byte(2)
        };
        Some(Self(packed | (length as u128) << LENGTH))
    }
}

/// Of a word of each length: the bits of its bytes, and its length where it belongs.
static PREFIX: [[u128; 2]; 16] = prefixes();

#[allow(clippy::indexing_slicing, reason = "at compile time")]
const fn prefixes() -> [[u128; 2]; 16] {
    let mut prefixes = [[0; 2]; 16];
    let mut length = 1;
    while length < 16 {
        let bits = u128::MAX >> (8 * (16 - length));
        prefixes[length] = [bits, (length as u128) << LENGTH];
        length += 1;
    }
    prefixes
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "that is what halves are")]
pub(super) fn halves(word: u128) -> (u64, u64) {
    (word as u64, (word >> 64) as u64)
}
