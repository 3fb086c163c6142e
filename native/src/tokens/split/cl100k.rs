//! cl100k and its like: GPT-4, Llama 3, Qwen.
//!
//! ```text
//! (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//! ```

use super::Split;
use super::class::{self, LETTERS, MARK, NEWLINE, NUMBER, REST, SPACE, Set, WHITES};
use super::parts;

/// `DIGITS` are taken at once; with `MARKS` the words are `[\p{L}\p{M}]+`, and what is neither is
/// without marks.
pub(super) struct Cl100k<const DIGITS: usize, const MARKS: bool>;

impl<const DIGITS: usize, const MARKS: bool> Cl100k<DIGITS, MARKS> {
    const WORD: Set = if MARKS { LETTERS | MARK } else { LETTERS };
    const REST: Set = REST & !Self::WORD;
}

impl<const DIGITS: usize, const MARKS: bool> Split for Cl100k<DIGITS, MARKS> {
    #[inline]
    fn end(text: &[u8], at: usize) -> usize {
        let (class, length) = class::at(text, at);
        if class & LETTERS != 0 {
            return class::letters(text, at + length, Self::WORD);
        }
        if class & NUMBER != 0 {
            return parts::numbers::<DIGITS>(text, at, length);
        }
        let from = at + length;
        let (next, next_length) = class::at(text, from);
        if next & Self::WORD != 0 && class != NEWLINE {
            if text.get(at) == Some(&b'\'') {
                if let Some(end) = parts::contraction(text, at) {
                    return end;
                }
            }
            return class::letters(text, from + next_length, Self::WORD);
        }
        if class == SPACE && next & Self::REST != 0 {
            return parts::others(text, from + next_length, Self::REST, b"\r\n");
        }
        if class & WHITES != 0 {
            return parts::white_space::<true>(text, at);
        }
        if class & Self::WORD != 0 {
            // A mark that no word goes on from.
            return from;
        }
        parts::others(text, from, Self::REST, b"\r\n")
    }
}
