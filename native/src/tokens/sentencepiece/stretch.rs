//! Symbols between two cuts, and what merges leave of them.

#![allow(
    clippy::indexing_slicing,
    reason = "places come from a mask of those that are left; checked access costs a tenth"
)]

use super::long;
use super::pairs::{Merges, NEVER, Rank, SYMBOLS, Symbol};

/// A stretch of a first row.
#[derive(Debug)]
pub struct Stretch {
    symbols: Vec<Symbol>,
    /// When each symbol merges with the next one.
    ranks: Vec<Rank>,
    search: Search,
}

/// Symbols among which the next merge is searched: one bit each in a word of the machine. Where
/// there are more, searching all of them would cost more than windows do.
pub const SEARCHED: usize = 64;
const PLACE_BITS: u32 = SEARCHED.trailing_zeros();

impl Default for Stretch {
    /// With room for most.
    fn default() -> Self {
        Self {
            symbols: Vec::with_capacity(SEARCHED),
            ranks: Vec::with_capacity(SEARCHED),
            search: Search::default(),
        }
    }
}

impl Stretch {
    /// Drops all symbols.
    #[inline]
    pub fn clear(&mut self) {
        self.symbols.clear();
        self.ranks.clear();
    }

    /// The first symbol.
    #[inline]
    pub fn start(&mut self, symbol: Symbol) {
        self.symbols.push(symbol);
    }

    /// One more, and when it merges with the one before it.
    #[inline]
    pub fn push(&mut self, rank: Rank, symbol: Symbol) {
        self.ranks.push(rank);
        self.symbols.push(symbol);
    }

    /// Symbols that are left when all is merged; the stretch is empty then.
    #[inline]
    pub fn take(&mut self, merges: &Merges) -> usize {
        let tokens = match *self.ranks {
            [] => self.symbols.len(),
            [NEVER] => 2,
            [_] => 1,
            _ if self.symbols.len() > SEARCHED => long::count(&self.symbols, &self.ranks, merges),
            _ => {
                let left = self
                    .search
                    .merge_all(&mut self.symbols, &self.ranks, merges);
                left.count_ones() as usize
            }
        };
        self.clear();
        tokens
    }
}

/// A pair that merges: its rank above, then its place, then what it makes; the least of these is
/// the next to merge. No comparison of such numbers is vectorised by the oldest machines, and so
/// none of a key just written waits until it can be read as a part of a vector.
type Key = u64;
const NONE: Key = Key::MAX;
const RANK_SHIFT: u32 = 32;
const PLACE_SHIFT: u32 = RANK_SHIFT - PLACE_BITS;

/// Keys compared at once, without a branch.
const LANES: usize = 8;

/// Merges stretches of 1 to [`SEARCHED`] symbols.
#[derive(Debug)]
pub struct Search {
    /// By the place of the pair's first symbol. None is left when all is merged.
    keys: [Key; SEARCHED],
}

impl Default for Search {
    fn default() -> Self {
        Self {
            keys: [NONE; SEARCHED],
        }
    }
}

impl Search {
    /// Merges until none applies, always the first of the list, and of equal ones the leftmost.
    ///
    /// `ranks` are those of each symbol with the next, one fewer than the symbols. Gives the places
    /// where symbols are left; the time is the square of their number.
    pub fn merge_all(&mut self, symbols: &mut [Symbol], ranks: &[Rank], merges: &Merges) -> u64 {
        for (at, &rank) in ranks.iter().enumerate() {
            self.set(at, rank, merges);
        }
        let searched = ranks.len().next_multiple_of(LANES);
        let mut left = u64::MAX >> (SEARCHED - symbols.len());
        loop {
            let first = least(&self.keys[..searched]);
            if first == NONE {
                return left;
            }
            let (at, made) = split(first);
            symbols[at] = made;
            // The symbols after it: the one that is merged into it, and the one it meets then.
            let after = left & (!1 << at);
            let beyond = after & after.wrapping_sub(1);
            left ^= after ^ beyond;
            self.keys[after.trailing_zeros() as usize] = NONE;
            if beyond == 0 {
                self.keys[at] = NONE;
            } else {
                let next = symbols[beyond.trailing_zeros() as usize];
                self.set(at, merges.rank(made, next), merges);
            }
            let before = left & !(u64::MAX << at);
            if before != 0 {
                let place = before.ilog2() as usize;
                self.set(place, merges.rank(symbols[place], made), merges);
            }
        }
    }

    /// What is made is asked for now: memory has answered when it is the next to merge.
    #[inline]
    fn set(&mut self, at: usize, rank: Rank, merges: &Merges) {
        self.keys[at] = if rank == NEVER {
            NONE
        } else {
            let made = Key::from(merges.made(rank));
            Key::from(rank) << RANK_SHIFT | (at as Key) << PLACE_SHIFT | made
        };
    }
}

/// The least of some keys, a multiple of [`LANES`].
#[inline]
fn least(keys: &[Key]) -> Key {
    keys.chunks_exact(LANES).fold(NONE, |least, keys| {
        let of_two = |at: usize| keys[at].min(keys[at + 1]);
        let of_four = |at: usize| of_two(at).min(of_two(at + 2));
        least.min(of_four(0).min(of_four(4)))
    })
}

#[inline]
#[allow(
    clippy::cast_possible_truncation,
    reason = "places and symbols are cut out of a key"
)]
fn split(key: Key) -> (usize, Symbol) {
    let place = (key >> PLACE_SHIFT) as usize % SEARCHED;
    (place, key as Symbol & (SYMBOLS - 1))
}
