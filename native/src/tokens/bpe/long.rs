//! Words too long to search for the least pair again and again: megabytes of one letter, base64,
//! Chinese without a space.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::merge::Word;
use super::pairs::{NEVER, Pairs, Symbol};

/// Bytes that are merged at once.
pub(super) const WINDOW: usize = 128;

/// Bytes at the end of a window whose tokens are left to the next: they may change with what
/// follows.
const MARGIN: usize = 32;

/// Windows whose beginning is taken back before a word is merged as a whole, plus one for every
/// [`PATIENCE_BYTES`] of it.
const PATIENCE: usize = 8;
const PATIENCE_BYTES: usize = 4096;

/// Tokens of a word of any length, in time that grows with it.
///
/// The word is merged window by window. That is exact where every two neighbours `a`, `b` among the
/// tokens merge to just `a`, `b` by themselves: suppose some merge crossed the border of two tokens,
/// and take the first one. Until then each of the two was merged within itself, in the order that it
/// has alone, so that `a` and `b` by themselves would come to the same merge, which they do not.
/// Neighbours within a window pass by the same argument turned round; those where two windows meet
/// are tried. Where they fail, the token before is taken back; where that does not help, the word
/// has longer tokens than windows, and is merged as a whole.
pub(super) fn tokens(word: &[u8], symbols: &[Symbol; 256], pairs: &Pairs) -> usize {
    let merged = |word: &[u8]| Word::<WINDOW>::new(word, symbols, pairs);
    // Where the tokens begin that are certain, as long as no later one takes them back.
    let mut begins: Vec<usize> = Vec::with_capacity(word.len() / 3);
    let mut at = 0;
    let mut patience = PATIENCE + word.len() / PATIENCE_BYTES;
    loop {
        let window = word
            .get(at..word.len().min(at + WINDOW))
            .unwrap_or_default();
        let is_last = at + window.len() == word.len();
        let found = merged(window);
        let mut ends = found.tokens().skip(1).chain([window.len()]);
        if let (Some(&before), Some(end)) = (begins.last(), ends.next()) {
            let both = word.get(before..at + end).unwrap_or_default();
            let parted = both.len() <= WINDOW && merged(both).tokens().eq([0, at - before]);
            if !parted {
                if patience == 0 {
                    return whole(word, symbols, pairs);
                }
                patience -= 1;
                begins.pop();
                at = before;
                continue;
            }
        }
        let limit = if is_last { WINDOW } else { WINDOW - MARGIN };
        let from = at;
        for (begin, end) in found
            .tokens()
            .zip(found.tokens().skip(1).chain([window.len()]))
        {
            if end > limit {
                break;
            }
            begins.push(from + begin);
            at = from + end;
        }
        if is_last {
            return begins.len();
        }
        if at == from {
            return whole(word, symbols, pairs);
        }
    }
}

/// The same with a heap, in n log n.
fn whole(word: &[u8], symbols: &[Symbol; 256], pairs: &Pairs) -> usize {
    let mut parts = Parts::new(word, symbols);
    let mut heap: BinaryHeap<Reverse<(u32, usize)>> = (0..word.len())
        .filter_map(|at| parts.rank(at, pairs).map(|rank| Reverse((rank, at))))
        .collect();
    let mut tokens = word.len();
    while let Some(Reverse((rank, at))) = heap.pop() {
        // One of the two may have merged with another since.
        if parts.rank(at, pairs) != Some(rank) {
            continue;
        }
        let before = parts.merge(at, pairs.product(rank));
        tokens -= 1;
        for at in [Some(at), before].into_iter().flatten() {
            if let Some(rank) = parts.rank(at, pairs) {
                heap.push(Reverse((rank, at)));
            }
        }
    }
    tokens
}

/// Symbols of a word in a list linked both ways, those merged into another one gone from it.
struct Parts {
    /// Symbol, the next one's place, the previous one's.
    parts: Vec<(Option<Symbol>, usize, usize)>,
}

impl Parts {
    fn new(word: &[u8], symbols: &[Symbol; 256]) -> Self {
        let symbol = |byte: u8| symbols.get(usize::from(byte)).copied();
        let parts = word
            .iter()
            .enumerate()
            .map(|(at, &byte)| (symbol(byte), at + 1, at.wrapping_sub(1)))
            .collect();
        Self { parts }
    }

    /// When the symbol at a place merges with the next one.
    fn rank(&self, at: usize, pairs: &Pairs) -> Option<u32> {
        let (left, next, _) = *self.parts.get(at)?;
        let (right, ..) = *self.parts.get(next)?;
        Some(pairs.rank(left?, right?)).filter(|rank| *rank != NEVER)
    }

    /// Merges the symbol with the next one; the place of the one before.
    fn merge(&mut self, at: usize, product: Symbol) -> Option<usize> {
        let (_, next, before) = *self.parts.get(at)?;
        let right = self.parts.get_mut(next)?;
        right.0 = None;
        let after = right.1;
        *self.parts.get_mut(at)? = (Some(product), after, before);
        if let Some(after) = self.parts.get_mut(after) {
            after.2 = at;
        }
        (before < at).then_some(before)
    }
}
