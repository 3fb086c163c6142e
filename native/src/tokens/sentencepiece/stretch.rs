//! Symbols between two cuts, and what merges leave of them.

#![allow(
    clippy::indexing_slicing,
    reason = "indices come from a search of the same vector; checked access costs a tenth"
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

/// Symbols above which searching all of them for the next merge costs more than windows.
const SHORT: usize = 96;

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
            _ => self.merge(table),
        };
        self.clear();
        tokens
    }

    #[inline(never)]
    fn merge(&mut self, table: &Pairs) -> usize {
        if self.symbols.len() > SHORT {
            return long::count(&self.symbols, &self.merges, table);
        }
        merge_all(&mut self.symbols, &mut self.merges, table, |_| ());
        self.symbols.len()
    }
}

/// Merges until none applies, always the first of the list, and of equal ones the leftmost.
///
/// `merged` is told the place of the left symbol of each. The time is the square of the length.
pub fn merge_all(
    symbols: &mut Vec<Symbol>,
    merges: &mut Vec<Merge>,
    table: &Pairs,
    mut merged: impl FnMut(usize),
) {
    while let Some((at, merge)) = first(merges) {
        merges.remove(at);
        symbols.remove(at + 1);
        symbols[at] = merge.symbol();
        merged(at);
        if at > 0 {
            merges[at - 1] = table.merge(symbols[at - 1], symbols[at]);
        }
        if at < merges.len() {
            merges[at] = table.merge(symbols[at], symbols[at + 1]);
        }
    }
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
