//! Stretches without cuts that are too long to search: a megabyte of `a`, of spaces, of newlines.
//!
//! They are counted in windows, in time proportional to their length, and exactly:
//!
//! Let t1 ... tn be tokens that cover a row of symbols, such that merging the symbols of each pair
//! of neighbours alone, (ti, ti+1), gives just these two. Then merging the whole row gives t1 ...
//! tn. For suppose that some merge crosses the border of two of them, and take the first that
//! does, at the border of ti and ti+1. Until then nothing crossed any border, so the symbols of
//! these two were merged as they would be alone: which merge comes next among theirs is told by
//! their ranks and their order from the left. So this merge would happen if they were alone, too;
//! but then nothing crosses that border. Likewise each ti alone becomes ti.
//!
//! Neighbours in what a window gives are such pairs, by the same reasoning the other way around.
//! The next window begins at a border inside this one, and must begin with the very token that
//! this one has after the border: so the pair at the border is such a pair too. Should it begin
//! otherwise, nothing is claimed, and the stretch is counted again in larger windows, at last in
//! one.

#![allow(
    clippy::indexing_slicing,
    reason = "places come from the same window; checked access costs a tenth of the merging"
)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::pairs::{Merges, NEVER, Rank, Symbol};
use super::stretch::{SEARCHED, Search};

/// Symbols of a window: short ones are searched for the next merge, longer ones keep a heap.
const WINDOWS: [usize; 3] = [SEARCHED, 1 << 10, 1 << 14];

/// Of a window's symbols, the part at the end whose tokens are not kept: what follows may change
/// them.
const UNSURE: usize = 4;

/// A symbol, and how many symbols of the first row it covers.
type Token = (Symbol, usize);

/// Tokens of a stretch; `ranks` are those of each symbol with the next.
#[must_use]
pub fn count(symbols: &[Symbol], ranks: &[Rank], merges: &Merges) -> usize {
    let mut window = Window::default();
    WINDOWS
        .iter()
        .find_map(|&size| in_windows(size, symbols, ranks, merges, &mut window))
        .unwrap_or_else(|| {
            window.merge(symbols, ranks, merges);
            window.tokens.len()
        })
}

/// None: not shown to be exact with windows of this size.
fn in_windows(
    size: usize,
    symbols: &[Symbol],
    ranks: &[Rank],
    merges: &Merges,
    window: &mut Window,
) -> Option<usize> {
    let (mut start, mut tokens, mut expected) = (0, 0, None);
    loop {
        let end = symbols.len().min(start + size);
        window.merge(&symbols[start..end], &ranks[start..end - 1], merges);
        if expected.is_some_and(|token| window.tokens.first() != Some(&token)) {
            return None;
        }
        if end == symbols.len() {
            return Some(tokens + window.tokens.len());
        }
        let (kept, length) = window.before(size - size / UNSURE);
        expected = Some(*window.tokens.get(kept).filter(|_| kept > 0)?);
        tokens += kept;
        start += length;
    }
}

/// What is reused from window to window.
#[derive(Default)]
struct Window {
    /// What the last window became.
    tokens: Vec<Token>,
    symbols: Vec<Symbol>,
    search: Search,
    heap: BinaryHeap<Reverse<(Rank, usize)>>,
    links: Vec<Link>,
}

/// A symbol among its neighbours.
#[derive(Clone, Copy)]
struct Link {
    symbol: Symbol,
    /// Zero: it was merged into the one before it.
    length: usize,
    previous: Option<u32>,
    next: Option<u32>,
}

impl Window {
    fn merge(&mut self, symbols: &[Symbol], ranks: &[Rank], merges: &Merges) {
        self.tokens.clear();
        if symbols.len() <= SEARCHED {
            self.merge_searching(symbols, ranks, merges);
        } else {
            self.merge_with_heap(symbols, ranks, merges);
        }
    }

    /// As many tokens as have `limit` symbols at most, and how many these have.
    fn before(&self, limit: usize) -> (usize, usize) {
        let (mut kept, mut length) = (0, 0);
        for &(_, symbols) in &self.tokens {
            if length + symbols > limit {
                break;
            }
            kept += 1;
            length += symbols;
        }
        (kept, length)
    }

    fn merge_searching(&mut self, symbols: &[Symbol], ranks: &[Rank], merges: &Merges) {
        self.symbols.clear();
        self.symbols.extend_from_slice(symbols);
        let mut left = self.search.merge_all(&mut self.symbols, ranks, merges);
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            left &= left - 1;
            let next = symbols.len().min(left.trailing_zeros() as usize);
            self.tokens.push((self.symbols[at], next - at));
        }
    }

    /// The time is n log n.
    fn merge_with_heap(&mut self, symbols: &[Symbol], ranks: &[Rank], merges: &Merges) {
        self.link(symbols);
        self.heap.clear();
        let possible = ranks.iter().enumerate().filter(|&(_, &rank)| rank != NEVER);
        self.heap
            .extend(possible.map(|(at, &rank)| Reverse((rank, at))));
        while let Some(Reverse((rank, at))) = self.heap.pop() {
            // What lay here when this was put may be merged otherwise by now.
            if self.rank_at(at, merges) == rank {
                self.apply(rank, at, merges);
            }
        }
        let left = self.links.iter().filter(|link| link.length > 0);
        self.tokens
            .extend(left.map(|link| (link.symbol, link.length)));
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "texts of 4 GiB are not counted: requests are bounded far below"
    )]
    fn link(&mut self, symbols: &[Symbol]) {
        let last = symbols.len() - 1;
        self.links.clear();
        self.links
            .extend(symbols.iter().enumerate().map(|(at, &symbol)| Link {
                symbol,
                length: 1,
                previous: at.checked_sub(1).map(|at| at as u32),
                next: (at < last).then_some(at as u32 + 1),
            }));
    }

    /// When a symbol merges with the next.
    fn rank_at(&self, at: usize, merges: &Merges) -> Rank {
        let left = self.links[at];
        match left.next {
            Some(next) if left.length > 0 => {
                merges.rank(left.symbol, self.links[next as usize].symbol)
            }
            _ => NEVER,
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "as above")]
    fn apply(&mut self, rank: Rank, at: usize, merges: &Merges) {
        let Some(next) = self.links[at].next else {
            return;
        };
        let right = self.links[next as usize];
        self.links[next as usize].length = 0;
        let left = &mut self.links[at];
        left.symbol = merges.made(rank);
        left.length += right.length;
        left.next = right.next;
        let previous = left.previous;
        if let Some(after) = right.next {
            self.links[after as usize].previous = Some(at as u32);
        }
        for place in [previous.map(|place| place as usize), Some(at)]
            .into_iter()
            .flatten()
        {
            let rank = self.rank_at(place, merges);
            if rank != NEVER {
                self.heap.push(Reverse((rank, place)));
            }
        }
    }
}
