//! o200k and its like: GPT-4o, Llama 4, Mistral's tekken.
//!
//! ```text
//! [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
//! [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
//! \p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
//! ```

use super::Split;
use super::class::{
    self, CASELESS, LETTERS, LOWER, MARK, NEWLINE, NUMBER, REST, SPACE, UPPER, WHITES,
};
use super::parts;

/// What a word begins with, and what it ends with: letters without case and marks are both.
const HEAD: u16 = UPPER | CASELESS | MARK;
const TAIL: u16 = LOWER | CASELESS | MARK;

/// `DIGITS` are taken at once; CONTRACTIONS end a word.
pub(super) struct O200k<const DIGITS: usize, const CONTRACTIONS: bool>;

impl<const DIGITS: usize, const CONTRACTIONS: bool> Split for O200k<DIGITS, CONTRACTIONS> {
    #[inline]
    fn end(text: &[u8], at: usize) -> usize {
        let (class, length) = class::at(text, at);
        let from = at + length;
        if class & LETTERS != 0 {
            let end = tailed(text, at).unwrap_or_else(|| class::run(text, at, HEAD));
            return with_contraction::<CONTRACTIONS>(text, end);
        }
        if class & NUMBER != 0 {
            return parts::numbers::<DIGITS>(text, at, length);
        }
        let (next, next_length) = class::at(text, from);
        if class != NEWLINE && next & (HEAD | TAIL) != 0 {
            let end = tailed(text, from)
                .or_else(|| tailed(text, at))
                .unwrap_or_else(|| class::run(text, from, HEAD));
            return with_contraction::<CONTRACTIONS>(text, end);
        }
        if class == MARK {
            // A word of its own.
            return with_contraction::<CONTRACTIONS>(text, from);
        }
        if class == SPACE && next & REST != 0 {
            return parts::others(text, from + next_length, REST, b"\r\n/");
        }
        if class & WHITES != 0 {
            return parts::white_space::<true>(text, at);
        }
        parts::others(text, from, REST, b"\r\n/")
    }
}

/// `HEAD*TAIL+`: the engine takes all the head it can, and gives back what it must.
#[inline]
fn tailed(text: &[u8], from: usize) -> Option<usize> {
    let (mut at, mut end) = (from, None);
    loop {
        let (class, length) = class::at(text, at);
        if class & HEAD == 0 {
            return if class & TAIL == 0 {
                end
            } else {
                Some(lower(text, at + length))
            };
        }
        at += length;
        if class & TAIL != 0 {
            // The tail may end here, if none follows the head.
            end = Some(at);
        }
    }
}

/// The end of the tail's run.
#[inline]
fn lower(text: &[u8], from: usize) -> usize {
    class::run(text, from, TAIL)
}

#[inline]
fn with_contraction<const CONTRACTIONS: bool>(text: &[u8], end: usize) -> usize {
    if CONTRACTIONS && text.get(end) == Some(&b'\'') {
        parts::contraction(text, end).unwrap_or(end)
    } else {
        end
    }
}
