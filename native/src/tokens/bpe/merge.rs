//! The tokens of a word: of all neighbours that merge, those of the lowest rank do, the leftmost of
//! them first, until none is left.

#![allow(
    clippy::indexing_slicing,
    reason = "the hottest loop; places are masked to the size of the arrays"
)]

use super::pairs::{NEVER, Pairs, Symbol};

/// Rank above, place below: the least of these is the next to merge.
type Key = i32;
const PLACE_BITS: u32 = 8;
const NONE: Key = Key::MAX;

/// A word of up to N symbols, N a power of two up to 128.
///
/// Symbols stay where they began, and those merged into the one before are skipped over.
pub(super) struct Word<const N: usize> {
    symbols: [Symbol; N],
    /// Of a symbol and the next one.
    keys: [Key; N],
    next: [u8; N],
    previous: [u8; N],
    length: usize,
}

#[inline]
#[allow(clippy::cast_possible_wrap, reason = "ranks have 23 bits, places 8")]
fn key(rank: u32, place: usize) -> Key {
    if rank == NEVER {
        NONE
    } else {
        (rank << PLACE_BITS) as Key | place as Key
    }
}

impl<const N: usize> Word<N> {
    const MASK: usize = N - 1;

    /// The word, merged. It has 1 to N bytes, each with a symbol.
    #[inline]
    pub fn new(word: &[u8], symbols: &[Symbol; 256], pairs: &Pairs) -> Self {
        let mut this = Self {
            symbols: [0; N],
            keys: [NONE; N],
            next: [0; N],
            previous: [0; N],
            length: word.len().min(N),
        };
        for (at, &byte) in word.iter().take(N).enumerate() {
            this.symbols[at] = symbols[usize::from(byte)];
            this.next[at] = (at + 1) as u8;
            this.previous[at] = (at as u8).wrapping_sub(1);
        }
        for (at, pair) in word.windows(2).take(N - 1).enumerate() {
            this.keys[at] = key(pairs.rank_of_bytes(pair[0], pair[1]), at);
        }
        this.merge(pairs);
        this
    }

    #[inline]
    fn merge(&mut self, pairs: &Pairs) {
        loop {
            let first = self.keys[..self.length]
                .iter()
                .copied()
                .fold(NONE, Key::min);
            if first == NONE {
                return;
            }
            let at = first as usize & Self::MASK;
            let right = usize::from(self.next[at]) & Self::MASK;
            let after = usize::from(self.next[right]);
            let symbol = pairs.product((first >> PLACE_BITS) as u32);
            self.symbols[at] = symbol;
            self.next[at] = after as u8;
            self.keys[right] = NONE;
            self.keys[at] = NONE;
            if after < self.length {
                let after = after & Self::MASK;
                self.previous[after] = at as u8;
                self.keys[at] = key(pairs.rank(symbol, self.symbols[after]), at);
            }
            if at > 0 {
                let before = usize::from(self.previous[at]) & Self::MASK;
                self.keys[before] = key(pairs.rank(self.symbols[before], symbol), before);
            }
        }
    }

    /// Where each token begins.
    #[inline]
    pub fn tokens(&self) -> impl Iterator<Item = usize> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let token = at;
            (token < self.length).then(|| {
                at = usize::from(self.next[token & Self::MASK]);
                token
            })
        })
    }
}
