//! Strings: finding their end fast, and checking what is inside.

use super::error::{JsonError, Kind, Result};

/// Most keys and words end within this; searching them by words beats setting up SIMD.
const SHORT: usize = 16;
/// Four SSE or two AVX registers: the compiler turns the test of one block into straight SIMD.
const BLOCK: usize = 64;

/// Steps over the string whose opening quote is at `start`.
///
/// Returns the offset after the closing quote, and whether the string holds any escape. Escapes
/// and UTF-8 are checked; a lone surrogate escape passes, because it is legal JSON.
pub(crate) fn skip(body: &[u8], start: usize) -> Result<(usize, bool)> {
    let mut at = start + 1;
    let mut escaped = false;
    loop {
        match body.get(at).copied() {
            Some(b'"') => return Ok((at + 1, escaped)),
            Some(b'\\') => {
                escaped = true;
                at = skip_escape(body, at)?;
            }
            Some(byte) if byte >= 0x80 => at += utf8_sequence(body, at)?,
            Some(byte) if byte < 0x20 => {
                let expected = "control characters in a string to be escaped";
                return Err(JsonError::syntax(expected, Some(byte), at));
            }
            Some(_) => at += run::<true>(body.get(at..).unwrap_or_default()),
            None => {
                let expected = "'\"' at the end of a string";
                return Err(JsonError::syntax(expected, None, at));
            }
        }
    }
}

/// Length of the longest prefix without quote, backslash and control characters; what is not ASCII
/// in it is not checked.
pub(super) fn text_run(rest: &[u8]) -> usize {
    run::<false>(rest)
}

/// Bytes that end a run: quote, backslash, control characters; with `ASCII`, all of non-ASCII.
const fn is_special<const ASCII: bool>(byte: u8) -> bool {
    byte < 0x20 || (ASCII && byte >= 0x80) || byte == b'"' || byte == b'\\'
}

/// Length of the longest prefix without a special byte.
fn run<const ASCII: bool>(rest: &[u8]) -> usize {
    let (head, tail) = rest.split_at(rest.len().min(SHORT));
    if let Some(found) = first_special::<ASCII>(head) {
        return found;
    }
    let clean = tail
        .chunks_exact(BLOCK)
        .take_while(|block| {
            // No early exit inside a block: that is what lets it become SIMD.
            !block
                .iter()
                .fold(false, |hit, byte| hit | is_special::<ASCII>(*byte))
        })
        .count();
    let done = clean * BLOCK;
    let last = tail.get(done..).unwrap_or_default();
    head.len() + done + first_special::<ASCII>(last).unwrap_or(last.len())
}

/// Offset of the first special byte, eight bytes at a time.
fn first_special<const ASCII: bool>(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut rest = bytes;
    while let Some((word, tail)) = rest.split_first_chunk::<8>() {
        let mut marks = mark_stop(u64::from_le_bytes(*word));
        if ASCII {
            marks |= u64::from_le_bytes(*word) & TOPS;
        }
        if marks != 0 {
            return Some(at + marks.trailing_zeros() as usize / 8);
        }
        at += 8;
        rest = tail;
    }
    let last = rest.iter().position(|byte| is_special::<ASCII>(*byte))?;
    Some(at + last)
}

const ONES: u64 = u64::MAX / 0xFF;
const TOPS: u64 = ONES * 0x80;

/// Sets the top bit of each quote, backslash and control character. Bytes above the lowest marked one may be marked wrongly
/// (a borrow runs upwards), so only the lowest mark counts.
const fn mark_stop(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let is_quote = quote.wrapping_sub(ONES) & !quote;
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    (below_space | is_quote | is_backslash) & TOPS
}

/// Steps over the escape whose backslash is at `at`.
fn skip_escape(body: &[u8], at: usize) -> Result<usize> {
    match body.get(at + 1).copied() {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match body.get(at + 2..at + 6) {
            Some(digits) if digits.iter().fold(true, |all, byte| all & is_hex(*byte)) => Ok(at + 6),
            _ => Err(bad_hex(body, at + 2)),
        },
        found => Err(JsonError::syntax(
            "one of \" \\ / b f n r t u after '\\'",
            found,
            at + 1,
        )),
    }
}

/// Without a branch: in escaped text digits and letters alternate at random, and guessing between
/// them cost two thirds of the time.
const fn is_hex(byte: u8) -> bool {
    (byte.wrapping_sub(b'0') < 10) | ((byte | 0x20).wrapping_sub(b'a') < 6)
}

/// Names the first byte from `start` that is no hex digit.
#[cold]
fn bad_hex(body: &[u8], start: usize) -> Box<JsonError> {
    let rest = body.get(start..).unwrap_or_default();
    let good = rest.iter().take_while(|byte| is_hex(**byte)).count();
    let expected = "four hex digits after '\\u'";
    JsonError::syntax(expected, rest.get(good).copied(), start + good)
}

/// Length of the well-formed UTF-8 sequence at `at` (Unicode table 3-7: no overlong forms, no
/// surrogates, nothing above U+10FFFF).
fn utf8_sequence(body: &[u8], at: usize) -> Result<usize> {
    match body.get(at..).unwrap_or_default() {
        [0xC2..=0xDF, 0x80..=0xBF, ..] => Ok(2),
        [0xE0, 0xA0..=0xBF, 0x80..=0xBF, ..]
        | [0xE1..=0xEC | 0xEE..=0xEF, 0x80..=0xBF, 0x80..=0xBF, ..]
        | [0xED, 0x80..=0x9F, 0x80..=0xBF, ..] => Ok(3),
        [0xF0, 0x90..=0xBF, 0x80..=0xBF, 0x80..=0xBF, ..]
        | [0xF1..=0xF3, 0x80..=0xBF, 0x80..=0xBF, 0x80..=0xBF, ..]
        | [0xF4, 0x80..=0x8F, 0x80..=0xBF, 0x80..=0xBF, ..] => Ok(4),
        _ => Err(JsonError::new(
            Kind::Utf8,
            "expected UTF-8 in a string, found an invalid byte sequence",
            at,
            "",
        )),
    }
}
