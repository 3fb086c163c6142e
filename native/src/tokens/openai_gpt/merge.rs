//! How many tokens are left when all pairs that can be merged are.
//!
//! The pair of the lowest rank first, of several the leftmost. The reference keeps a queue of pairs,
//! some of which are gone when their turn comes; it tells them by the token that they would make.
//! That is the same as by their rank: tokens are strings, and a token that has grown makes a longer
//! one with its neighbour, so no other pair at that place makes the same.

mod queue;
mod windows;

use self::queue::Queue;
use self::windows::Windows;
use super::merges::{Merges, NEVER};

/// Characters of the longest word that is merged at once, by looking at all of its pairs every time.
const SHORT: usize = 40;

/// Merges the tokens of one word; keeps its buffers for the next.
#[derive(Default)]
pub struct Merger {
    /// The tokens of the word's characters. What is in it afterwards says nothing.
    pub tokens: Vec<u32>,
    ranks: Vec<u32>,
    windows: Windows,
    queue: Queue,
}

impl Merger {
    /// The number of tokens.
    pub fn merge(&mut self, merges: &Merges) -> usize {
        match self.tokens.len() {
            length @ (0 | 1) => length,
            2..=SHORT => {
                at_once(&mut self.tokens, &mut self.ranks, merges, |_| ());
                self.tokens.len()
            }
            _ => self
                .windows
                .count(&self.tokens, merges)
                .unwrap_or_else(|| self.queue.count(&self.tokens, merges)),
        }
    }
}

/// Merges `tokens` in place. `joined` is told where the right one of two disappears, each time.
#[allow(
    clippy::indexing_slicing,
    reason = "a place in `ranks` is one in `tokens`, and so is the next"
)]
#[inline]
fn at_once(
    tokens: &mut Vec<u32>,
    ranks: &mut Vec<u32>,
    merges: &Merges,
    mut joined: impl FnMut(usize),
) {
    ranks.clear();
    ranks.extend(tokens.windows(2).map(|two| merges.rank(two[0], two[1])));
    loop {
        let mut lowest = NEVER;
        let mut at = 0;
        for (place, &rank) in ranks.iter().enumerate() {
            if rank < lowest {
                (lowest, at) = (rank, place);
            }
        }
        if lowest == NEVER {
            return;
        }
        tokens[at] = merges.made(lowest);
        tokens.remove(at + 1);
        ranks.remove(at);
        joined(at + 1);
        if at > 0 {
            ranks[at - 1] = merges.rank(tokens[at - 1], tokens[at]);
        }
        if at < ranks.len() {
            ranks[at] = merges.rank(tokens[at], tokens[at + 1]);
        }
    }
}
