//! Between which symbols a text can be cut.
//!
//! A text is first a row of symbols: one for a character, some for its bytes, or one for what is
//! unknown. Then merges replace neighbours, the first of the list first and from the left, until
//! none applies. So each symbol stands for a stretch of the first row, and its string is that of
//! the stretch's symbols, one after the other.
//!
//! Where x and y stand side by side in the first row, only a merge (L, R) can join the stretches
//! that meet there: L's stretch ends with x, so L's string ends with x's; R's begins with y, so R's
//! string begins with y's. If the list has no such merge, nothing ever crosses this place. Then
//! what happens on one side does not depend on the other: which merge comes next among those of
//! one side is told by their ranks and their order from the left, and both are the same whether
//! the other side is there or not. So both sides can be counted alone. A pair for which there is
//! such a merge is a seam.

use super::model::Model;
use super::pairs::{Merges, Pairs, Symbol};
use super::symbols::Symbols;

/// The pairs of symbols of a first row that some merge may join.
#[derive(Debug)]
pub struct Seams {
    /// Sorted, each once, when [`Seams::tidy`] was called.
    pub pairs: Vec<(Symbol, Symbol)>,
    ends: Vec<Ends>,
    /// Pairs put lately, by a hash of them.
    lately: Vec<(Symbol, Symbol)>,
}

/// Ten to a hundred merges have the same seam, often close together.
const LATELY: usize = 1 << 12;

/// Symbols of a first row with which a string begins and ends: at most a character, a byte and what
/// is unknown, all three spelled in the vocabulary's own way.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    first: [Option<Symbol>; 3],
    last: [Option<Symbol>; 3],
}

impl Seams {
    /// No merges are known yet.
    #[must_use]
    pub fn new(model: &Model<'_>, symbols: &Symbols) -> Self {
        let bytes = model.byte_fallback == Some(true);
        let unknown = model.unk_token.as_deref();
        let ends = symbols.strings().map(|string| Ends {
            first: [
                string.chars().next().and_then(|c| symbols.character(c)),
                spelled_first(string)
                    .filter(|_| bytes)
                    .and_then(|s| symbols.get(s)),
                unknown
                    .filter(|s| string.starts_with(s))
                    .and_then(|s| symbols.get(s)),
            ],
            last: [
                string
                    .chars()
                    .next_back()
                    .and_then(|c| symbols.character(c)),
                spelled_last(string)
                    .filter(|_| bytes)
                    .and_then(|s| symbols.get(s)),
                unknown
                    .filter(|s| string.ends_with(s))
                    .and_then(|s| symbols.get(s)),
            ],
        });
        Self {
            pairs: Vec::new(),
            ends: ends.collect(),
            lately: vec![(Symbol::MAX, Symbol::MAX); LATELY],
        }
    }

    /// One more merge of the list.
    pub fn add(&mut self, left: Symbol, right: Symbol) {
        let ends = |symbol: Symbol| self.ends.get(symbol as usize).copied().unwrap_or_default();
        let (left, right) = (ends(left), ends(right));
        for x in left.last.into_iter().flatten() {
            for pair in right.first.into_iter().flatten().map(|y| (x, y)) {
                let hash = pair.0.wrapping_mul(67) ^ pair.1;
                let Some(lately) = self.lately.get_mut(hash as usize % LATELY) else {
                    continue;
                };
                if *lately != pair {
                    *lately = pair;
                    self.pairs.push(pair);
                }
            }
        }
    }

    /// Sorts, and drops what is there twice.
    pub fn tidy(&mut self) {
        self.pairs.sort_unstable();
        self.pairs.dedup();
    }

    /// Drops the pairs before a symbol, where another rule cuts all texts.
    pub fn cut_before(&mut self, symbol: Symbol) {
        self.pairs.retain(|&(_, right)| right != symbol);
    }

    /// The pairs with the rank of each, `NEVER` where only longer symbols are joined.
    #[must_use]
    pub fn table(&self, merges: &Merges) -> Pairs {
        let mut table = Pairs::with_capacity(self.pairs.len());
        for &(left, right) in &self.pairs {
            table.put(left, right, merges.rank(left, right));
        }
        table
    }
}

/// The length of `<0xXX>`.
const SPELLED: usize = 6;

fn spelled_first(string: &str) -> Option<&str> {
    string.get(..SPELLED).filter(|s| s.starts_with("<0x"))
}

fn spelled_last(string: &str) -> Option<&str> {
    let start = string.len().checked_sub(SPELLED)?;
    string.get(start..).filter(|s| s.starts_with("<0x"))
}
