//! Characters as the patterns see them, and runs of them.

use super::super::unicode::onig;

/// A set of classes, a bit each.
pub(super) type Set = u16;

/// Of classes 0 to 8 the numbers are those of [`onig::SIGNS`].
pub(super) const UPPER: Set = 1;
pub(super) const LOWER: Set = 1 << 1;
/// Letters without case, and modifiers.
pub(super) const CASELESS: Set = 1 << 2;
pub(super) const MARK: Set = 1 << 3;
pub(super) const NUMBER: Set = 1 << 4;
const WHITE: Set = 1 << 5;
pub(super) const PUNCTUATION: Set = 1 << 6;
pub(super) const SYMBOL: Set = 1 << 7;
const OTHER: Set = 1 << 8;
/// U+0020 alone, `\r` and `\n` alone: white space that patterns name.
pub(super) const SPACE: Set = 1 << 9;
pub(super) const NEWLINE: Set = 1 << 10;

/// `\p{L}`
pub(super) const LETTERS: Set = UPPER | LOWER | CASELESS;
/// `\s`
pub(super) const WHITES: Set = WHITE | SPACE | NEWLINE;
/// `[^\s\p{L}\p{N}]`
pub(super) const REST: Set = MARK | PUNCTUATION | SYMBOL | OTHER;

/// Sets of the ASCII characters.
static ASCII: [Set; 128] = ascii();

#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "at compile time"
)]
const fn ascii() -> [Set; 128] {
    let mut sets = [OTHER; 128];
    let mut at = 0;
    while at < 128 {
        sets[at] = match at as u8 {
            b' ' => SPACE,
            b'\r' | b'\n' => NEWLINE,
            b'\t' | 0x0b | 0x0c => WHITE,
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' => LOWER,
            b'0'..=b'9' => NUMBER,
            b'$' | b'+' | b'<'..=b'>' | b'^' | b'`' | b'|' | b'~' => SYMBOL,
            0x21..=0x7e => PUNCTUATION,
            _ => OTHER,
        };
        at += 1;
    }
    sets
}

/// The one class of the character at `at`, and its length in bytes; none and 0 at the end.
#[inline]
pub(super) fn at(text: &[u8], at: usize) -> (Set, usize) {
    match text.get(at) {
        None => (0, 0),
        Some(&byte) => match ASCII.get(usize::from(byte)) {
            Some(&set) => (set, 1),
            None => wide(text, at, byte),
        },
    }
}

fn wide(text: &[u8], at: usize, first: u8) -> (Set, usize) {
    let next = |offset: usize| {
        text.get(at + offset)
            .map_or(0, |byte| u32::from(byte & 0x3f))
    };
    let (code, length) = match first {
        0..=0xdf => (u32::from(first & 0x1f) << 6 | next(1), 2),
        0xe0..=0xef => (u32::from(first & 0xf) << 12 | next(1) << 6 | next(2), 3),
        _ => {
            let upper = u32::from(first & 7) << 18 | next(1) << 12;
            (upper | next(2) << 6 | next(3), 4)
        }
    };
    let class = char::from_u32(code).map_or(8, |c| onig::CLASSES.class(c));
    (1 << class, length)
}

/// Where the run of characters in `set` ends that begins at `from`.
#[inline]
pub(super) fn run(text: &[u8], mut from: usize, set: Set) -> usize {
    loop {
        let (class, length) = at(text, from);
        if class & set == 0 {
            return from;
        }
        from += length;
    }
}

const LANES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * LANES;

/// A high bit for each byte that is no ASCII letter.
#[inline]
fn no_letters(bytes: u64) -> u64 {
    let lower = (bytes | (0x20 * LANES)) & !HIGH;
    // The highest bit is set from 'a' on, and from the one after 'z' on.
    let from_a = lower + 0x1f * LANES;
    let past_z = lower + 0x05 * LANES;
    (!from_a | past_z | bytes) & HIGH
}

/// Where the run of letters ends; `set` has all of [`LETTERS`].
///
/// Sixteen bytes a step while they are ASCII: the length of a word is then found without a branch
/// that is guessed wrong once a word.
#[inline]
pub(super) fn letters(text: &[u8], mut from: usize, set: Set) -> usize {
    while let Some(bytes) = text.get(from..).and_then(<[u8]>::first_chunk::<16>) {
        let ends = both(*bytes, no_letters);
        if ends != 0 {
            from += ends.trailing_zeros() as usize / 8;
            return match text.get(from) {
                Some(0x80..) => run(text, from, set),
                _ => from,
            };
        }
        from += 16;
    }
    run(text, from, set)
}

#[inline]
fn both(bytes: [u8; 16], of: impl Fn(u64) -> u64) -> u128 {
    let half = |at: usize| {
        let half = bytes.get(at..).and_then(<[u8]>::first_chunk);
        of(u64::from_le_bytes(half.copied().unwrap_or_default()))
    };
    u128::from(half(8)) << 64 | u128::from(half(0))
}
