//! The tokens of a word: of all neighbours that merge, those of the lowest rank do, the leftmost of
//! them first, until none is left.

#![allow(
    clippy::indexing_slicing,
    reason = "the hottest loop; places are masked to the size of the arrays"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "ranks have 20 bits and places 9"
)]

use super::characters::Characters;
use super::pairs::{NEVER, NOTHING, Pairs, Symbol};

/// Rank above, place below: the least of these is the next to merge.
type Key = i32;
const PLACE_BITS: u32 = 9;
const NONE: Key = Key::MAX;

/// Words up to this long are searched for the least key as a whole, longer ones block by block.
const DIRECT: usize = 32;
const BLOCK: usize = 16;
const BLOCKS: usize = 512 / BLOCK;

/// Eight at a time side by side, which the compiler puts into vectors; there is a multiple of them.
#[inline]
fn least(keys: &[Key]) -> Key {
    let mut least = [NONE; 8];
    for keys in keys.chunks_exact(8) {
        for (least, &key) in least.iter_mut().zip(keys) {
            *least = key.min(*least);
        }
    }
    least.into_iter().fold(NONE, Key::min)
}

/// A word of up to N symbols, N a power of two up to 512.
///
/// Symbols stay where they began, and those merged into the one before are skipped over.
pub(super) struct Word<const N: usize> {
    symbols: [Symbol; N],
    /// Of a symbol and the next one.
    keys: [Key; N],
    next: [u16; N],
    previous: [u16; N],
    /// The least of each [`BLOCK`] keys; not kept up to [`DIRECT`].
    blocks: [Key; BLOCKS],
    length: usize,
    merged: usize,
}

#[inline]
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
    pub fn new(word: &[u8], pairs: &Pairs) -> Self {
        let mut this = Self::empty();
        this.begin_with_bytes(word, pairs);
        this.merge(pairs);
        this
    }

    /// The same, begun with characters where they are closed.
    #[inline]
    pub fn of_characters(word: &[u8], characters: &Characters, pairs: &Pairs) -> Self {
        // Filled where it is: one made in each branch would be copied here.
        let mut this = Self::empty();
        if !word.is_ascii() && characters.may_be_in(word) {
            this.length = characters.begin(word, &mut this.symbols);
            for at in 1..this.length.min(N) {
                let rank = pairs.rank(this.symbols[at - 1], this.symbols[at]);
                this.keys[at - 1] = key(rank, at - 1);
            }
        } else {
            this.begin_with_bytes(word, pairs);
        }
        this.merge(pairs);
        this
    }

    fn empty() -> Self {
        Self {
            symbols: [0; N],
            keys: [NONE; N],
            next: [0; N],
            previous: [0; N],
            blocks: [NONE; BLOCKS],
            length: 0,
            merged: 0,
        }
    }

    #[inline]
    fn begin_with_bytes(&mut self, word: &[u8], pairs: &Pairs) {
        self.length = word.len().min(N);
        for (symbol, &byte) in self.symbols.iter_mut().zip(word) {
            *symbol = Symbol::from(byte);
        }
        for (at, pair) in word.windows(2).take(N - 1).enumerate() {
            self.keys[at] = key(pairs.rank_of_bytes(pair[0], pair[1]), at);
        }
    }

    /// The least key of all: of every key, or of every block's least where there are many.
    #[inline]
    fn least(&self) -> Key {
        if N <= DIRECT {
            least(&self.keys[..self.length.next_multiple_of(8)])
        } else {
            least(&self.blocks[..self.length.div_ceil(BLOCK).next_multiple_of(8)])
        }
    }

    /// Notes that keys of the block that a place is in have changed.
    #[inline]
    fn changed(&mut self, place: usize) {
        if N > DIRECT {
            let block = place / BLOCK;
            self.blocks[block] = least(&self.keys[block * BLOCK..][..BLOCK]);
        }
    }

    #[inline]
    fn merge(&mut self, pairs: &Pairs) {
        for at in 0..self.length.min(N) {
            self.next[at] = (at + 1) as u16;
            self.previous[at] = (at as u16).wrapping_sub(1);
        }
        for block in (0..self.length).step_by(BLOCK) {
            self.changed(block);
        }
        loop {
            let first = self.least();
            if first == NONE {
                return;
            }
            self.merged += 1;
            let at = first as usize & Self::MASK;
            let right = usize::from(self.next[at]) & Self::MASK;
            let after = usize::from(self.next[right]);
            let symbol = pairs.product((first >> PLACE_BITS) as u32);
            self.symbols[at] = symbol;
            self.next[at] = after as u16;
            self.keys[right] = NONE;
            self.keys[at] = NONE;
            let before = usize::from(self.previous[at]) & Self::MASK;
            let next = if after < self.length {
                self.previous[after & Self::MASK] = at as u16;
                self.symbols[after & Self::MASK]
            } else {
                NOTHING
            };
            let previous = if at > 0 {
                self.symbols[before]
            } else {
                NOTHING
            };
            let (with_next, with_previous) =
                (pairs.rank(symbol, next), pairs.rank(previous, symbol));
            self.keys[at] = key(with_next, at);
            if at > 0 {
                self.keys[before] = key(with_previous, before);
                if before / BLOCK != at / BLOCK {
                    self.changed(before);
                }
            }
            self.changed(at);
            if right / BLOCK != at / BLOCK {
                self.changed(right);
            }
        }
    }

    /// How many tokens there are.
    #[inline]
    pub fn count(&self) -> usize {
        self.length - self.merged
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
