//! Words and their counts: the hottest table of all.

use super::hash;
use super::texts::Texts;

/// A word of up to 15 bytes as one number: its bytes from the lowest up, its length in the highest
/// four bits. Two words are equal when their numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed(u128);

/// Bits 120 to 123, where a packed word has zeros and an entry its count.
const COUNT: u32 = 120;
const COUNT_MASK: u128 = 0xf << COUNT;
const LENGTH: u32 = 124;

impl Packed {
    /// Bytes of the longest word that can be packed.
    pub const LIMIT: usize = 15;

    /// The word of `length` bytes that `bytes` begin with; `length` is 1 to 15.
    #[inline]
    #[must_use]
    pub fn prefix(bytes: &[u8; 16], length: usize) -> Self {
        debug_assert!((1..=Self::LIMIT).contains(&length));
        let unused = (8 * (16 - length)) & 127;
        let word = u128::from_le_bytes(*bytes) & (u128::MAX >> unused);
        Self(word | (length as u128) << LENGTH)
    }

    /// Says where to look for it, and nothing about equality.
    #[inline]
    #[must_use]
    pub fn hash(self) -> u64 {
        hash::of_packed(self.0)
    }

    /// The word again, at the beginning of the array, and its length.
    #[must_use]
    pub fn unpack(self) -> ([u8; 16], usize) {
        let mut bytes = self.0.to_le_bytes();
        let length = usize::from(std::mem::take(&mut bytes[15]) >> 4);
        (bytes, length)
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

/// Entries side by side in one cache line, the newest first; zeros are no entry.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line([u128; 4]);

/// Short words and their counts, as many as there is room for: what was put is found again until
/// newer words push it out.
#[derive(Debug)]
pub struct Short {
    lines: Vec<Line>,
}

impl Short {
    /// Room for `words` of them, rounded up, in 16 bytes each.
    #[must_use]
    pub fn for_words(words: usize) -> Self {
        Self {
            lines: vec![Line([0; 4]); (words / 4).next_power_of_two()],
        }
    }

    /// What was put for this word.
    #[inline]
    #[must_use]
    pub fn get(&self, word: Packed) -> Option<u32> {
        let Line(entries) = self.lines.get(self.line(word))?;
        entries
            .iter()
            .find(|&&entry| entry & !COUNT_MASK == word.0)
            .map(|&entry| count_in(entry))
    }

    /// Keeps the count of a word; not asked for again as long as [`Short::get`] finds it.
    ///
    /// A count over 15 is not kept: no word of 15 bytes has more tokens, but where letters are
    /// spelled out.
    pub fn put(&mut self, word: Packed, count: u32) {
        let at = self.line(word);
        if let (Some(Line(entries)), 0..=15) = (self.lines.get_mut(at), count) {
            entries.rotate_right(1);
            entries[0] = word.0 | u128::from(count) << COUNT;
        }
    }

    /// Heap bytes held.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&self.lines[..])
    }

    #[inline]
    fn line(&self, word: Packed) -> usize {
        // Of the upper half: the lower one of a folded product is the weaker.
        usize::try_from(word.hash() >> 32).unwrap_or(0) & self.lines.len().wrapping_sub(1)
    }
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "four bits are left")]
fn count_in(entry: u128) -> u32 {
    (entry >> COUNT) as u32 & 15
}

/// Words of any length and their counts, for one thread.
#[derive(Debug)]
pub struct Words {
    short: Short,
    long: Texts,
}

impl Words {
    /// 64k short words, in 1 MiB: about all that a text in one language has, and half of it in the
    /// second level cache of a core.
    const SHORT: usize = 1 << 16;

    /// Bytes of longer words kept, in scripts of several bytes a letter most of all.
    const LONG: usize = 1 << 20;

    /// Bytes that a longer word has on average, at least.
    const TYPICAL: usize = 32;

    /// Heap bytes at the limit.
    pub const BYTES: usize =
        Self::SHORT * size_of::<u128>() + Texts::bytes(Self::LONG, Self::TYPICAL);

    pub(super) fn new() -> Self {
        Self {
            short: Short::for_words(Self::SHORT),
            long: Texts::new(Self::LONG, Self::TYPICAL),
        }
    }

    /// Keeps nothing.
    pub(super) fn none() -> Self {
        Self {
            short: Short { lines: Vec::new() },
            long: Texts::none(),
        }
    }

    /// What was put for exactly these bytes.
    #[inline]
    #[must_use]
    pub fn get(&self, word: &[u8]) -> Option<u32> {
        match Packed::new(word) {
            Some(packed) => self.short.get(packed),
            None if word.is_empty() => None,
            None => self.long.get(word, hash::of_bytes(word, 0), 0),
        }
    }

    /// The same for a word that is packed already.
    #[inline]
    #[must_use]
    pub fn get_packed(&self, word: Packed) -> Option<u32> {
        self.short.get(word)
    }

    /// Keeps the count of a word; not asked for again as long as [`Words::get`] finds it.
    pub fn put(&mut self, word: &[u8], count: u32) {
        match Packed::new(word) {
            Some(packed) => self.short.put(packed, count),
            None if word.is_empty() => {}
            None => self.long.put(word, hash::of_bytes(word, 0), 0, count),
        }
    }
}
