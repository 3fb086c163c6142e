//! cl100k and its like: GPT-4, Llama 3, Qwen.
//!
//! ```text
//! (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//! ```

use super::Split;
use super::class::{self, LETTERS, MARK, NEWLINE, NUMBER, REST, SPACE, Set, WHITES};
use super::parts;
use super::window::{self, Window};

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
    #[inline]
    fn pieces(text: &[u8], each: &mut impl FnMut(&[u8], usize, usize)) {
        window::pieces::<Self>(text, starts::<DIGITS>, each);
    }
}

/// Where pieces begin: the same with marks, of which ASCII has none.
#[inline]
fn starts<const DIGITS: usize>(window: &Window<'_>) -> u64 {
    let (whites, newlines) = (window.whites, window.newlines);
    let blanks = whites & !newlines;
    let rest = window.rest();
    let first = |run: u64| run & !(run << 1);
    // Words have the character before them, unless that goes on another piece.
    let joined = blanks | first(rest) & !(window.spaces << 1);
    let words = first(window.letters) & !(joined << 1);
    let signs = first(rest) & !(window.spaces << 1);
    // White space ends with its last line end; of the blanks after that the last one is a piece
    // of its own, or before what follows. Line ends after signs belong to them.
    let spaces = first(whites) & !(newlines & rest << 1);
    let indents = first(blanks) & newlines << 1;
    let last = blanks & !(whites >> 1);
    let starts = words | signs | numbers::<DIGITS>(window.numbers) | spaces | last;
    let starts = starts | indents;
    // Unless another line end follows them: what is before that is known, at least.
    let line_ends = blanks.wrapping_add(indents) & !blanks & newlines;
    let known = match line_ends & line_ends.wrapping_neg() {
        0 => u64::MAX,
        line_end => below_highest(indents & (line_end - 1)),
    };
    let starts = window.contracted(starts, |[_, second, third]| {
        match (second | 0x20, third | 0x20) {
            (b's' | b't' | b'm' | b'd', _) => 2,
            (b'r' | b'v', b'e') | (b'l', b'l') => 3,
            _ => 0,
        }
    });
    starts & known
}

/// All bits below the highest one that is set.
#[inline]
fn below_highest(bits: u64) -> u64 {
    (1 << 63 >> bits.leading_zeros()) - 1
}

/// Where numbers begin, of up to `DIGITS` digits each.
#[inline]
fn numbers<const DIGITS: usize>(digits: u64) -> u64 {
    if DIGITS == 1 {
        return digits;
    }
    let mut starts = digits & !(digits << 1);
    let mut more = starts;
    while more != 0 {
        more = (0..DIGITS).fold(more << DIGITS, |more, back| more & digits << back);
        starts |= more;
    }
    starts
}
