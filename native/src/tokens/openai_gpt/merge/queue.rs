//! Words that windows cannot tell: all pairs in one queue, in n log n.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::tokens::openai_gpt::merges::{Merges, NEVER};

/// Buffers.
#[derive(Default)]
pub struct Queue {
    word: Vec<Link>,
    /// Rank and place of pairs; those that changed since are passed over.
    pairs: BinaryHeap<Reverse<(u32, u32)>>,
}

/// A token and the places of its neighbours, [`NONE`] at the ends of the word.
#[derive(Clone, Copy)]
struct Link {
    token: u32,
    before: u32,
    after: u32,
}

/// No token and no place. No word is as long: 4 GiB.
const NONE: u32 = u32::MAX;

#[allow(
    clippy::indexing_slicing,
    reason = "links and pairs hold places within the word"
)]
impl Queue {
    /// The number of tokens that a word's characters become.
    pub fn count(&mut self, characters: &[u32], merges: &Merges) -> usize {
        self.word.clear();
        self.word
            .extend((0_u32..).zip(characters).map(|(place, &token)| Link {
                token,
                before: place.wrapping_sub(1),
                after: place + 1,
            }));
        if let Some(last) = self.word.last_mut() {
            last.after = NONE;
        }
        self.pairs.clear();
        for place in (0..).take(characters.len()) {
            self.push(place, merges);
        }
        let mut count = characters.len();
        while let Some(Reverse((rank, place))) = self.pairs.pop() {
            if self.rank(place, merges) != rank {
                continue;
            }
            count -= 1;
            let before = self.join(place, merges.made(rank));
            self.push(before, merges);
            self.push(place, merges);
        }
        count
    }

    /// The rank of the token at `place` with the next one.
    fn rank(&self, place: u32, merges: &Merges) -> u32 {
        let Some(left) = self.word.get(place as usize) else {
            return NEVER;
        };
        match self.word.get(left.after as usize) {
            Some(right) if left.token != NONE => merges.rank(left.token, right.token),
            _ => NEVER,
        }
    }

    fn push(&mut self, place: u32, merges: &Merges) {
        let rank = self.rank(place, merges);
        if rank != NEVER {
            self.pairs.push(Reverse((rank, place)));
        }
    }

    /// Puts `made` for the token at `place` and the next one; the place before.
    fn join(&mut self, place: u32, made: u32) -> u32 {
        let left = self.word[place as usize];
        let right = &mut self.word[left.after as usize];
        right.token = NONE;
        let after = right.after;
        self.word[place as usize] = Link {
            token: made,
            after,
            ..left
        };
        if let Some(next) = self.word.get_mut(after as usize) {
            next.before = place;
        }
        left.before
    }
}
