//! Symbols between two cuts, and what merges leave of them.

#![allow(
    clippy::indexing_slicing,
    reason = "places come from a mask of those that are left; checked access costs a tenth"
)]

use super::long;
use super::pairs::{Merges, NEVER, Rank, Symbol};

/// A stretch of a first row.
#[derive(Debug, Default)]
pub struct Stretch {
    symbols: Vec<Symbol>,
    /// When each symbol merges with the next one.
    ranks: Vec<Rank>,
}

/// Symbols among which the next merge is searched: one bit each in a word of the machine. Where
/// there are more, searching all of them would cost more than windows do.
pub const SEARCHED: usize = 64;
const PLACE_BITS: u32 = SEARCHED.trailing_zeros();

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
            _ => merge_all(&mut self.symbols, &self.ranks, merges).count_ones() as usize,
        };
        self.clear();
        tokens
    }
}

/// A rank above, a place below: the least of these is the next to merge. Signed, since machines
/// without an instruction for the least of unsigned numbers have one that compares signed ones.
type Key = i32;
const NONE: Key = Key::MAX;

#[inline]
#[allow(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "ranks have 24 bits, places 6"
)]
fn key(rank: Rank, place: usize) -> Key {
    if rank == NEVER {
        NONE
    } else {
        (rank << PLACE_BITS) as Key | place as Key
    }
}

/// Merges until none applies, always the first of the list, and of equal ones the leftmost.
///
/// `ranks` are those of each symbol with the next, one fewer than the symbols, of which there are
/// 1 to [`SEARCHED`]. Gives the places where symbols are left; the time is the square of their
/// number.
pub fn merge_all(symbols: &mut [Symbol], ranks: &[Rank], merges: &Merges) -> u64 {
    let mut keys = [NONE; SEARCHED];
    for (at, (key_of, &rank)) in keys.iter_mut().zip(ranks).enumerate() {
        *key_of = key(rank, at);
    }
    let keys = &mut keys[..symbols.len()];
    let mut left = u64::MAX >> (SEARCHED - symbols.len());
    loop {
        let first = keys.iter().copied().fold(NONE, Key::min);
        if first == NONE {
            return left;
        }
        let (at, rank) = split(first);
        let made = merges.made(rank);
        symbols[at] = made;
        // The symbols after it: the one that is merged into it, and the one it meets then.
        let after = left & (!1 << at);
        let beyond = after & after.wrapping_sub(1);
        left ^= after ^ beyond;
        keys[after.trailing_zeros() as usize] = NONE;
        keys[at] = if beyond == 0 {
            NONE
        } else {
            key(
                merges.rank(made, symbols[beyond.trailing_zeros() as usize]),
                at,
            )
        };
        let before = left & !(u64::MAX << at);
        if before != 0 {
            let place = before.ilog2() as usize;
            keys[place] = key(merges.rank(symbols[place], made), place);
        }
    }
}

#[inline]
#[allow(clippy::cast_sign_loss, reason = "keys are not negative")]
fn split(key: Key) -> (usize, Rank) {
    (key as usize % SEARCHED, (key >> PLACE_BITS) as Rank)
}
