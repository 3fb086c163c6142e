//! Patterns applied one after the other: each splits the pieces of the one before.

use super::super::unicode::onig;
use super::class::{self, LETTERS, MARK, NEWLINE, NUMBER, PUNCTUATION, SPACE, SYMBOL, WHITES};
use super::{Split, parts};

/// Numbers apart, one by one with `EACH` and else run by run; what is between them by `S`.
///
/// Both `Digits` and `Split` by `\p{N}`: `DIGITS` says which, since `Digits` knows numbers that the
/// regex engine does not.
pub(super) struct Numbers<const EACH: bool, const DIGITS: bool, S>(S);

impl<const EACH: bool, const DIGITS: bool, S: Split> Split for Numbers<EACH, DIGITS, S> {
    fn end(text: &[u8], at: usize) -> usize {
        S::end(text, at)
    }

    #[inline]
    fn pieces(text: &[u8], each: &mut impl FnMut(&[u8], usize, usize)) {
        let mut at = 0;
        while at < text.len() {
            let end = run_of(text, at, |text, at| !is_number::<DIGITS>(text, at));
            sub::<S>(text, at, end, each);
            at = end;
            let end = if EACH {
                at + class::at(text, at).1
            } else {
                run_of(text, at, is_number::<DIGITS>)
            };
            sub::<S>(text, at, end, each);
            at = end;
        }
    }
}

#[inline]
fn is_number<const DIGITS: bool>(text: &[u8], at: usize) -> bool {
    class::at(text, at).0 == NUMBER
        || DIGITS
            && matches!(text.get(at), Some(0xf0..))
            && character(text, at)
                .is_some_and(|c| onig::LATER_NUMBERS.iter().any(|range| range.contains(&c)))
}

/// Three numbers at a time apart, then Chinese and Japanese, and then by a pattern of its own:
///
/// ```text
/// \p{N}{1,3}
/// [一-龥぀-ゟ゠-ヿ]+
/// [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
/// ```
pub(super) struct DeepSeek;

impl Split for DeepSeek {
    #[inline]
    fn pieces(text: &[u8], each: &mut impl FnMut(&[u8], usize, usize)) {
        let mut at = 0;
        while at < text.len() {
            let (class, length) = class::at(text, at);
            let end = if class == NUMBER {
                parts::numbers::<3>(text, at, length)
            } else if is_east_asian(text, at) {
                run_of(text, at, is_east_asian)
            } else {
                run_of(text, at, |text, at| {
                    class::at(text, at).0 != NUMBER && !is_east_asian(text, at)
                })
            };
            sub::<Self>(text, at, end, each);
            at = end;
        }
    }

    #[inline]
    fn end(text: &[u8], at: usize) -> usize {
        const WORD: u16 = LETTERS | MARK;
        const SIGNS: u16 = PUNCTUATION | SYMBOL;
        let (class, length) = class::at(text, at);
        let from = at + length;
        if class & WORD != 0 {
            return class::letters(text, from, WORD);
        }
        if class & SIGNS != 0 {
            let word = ascii_letters(text, from);
            return if length == 1 && word > from {
                word
            } else {
                parts::others(text, from, SIGNS, b"\r\n")
            };
        }
        let (next, next_length) = class::at(text, from);
        if next & WORD != 0 && class != NEWLINE {
            return class::letters(text, from + next_length, WORD);
        }
        if class == SPACE && next & SIGNS != 0 {
            return parts::others(text, from + next_length, SIGNS, b"\r\n");
        }
        if class & WHITES != 0 {
            return parts::white_space::<true>(text, at);
        }
        unmatched(text, from)
    }
}

/// Where the pattern matches again: what it does not match is a piece, too.
fn unmatched(text: &[u8], mut at: usize) -> usize {
    loop {
        let (class, length) = class::at(text, at);
        let (next, _) = class::at(text, at + length);
        let unmatched = WHITES | LETTERS | MARK | PUNCTUATION | SYMBOL;
        if class == 0 || class & unmatched != 0 || next & (LETTERS | MARK) != 0 {
            return at;
        }
        at += length;
    }
}

fn ascii_letters(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_alphabetic) {
        at += 1;
    }
    at
}

fn is_east_asian(text: &[u8], at: usize) -> bool {
    matches!(text.get(at), Some(0xe3..=0xe9))
        && matches!(character(text, at), Some('一'..='龥' | '\u{3040}'..='ヿ'))
}

/// The characters from `at` for which `is` holds.
#[inline]
fn run_of(text: &[u8], mut at: usize, is: impl Fn(&[u8], usize) -> bool) -> usize {
    while at < text.len() && is(text, at) {
        at += class::at(text, at).1;
    }
    at
}

/// Pieces of a part by the last of the patterns.
#[inline]
fn sub<S: Split>(text: &[u8], from: usize, to: usize, each: &mut impl FnMut(&[u8], usize, usize)) {
    let part = text.get(from..to).unwrap_or_default();
    let mut at = 0;
    while at < part.len() {
        let end = S::end(part, at);
        each(part, at, end);
        at = end;
    }
}

/// The character that begins at `at`.
fn character(text: &[u8], at: usize) -> Option<char> {
    let bytes = text.get(at..text.len().min(at + 4))?;
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().next(),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to())?;
            std::str::from_utf8(valid).ok()?.chars().next()
        }
    }
}
