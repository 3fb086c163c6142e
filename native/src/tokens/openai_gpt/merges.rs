//! Which pairs of tokens become one, and which of them first.

use super::Unsupported;

/// Pairs with their rank, in a hash table of eight bytes a pair.
pub struct Merges {
    /// Two tokens of 21 bits and a rank of 22 each; more slots than pairs, by half at least.
    slots: Vec<u64>,
    /// The token that the merge of this rank makes.
    made: Vec<u32>,
}

/// Bits of a rank. The largest vocabularies there are have a tenth of what this leaves room for.
const RANK: u32 = 22;
/// Bits of a token.
const TOKEN: u32 = 21;
/// No merge has this rank, nor does any pair.
const EMPTY: u64 = u64::MAX;
const RANKS: u64 = (1 << RANK) - 1;

/// Of pairs that do not merge.
pub const NEVER: u32 = u32::MAX;

impl Merges {
    /// With room for this many.
    pub fn new(pairs: usize) -> Self {
        Self {
            slots: vec![EMPTY; (pairs + pairs / 2 + 1).next_power_of_two()],
            made: Vec::with_capacity(pairs),
        }
    }

    /// Adds a pair behind all others. The same pair again takes the later rank.
    ///
    /// # Errors
    ///
    /// There are too many tokens or merges.
    pub fn push(&mut self, left: u32, right: u32, made: u32) -> Result<(), Unsupported> {
        let rank = self.made.len() as u64;
        if left >> TOKEN != 0 || right >> TOKEN != 0 || made >> TOKEN != 0 || rank >= RANKS {
            return Err(Unsupported("over two million tokens or merges".to_owned()));
        }
        let key = pair(left, right);
        let at = self.slot_of(key);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = key << RANK | rank;
        }
        self.made.push(made);
        Ok(())
    }

    /// Where `key` is, or would be.
    #[inline]
    #[allow(
        clippy::indexing_slicing,
        reason = "masked by the length, a power of two; and a slot in three is empty, so it ends"
    )]
    #[allow(clippy::cast_possible_truncation, reason = "masked by the length")]
    fn slot_of(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot >> RANK == key || slot == EMPTY {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    /// The rank of a pair, [`NEVER`] if it does not merge.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "22 bits are left")]
    pub fn rank(&self, left: u32, right: u32) -> u32 {
        match self.slots.get(self.slot_of(pair(left, right))) {
            Some(&slot) if slot != EMPTY => (slot & RANKS) as u32,
            _ => NEVER,
        }
    }

    /// What the merge of this rank makes.
    #[inline]
    pub fn made(&self, rank: u32) -> u32 {
        self.made.get(rank as usize).copied().unwrap_or(NEVER)
    }

    /// Heap bytes held.
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&*self.slots) + size_of_val(&*self.made)
    }
}

#[inline]
fn pair(left: u32, right: u32) -> u64 {
    u64::from(left) << TOKEN | u64::from(right)
}
