//! Which tokens their own bytes are merged to, told by what each was merged from.
//!
//! Where the two sides of every merge come from merges before it, and each merge makes a symbol of
//! its own, a text is merged in the order of ranks, and a symbol is a tree: below it the two that it
//! was merged from. Its bytes come to it if those of each of the two come to that, and no merge
//! crosses the place between them before. Merges that could are few: at each time one symbol ends at
//! that place and one begins there, and with time they only get higher, on the right edge of the
//! left tree and on the left edge of the right one.

use super::pairs::{FIRST, NEVER, Pairs, Symbol};

/// Left, right and product of each merge, by rank, in such an order.
pub(super) struct Trees<'a>(&'a [[Symbol; 3]]);

impl<'a> Trees<'a> {
    /// None if the merges are not in such an order.
    pub fn new(merges: &'a [[Symbol; 3]]) -> Option<Self> {
        let is_in_order = |(symbol, &[left, right, made]): (Symbol, &[Symbol; 3])| {
            made == symbol && left < symbol && right < symbol
        };
        (FIRST..)
            .zip(merges)
            .all(is_in_order)
            .then_some(Self(merges))
    }

    /// By symbol, whether it is what its own bytes are merged to.
    pub fn whole(&self, pairs: &Pairs) -> Vec<bool> {
        let mut whole = vec![true; FIRST as usize];
        whole.reserve_exact(self.0.len());
        for &[left, right, _] in self.0 {
            let is_whole = |symbol: Symbol| whole.get(symbol as usize) == Some(&true);
            let both = is_whole(left) && is_whole(right);
            whole.push(both && self.stay_apart(left, right, pairs));
        }
        whole
    }

    /// Whether no merge joins parts of the two, side by side, but of both as a whole. Each comes of
    /// its own bytes.
    #[inline]
    fn stay_apart(&self, mut left: Symbol, mut right: Symbol, pairs: &Pairs) -> bool {
        // When they are merged into what is above them.
        let (mut left_until, mut right_until) = (NEVER, NEVER);
        loop {
            // Back in time: what was made last is taken apart, of equals the right one.
            if left > right {
                let Some(&[_, part, _]) = self.below(left) else {
                    return true;
                };
                (left_until, left) = (left - FIRST, part);
            } else {
                let Some(&[part, ..]) = self.below(right) else {
                    return true;
                };
                (right_until, right) = (right - FIRST, part);
            }
            let rank = pairs.rank(left, right);
            // Of equal ranks the leftmost comes first.
            if rank < left_until && rank <= right_until {
                return false;
            }
        }
    }

    /// None of a byte.
    #[inline]
    fn below(&self, symbol: Symbol) -> Option<&[Symbol; 3]> {
        self.0.get(symbol.checked_sub(FIRST)? as usize)
    }
}
