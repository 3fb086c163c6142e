//! Which symbols merge, and when: the hottest tables.

#![allow(
    clippy::indexing_slicing,
    reason = "a masked index cannot leave a table whose size is a power of two; a check per probe \
              costs a tenth of the merging"
)]

/// A symbol: the place of its string in the vocabulary, under [`SYMBOLS`].
pub type Symbol = u32;

/// When a pair merges: its place in the list of merges, under [`RANKS`].
pub type Rank = u32;

/// The rank of pairs that do not merge: after all others.
pub const NEVER: Rank = RANKS;

/// Two symbols and a rank fit in 64 bits, a rank and one of 64 places in 31. Four times the largest
/// vocabularies there are, which have 262,000 strings and 580,000 merges.
pub const SYMBOLS: u32 = 1 << SYMBOL_BITS;
/// As [`SYMBOLS`].
pub const RANKS: u32 = (1 << RANK_BITS) - 1;
const SYMBOL_BITS: u32 = 20;
const RANK_BITS: u32 = 24;

/// Pairs of symbols and a rank for each, by open addressing.
///
/// Most pairs that are looked up do not merge, so a small table of bits is asked first: all of it
/// stays in a core's cache, where the slots of a large vocabulary do not.
#[derive(Debug)]
pub struct Pairs {
    /// Left, right and rank, from the highest bits down.
    slots: Vec<u64>,
    shift: u32,
    /// A bit for every pair that was put, 16 to 32 for each: one in 16 of the others finds one, too.
    seen: Vec<u64>,
    seen_shift: u32,
}

/// No slot has this: its rank would be [`NEVER`], its symbols the last ones.
const FREE: u64 = u64::MAX;

/// Odd and without a pattern: the fractional part of the golden ratio.
pub const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
fn key(left: Symbol, right: Symbol) -> u64 {
    u64::from(left) << SYMBOL_BITS | u64::from(right)
}

impl Pairs {
    /// For up to `len` pairs. At most three quarters are filled, mostly half.
    #[must_use]
    pub fn with_capacity(len: usize) -> Self {
        let size = (len + len / 3 + 2).next_power_of_two();
        let bits = (len.max(4) * 16).next_power_of_two();
        Self {
            slots: vec![FREE; size],
            shift: 64 - size.trailing_zeros(),
            seen: vec![0; bits / 64],
            seen_shift: 64 - bits.trailing_zeros(),
        }
    }

    /// The rank put for this pair.
    #[inline]
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the rank is in the lower bits"
    )]
    pub fn get(&self, left: Symbol, right: Symbol) -> Option<Rank> {
        let key = key(left, right);
        let bit = place(key, self.seen_shift);
        if self.seen[bit / 64] >> (bit % 64) & 1 == 0 {
            return None;
        }
        let mut at = place(key, self.shift);
        loop {
            let slot = self.slots[at];
            if slot >> RANK_BITS == key {
                return Some(slot as u32 & RANKS);
            }
            if slot == FREE {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// The same, with [`NEVER`] for a pair that was not put.
    #[inline]
    #[must_use]
    pub fn rank(&self, left: Symbol, right: Symbol) -> Rank {
        self.get(left, right).unwrap_or(NEVER)
    }

    /// The last rank put for a pair stays. No more pairs than the capacity may be put.
    pub fn put(&mut self, left: Symbol, right: Symbol, rank: Rank) {
        let key = key(left, right);
        let mut at = place(key, self.shift);
        while self.slots[at] >> RANK_BITS != key && self.slots[at] != FREE {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = key << RANK_BITS | u64::from(rank);
        let bit = place(key, self.seen_shift);
        self.seen[bit / 64] |= 1 << (bit % 64);
    }

    /// Heap bytes.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        (self.slots.capacity() + self.seen.capacity()) * size_of::<u64>()
    }
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "the shift leaves an index")]
fn place(key: u64, shift: u32) -> usize {
    (key.wrapping_mul(ODD) >> shift) as usize
}

/// All merges of a model.
#[derive(Debug)]
pub struct Merges {
    pairs: Pairs,
    /// What each makes, by rank.
    made: Vec<Symbol>,
}

impl Merges {
    /// For up to `len` merges.
    #[must_use]
    pub fn with_capacity(len: usize) -> Self {
        Self {
            pairs: Pairs::with_capacity(len),
            made: Vec::with_capacity(len),
        }
    }

    /// The next merge of the list; the last one of a pair counts.
    pub fn push(&mut self, left: Symbol, right: Symbol, made: Symbol) {
        if let Ok(rank) = Rank::try_from(self.made.len()) {
            self.pairs.put(left, right, rank);
            self.made.push(made);
        }
    }

    /// When the pair merges, or [`NEVER`].
    #[inline]
    #[must_use]
    pub fn rank(&self, left: Symbol, right: Symbol) -> Rank {
        self.pairs.rank(left, right)
    }

    /// What the merge of a rank makes.
    #[inline]
    #[must_use]
    pub fn made(&self, rank: Rank) -> Symbol {
        self.made[rank as usize]
    }

    /// Heap bytes.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.pairs.heap_bytes() + self.made.capacity() * size_of::<Symbol>()
    }
}
