//! The rank of every pair that merges, found without a branch: a table without collisions.
//!
//! Whether a pair merges is as good as random, so a table that is searched has the processor guess
//! wrong about once for every merge, and wait for memory before it knows. Here a pair can stand in
//! one slot only. The idea is that of CHD (Belazzougui, Botelho and Dietzfelbinger, 2009): keys fall
//! into small groups, and for each group, the largest first, a number is searched that sends all of
//! its keys to slots that are free.

use std::cmp::Reverse;
use std::ops::Range;

use super::super::family::Unsupported;

/// Bits of a key, which is above its rank in a slot.
const RANK_BITS: u32 = 24;
const EMPTY: u64 = u64::MAX;

/// Ranks have less bits than that, so this is none.
pub(super) const NEVER: u32 = 1 << 20;

/// Keys in a group, on average: more of them take less memory and longer to place.
const GROUP: usize = 4;

/// Slots for each ten thousand keys, at first.
const ROOM: usize = 11_500;

/// Times that there may be too little room: each time it is doubled.
const TRIES: usize = 4;

pub(super) struct Ranks {
    /// What sends the keys of each group to their slots.
    pilots: Vec<u16>,
    group_shift: u32,
    slots: Vec<u64>,
}

impl Ranks {
    /// Of keys of up to 40 bits and their ranks; of several of one key the last one counts.
    ///
    /// # Errors
    ///
    /// There is no such table, which does not happen with keys that nobody chose for it.
    pub fn new(ranks: &[(u64, u32)]) -> Result<Self, Unsupported> {
        let groups = (ranks.len() / GROUP).next_power_of_two().max(2);
        let group_shift = u64::BITS - groups.trailing_zeros();
        let room = (ranks.len() * ROOM / 10_000).max(8);
        let grouped = Grouped::new(ranks, groups, group_shift);
        (0..TRIES)
            .find_map(|doubled| grouped.place(room << doubled))
            .map(|(pilots, slots)| Self {
                pilots,
                group_shift,
                slots,
            })
            .ok_or_else(|| Unsupported("merges that collide on purpose".to_owned()))
    }

    /// The rank of a key, or [`NEVER`].
    #[inline]
    pub fn get(&self, key: u64) -> u32 {
        let hash = hash(key);
        let group = usize::try_from(hash >> self.group_shift).unwrap_or(0);
        let pilot = self.pilots.get(group).copied().unwrap_or(0);
        let slot = self.slots.get(slot(hash, pilot, self.slots.len()));
        let slot = slot.copied().unwrap_or(EMPTY);
        #[allow(clippy::cast_possible_truncation, reason = "24 bits")]
        let rank = (slot & ((1 << RANK_BITS) - 1)) as u32;
        if slot >> RANK_BITS == key {
            rank
        } else {
            NEVER
        }
    }

    pub fn heap_bytes(&self) -> usize {
        size_of_val(&self.pilots[..]) + size_of_val(&self.slots[..])
    }
}

/// The golden ratio, and the fractional part of the square root of 2: odd, without a pattern.
pub(super) const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
const OTHER: u64 = 0x6a09_e667_f3bc_c909;

/// One to one, so two keys never have the same.
#[inline]
fn hash(key: u64) -> u64 {
    key.wrapping_mul(ODD)
}

/// Where the key of this hash is if its group has this pilot, in so many slots.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "it is below `slots`")]
fn slot(hash: u64, pilot: u16, slots: usize) -> usize {
    let moved = (hash ^ u64::from(pilot).wrapping_mul(OTHER)).wrapping_mul(ODD);
    ((u128::from(moved) * slots as u128) >> u64::BITS) as usize
}

/// Hash, and what stands in the slot.
type Hashed = [u64; 2];

/// Keys, those of a group side by side.
struct Grouped {
    keys: Vec<Hashed>,
    /// Where the keys of each group are.
    groups: Vec<Range<usize>>,
    /// The largest first: the more keys, the fewer pilots that suit all of them.
    order: Vec<usize>,
}

impl Grouped {
    fn new(ranks: &[(u64, u32)], groups: usize, shift: u32) -> Self {
        let group = |hash: u64| usize::try_from(hash >> shift).unwrap_or(0);
        let mut sizes = vec![0; groups];
        for &(key, _) in ranks {
            if let Some(size) = sizes.get_mut(group(hash(key))) {
                *size += 1;
            }
        }
        let mut end = 0;
        let mut groups: Vec<_> = sizes
            .into_iter()
            .map(|size| {
                end += size;
                end - size..end - size
            })
            .collect();
        let mut keys = vec![[EMPTY; 2]; ranks.len()];
        // From the last one on, and of those of one key no other.
        for &(key, rank) in ranks.iter().rev() {
            let hash = hash(key);
            let Some(range) = groups.get_mut(group(hash)) else {
                continue;
            };
            let others = keys.get(range.clone()).unwrap_or_default();
            if others.iter().all(|[other, _]| *other != hash) {
                if let Some(place) = keys.get_mut(range.end) {
                    *place = [hash, key << RANK_BITS | u64::from(rank)];
                    range.end += 1;
                }
            }
        }
        let mut order: Vec<_> = (0..groups.len()).collect();
        order.sort_by_key(|&at| Reverse(groups.get(at).map_or(0, Range::len)));
        Self {
            keys,
            groups,
            order,
        }
    }

    /// Pilots and slots; None if some group has no pilot with so much room.
    fn place(&self, room: usize) -> Option<(Vec<u16>, Vec<u64>)> {
        let mut pilots = vec![0; self.order.len()];
        let mut slots = vec![EMPTY; room];
        let mut found = Vec::new();
        for &group in &self.order {
            let keys = self.keys.get(self.groups.get(group)?.clone())?;
            let suits = |pilot: &u16| {
                found.clear();
                keys.iter().all(|&[hash, _]| {
                    let at = slot(hash, *pilot, room);
                    let is_free = slots.get(at) == Some(&EMPTY) && !found.contains(&at);
                    found.push(at);
                    is_free
                })
            };
            *pilots.get_mut(group)? = (0..=u16::MAX).find(suits)?;
            for (&[_, entry], &at) in keys.iter().zip(&found) {
                *slots.get_mut(at)? = entry;
            }
        }
        Some((pilots, slots))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a broken test should stop")]

    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::{NEVER, Ranks};

    /// Keys of few symbols, as a merge has them, so that many are there twice; others beside them.
    fn key() -> impl Strategy<Value = u64> {
        prop_oneof![
            (0_u64..40, 0_u64..40).prop_map(|(left, right)| left << 20 | right),
            0_u64..1 << 40,
        ]
    }

    proptest! {
        #[test]
        fn a_key_has_its_last_rank_and_others_none(
            keys in prop::collection::vec(key(), 0..500),
            others in prop::collection::vec(key(), 100),
        ) {
            let ranks: Vec<_> = keys.iter().copied().zip(0..).collect();
            let oracle: HashMap<_, _> = ranks.iter().copied().collect();
            let table = Ranks::new(&ranks).unwrap();
            for key in keys.into_iter().chain(others) {
                prop_assert_eq!(table.get(key), oracle.get(&key).copied().unwrap_or(NEVER));
            }
        }
    }
}
