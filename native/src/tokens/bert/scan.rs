//! Where an ASCII word ends, sixteen bytes at once.

use super::front::Short;

const ONES: u64 = u64::MAX / 0xff;
const HIGH: u64 = ONES * 0x80;

/// The highest bit of every byte that is an ASCII letter or digit.
///
/// Each byte is added to on its own: with its highest bit taken off, no sum carries into the next.
#[inline]
fn letters_and_digits(bytes: u64) -> u64 {
    let low = bytes & !HIGH;
    let lower = low | (ONES * 0x20);
    let at_least = |byte: u64, from: u8| byte + ONES * u64::from(0x80 - from);
    let letters = at_least(lower, b'a') & !at_least(lower, b'z' + 1);
    let digits = at_least(low, b'0') & !at_least(low, b'9' + 1);
    (letters | digits) & !bytes & HIGH
}

/// ASCII letters and digits at the beginning, 0 to 8.
#[inline]
fn leading(bytes: u64) -> usize {
    let others = !letters_and_digits(bytes) & HIGH;
    (others.trailing_zeros() / 8) as usize
}

/// A whole word of up to seven ASCII letters and digits that the bytes begin with, its length, and
/// whether a space comes after it. None as in [`word_of`].
#[inline]
pub fn short_word_of(bytes: [u8; 8]) -> Option<(Short, usize, bool)> {
    let bytes = u64::from_le_bytes(bytes);
    let length = leading(bytes);
    if length == 0 || length > Short::LIMIT {
        return None;
    }
    let end = bytes >> (8 * length) & 0xff;
    ends(end).then(|| (Short::prefix(bytes, length), length, end == u64::from(b' ')))
}

/// Whether a byte that is no letter or digit ends a word.
#[inline]
fn ends(byte: u64) -> bool {
    (u64::from(b' ')..0x7f).contains(&byte)
}

/// The length of the ASCII word that the bytes begin with: 1 to 15, if it ends within them and
/// nothing beside it can belong to it.
///
/// What ends it is ASCII and visible or a space: no control character, which may be left out and so
/// be no end, and no part of a longer character, which may be a letter or a mark.
#[inline]
pub fn word_of(bytes: &[u8; 16]) -> Option<usize> {
    let both = u128::from_le_bytes(*bytes);
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the lower half, then the upper"
    )]
    let (first, second) = (both as u64, (both >> 64) as u64);
    let mut length = leading(first);
    if length == 8 {
        length += leading(second);
    }
    let end = *bytes.get(length)?;
    (length > 0 && ends(end.into())).then_some(length)
}
