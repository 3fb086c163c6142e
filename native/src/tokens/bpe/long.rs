//! Words too long to search for the least pair again and again: megabytes of one letter, base64,
//! Chinese without a space.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::merge::Word;
use super::pairs::{NEVER, Pairs, Symbol};

/// Bytes of the longest word that is merged at once.
pub(super) const WINDOW: usize = 128;

/// For words with tokens that such a window cannot hold twice: rows of spaces are the longest ones
/// that vocabularies have, 128 in Qwen's.
const WIDE: usize = 512;

/// Windows whose beginning is taken back before a word is given up for the next way, plus one for
/// every [`PATIENCE_BYTES`] of it.
const PATIENCE: usize = 8;
const PATIENCE_BYTES: usize = 4096;

/// Tokens of a word of any length, in time that grows with it.
pub(super) fn tokens(word: &[u8], pairs: &Pairs) -> usize {
    by_windows::<WINDOW>(word, pairs)
        .or_else(|| by_windows::<WIDE>(word, pairs))
        .unwrap_or_else(|| whole(word, pairs))
}

/// The word is merged window by window. That is exact where every two neighbours `a`, `b` among the
/// tokens merge to just `a`, `b` by themselves: suppose some merge crossed the border of two tokens,
/// and take the first one. Until then each of the two was merged within itself, in the order that it
/// has alone, so that `a` and `b` by themselves would come to the same merge, which they do not.
/// Neighbours within a window pass by the same argument turned round; those where two windows meet
/// are tried. Where they fail, the token before is taken back. None if that happens too often, or
/// the word has longer tokens than the window can hold.
fn by_windows<const N: usize>(word: &[u8], pairs: &Pairs) -> Option<usize> {
    // Tokens that end later are left to the next window: they may change with what follows.
    let margin = N - N / 4;
    let mut begins: Vec<usize> = Vec::with_capacity(word.len() / 3);
    let mut at = 0;
    let mut patience = PATIENCE + word.len() / PATIENCE_BYTES;
    loop {
        let window = word.get(at..word.len().min(at + N))?;
        let is_last = at + window.len() == word.len();
        let found = Word::<N>::new(window, pairs);
        if let Some(&before) = begins.last() {
            let end = found.tokens().nth(1).unwrap_or(window.len());
            let both = word.get(before..at + end)?;
            if both.len() > N {
                return None;
            }
            if !Word::<N>::new(both, pairs).tokens().eq([0, at - before]) {
                patience = patience.checked_sub(1)?;
                at = begins.pop()?;
                continue;
            }
        }
        let limit = if is_last { N } else { margin };
        let (from, ends) = (at, found.tokens().skip(1).chain([window.len()]));
        for (begin, end) in found
            .tokens()
            .zip(ends)
            .take_while(|(_, end)| *end <= limit)
        {
            begins.push(from + begin);
            at = from + end;
        }
        if is_last {
            return Some(begins.len());
        }
        if at == from {
            return None;
        }
    }
}

/// The same with a heap, in n log n.
fn whole(word: &[u8], pairs: &Pairs) -> usize {
    let mut parts = Parts::new(word);
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
    fn new(word: &[u8]) -> Self {
        let parts = word
            .iter()
            .enumerate()
            .map(|(at, &byte)| (Some(byte.into()), at + 1, at.wrapping_sub(1)))
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
