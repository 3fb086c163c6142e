//! Which pair's turn it is.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::chain::Linked;
use crate::tokens::openai_gpt::merges::Merges;

/// One pass for every rank that occurs, from left to right.
///
/// Only for merges that are [`ordered`](Merges::ordered): then a pass makes no pairs for itself or
/// an earlier one. The places of a rank need no order until its pass, so each costs a constant time
/// and is looked at with its neighbours; a queue of all places costs twice that at 100,000 tokens
/// and seven times that at a million.
#[derive(Default)]
pub struct Ranks {
    /// The last entry of every rank, [`NONE`] if it has none.
    last: Vec<u32>,
    /// Place, and the entry of the same rank before it; or the free entry before it.
    entries: Vec<(u32, u32)>,
    /// The last entry that is free, [`NONE`] if none is: without it a million letters take twice
    /// the memory, and its pages cost more than the merging.
    free: u32,
    /// The ranks that have entries.
    waiting: BinaryHeap<Reverse<u32>>,
}

const NONE: u32 = u32::MAX;

impl Ranks {
    /// The number of tokens that are left. `places` is a buffer with room for the word's.
    pub fn merge(&mut self, mut word: Linked<'_>, merges: &Merges, places: &mut Vec<u32>) -> usize {
        self.last.resize(merges.ranks(), NONE);
        self.entries.clear();
        self.free = NONE;
        for pair in word.pairs(merges) {
            self.push(Some(pair));
        }
        let mut count = word.len();
        while let Some(Reverse(rank)) = self.waiting.pop() {
            self.take(rank, places);
            places.retain(|&place| word.join((rank, place), merges));
            count -= places.len();
            // When the pass is over: then none of the new pairs is gone before its turn.
            let mut last = None;
            for &place in &*places {
                let before = word.before(place);
                if let Some(before) = before.filter(|_| before != last) {
                    self.push(word.pair(before, merges));
                }
                self.push(word.pair(place, merges));
                last = Some(place);
            }
        }
        count
    }

    #[allow(
        clippy::indexing_slicing,
        reason = "free entries are entries, ranks are below `ranks`"
    )]
    #[inline]
    fn push(&mut self, pair: Option<(u32, u32)>) {
        let Some((rank, place)) = pair else { return };
        let before = self.last[rank as usize];
        if before == NONE {
            self.waiting.push(Reverse(rank));
        }
        let entry = if self.free == NONE {
            self.entries.push((place, before));
            // At most one for each token of a word, and those have places of 32 bits.
            u32::try_from(self.entries.len() - 1).unwrap_or(NONE)
        } else {
            let entry = self.free;
            self.free = std::mem::replace(&mut self.entries[entry as usize], (place, before)).1;
            entry
        };
        self.last[rank as usize] = entry;
    }

    /// The places of a rank, from left to right; it has some.
    #[allow(
        clippy::indexing_slicing,
        reason = "entries name entries, ranks are below `ranks`"
    )]
    #[allow(
        clippy::stable_sort_primitive,
        reason = "it profits from what is sorted already, nearly all"
    )]
    fn take(&mut self, rank: u32, places: &mut Vec<u32>) {
        places.clear();
        let last = std::mem::replace(&mut self.last[rank as usize], NONE);
        let mut entry = last;
        loop {
            let (place, before) = &mut self.entries[entry as usize];
            places.push(*place);
            if *before == NONE {
                *before = std::mem::replace(&mut self.free, last);
                break;
            }
            entry = *before;
        }
        // They were found from left to right, mostly.
        places.reverse();
        places.sort();
    }
}

/// All pairs in one queue, for merges in any order.
#[derive(Default)]
pub struct Queue {
    pairs: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Queue {
    /// The number of tokens that are left.
    pub fn merge(&mut self, mut word: Linked<'_>, merges: &Merges) -> usize {
        self.pairs.clear();
        self.pairs.extend(word.pairs(merges).map(Reverse));
        let mut count = word.len();
        while let Some(Reverse((rank, place))) = self.pairs.pop() {
            if word.join((rank, place), merges) {
                count -= 1;
                let places = [word.before(place), Some(place)];
                self.pairs.extend(
                    places
                        .into_iter()
                        .filter_map(|place| word.pair(place?, merges).map(Reverse)),
                );
            }
        }
        count
    }
}
