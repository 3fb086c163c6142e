//! What is known of two symbols side by side: the hottest table.

#![allow(
    clippy::indexing_slicing,
    reason = "a masked index cannot leave a table whose size is a power of two; a check per probe \
              costs a tenth of the merging"
)]

/// A symbol: the place of its string in the vocabulary, under 2^24.
pub type Symbol = u32;

/// A merge as one number that orders like the merges of the file: its rank above the symbol made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Merge(u64);

impl Merge {
    /// No merge: after every other one.
    pub const NONE: Self = Self(u64::MAX);

    /// The merge at `rank` in the list, which makes `symbol`.
    #[must_use]
    pub fn new(rank: u32, symbol: Symbol) -> Self {
        Self(u64::from(rank) << 32 | u64::from(symbol))
    }

    /// What is made.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the lower half is the symbol")]
    pub fn symbol(self) -> Symbol {
        self.0 as u32
    }
}

/// Pairs of symbols and a merge for each, by open addressing.
///
/// Most pairs that are looked up have no merge, so a small table of bits is asked first: all of it
/// stays in a core's cache, where the entries of a large vocabulary do not.
#[derive(Debug)]
pub struct Pairs {
    entries: Vec<Entry>,
    shift: u32,
    /// A bit for every pair that was put, 16 to 32 for each: one in 16 of the others finds one, too.
    seen: Vec<u64>,
    seen_shift: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u64,
    merge: Merge,
}

/// No pair has this key: symbols are under 2^24.
const FREE: u64 = u64::MAX;

/// Odd and without a pattern: the fractional part of the golden ratio.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
fn key(left: Symbol, right: Symbol) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

impl Pairs {
    /// For up to `len` pairs. At most three quarters are filled, mostly half: a probe that finds
    /// nothing, which most do, ends after two or three steps.
    #[must_use]
    pub fn with_capacity(len: usize) -> Self {
        let size = (len + len / 3 + 2).next_power_of_two();
        let free = Entry {
            key: FREE,
            merge: Merge::NONE,
        };
        let bits = (len.max(4) * 16).next_power_of_two();
        Self {
            entries: vec![free; size],
            shift: 64 - size.trailing_zeros(),
            seen: vec![0; bits / 64],
            seen_shift: 64 - bits.trailing_zeros(),
        }
    }

    /// The merge put for this pair.
    #[inline]
    #[must_use]
    pub fn get(&self, left: Symbol, right: Symbol) -> Option<Merge> {
        let key = key(left, right);
        let bit = self.bit(key);
        if self.seen[bit / 64] >> (bit % 64) & 1 == 0 {
            return None;
        }
        let mut at = self.first(key);
        loop {
            let entry = self.entries[at];
            if entry.key == key {
                return Some(entry.merge);
            }
            if entry.key == FREE {
                return None;
            }
            at = (at + 1) & (self.entries.len() - 1);
        }
    }

    /// The same, with [`Merge::NONE`] for a pair that was not put.
    #[inline]
    #[must_use]
    pub fn merge(&self, left: Symbol, right: Symbol) -> Merge {
        self.get(left, right).unwrap_or(Merge::NONE)
    }

    /// The last one put for a pair stays. No more pairs than the capacity may be put.
    pub fn put(&mut self, left: Symbol, right: Symbol, merge: Merge) {
        let key = key(left, right);
        let mut at = self.first(key);
        while self.entries[at].key != key && self.entries[at].key != FREE {
            at = (at + 1) & (self.entries.len() - 1);
        }
        self.entries[at] = Entry { key, merge };
        let bit = self.bit(key);
        self.seen[bit / 64] |= 1 << (bit % 64);
    }

    /// Heap bytes.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.seen.capacity() * size_of::<u64>()
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the shift leaves an index")]
    fn bit(&self, key: u64) -> usize {
        (key.wrapping_mul(ODD) >> self.seen_shift) as usize
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the shift leaves an index")]
    fn first(&self, key: u64) -> usize {
        (key.wrapping_mul(ODD) >> self.shift) as usize
    }
}
