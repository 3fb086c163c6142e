//! Symbols between two cuts, and what merges leave of them.

#![allow(
    clippy::indexing_slicing,
    reason = "places come from a mask of those that are left; checked access costs a tenth"
)]

use super::long;
use super::pairs::{Merge, Pairs, Symbol};

/// A stretch of a first row.
#[derive(Debug, Default)]
pub struct Stretch {
    symbols: Vec<Symbol>,
    /// The merge of each symbol with the next one.
    merges: Vec<Merge>,
}

/// Symbols among which the next merge is searched: one bit each in a word of the machine. Where
/// there are more, searching all of them would cost more than windows do.
pub const SEARCHED: usize = 64;

impl Stretch {
    /// Drops all symbols.
    #[inline]
    pub fn clear(&mut self) {
        self.symbols.clear();
        self.merges.clear();
    }

    /// The first symbol.
    #[inline]
    pub fn start(&mut self, symbol: Symbol) {
        self.symbols.push(symbol);
    }

    /// One more, and its merge with the one before it.
    #[inline]
    pub fn push(&mut self, merge: Merge, symbol: Symbol) {
        self.merges.push(merge);
        self.symbols.push(symbol);
    }

    /// Symbols that are left when all is merged; the stretch is empty then.
    #[inline]
    pub fn take(&mut self, table: &Pairs) -> usize {
        let tokens = match *self.merges {
            [] => self.symbols.len(),
            [Merge::NONE] => 2,
            [_] => 1,
            _ if self.symbols.len() > SEARCHED => {
                long::count(&self.symbols, &self.merges, table)
            }
            _ => merge_all(&mut self.symbols, &mut self.merges, table).count_ones() as usize,
        };
        self.clear();
        tokens
    }
}

/// Merges until none applies, always the first of the list, and of equal ones the leftmost.
///
/// `merges` are those of each symbol with the next, one fewer than the symbols, of which there are
/// 1 to [`SEARCHED`]. Gives the places where symbols are left; the time is the square of their
/// number.
pub fn merge_all(symbols: &mut [Symbol], merges: &mut [Merge], table: &Pairs) -> u64 {
    let mut left = u64::MAX >> (SEARCHED - symbols.len());
    while let Some((at, merge)) = first(merges) {
        let made = merge.symbol();
        symbols[at] = made;
        // The symbols after it: the one that is merged into it, and the one it meets then.
        let after = left & (!1 << at);
        left ^= lowest(after);
        let beyond = after & after.wrapping_sub(1);
        if let Some(place) = merges.get_mut(after.trailing_zeros() as usize) {
            *place = Merge::NONE;
        }
        merges[at] = if beyond == 0 {
            Merge::NONE
        } else {
            table.merge(made, symbols[beyond.trailing_zeros() as usize])
        };
        let before = left & !(u64::MAX << at);
        if before != 0 {
            let place = before.ilog2() as usize;
            merges[place] = table.merge(symbols[place], made);
        }
    }
    left
}

#[inline]
fn lowest(bits: u64) -> u64 {
    bits & bits.wrapping_neg()
}

/// The place of the least merge, the leftmost of equal ones.
#[inline]
fn first(merges: &[Merge]) -> Option<(usize, Merge)> {
    let mut least = (0, Merge::NONE);
    for (at, &merge) in merges.iter().enumerate() {
        if merge < least.1 {
            least = (at, merge);
        }
    }
    (least.1 != Merge::NONE).then_some(least)
}
