//! Where pieces begin in a text of ASCII, for up to 64 bytes at once: a bit for each byte.
//!
//! What follows what decides nearly all of it, and that is a few operations on whole numbers. Byte by
//! byte, the processor guesses wrong about once a word where it ends and what comes next.

use super::Split;
use crate::block::{Block, SIZE};

/// A piece is known to begin at a byte when this one and the next are known.
const AHEAD: usize = 2;

/// With another character than ASCII among the first eight bytes a window is not worth it.
const WIDE: u64 = 0x8080_8080_8080_8080;

/// Bytes that may be read after a window, so that words can be taken by 16 bytes.
const AFTER: usize = 16;

/// ASCII characters from the beginning of a piece on: bit i is byte i.
pub(super) struct Window<'t> {
    pub letters: u64,
    pub numbers: u64,
    /// `\s`, all of it.
    pub whites: u64,
    pub spaces: u64,
    /// `\r` and `\n`.
    pub newlines: u64,
    apostrophes: u64,
    /// Bytes that are known; the bits of others mean nothing.
    length: usize,
    bytes: &'t [u8; SIZE],
}

impl<'t> Window<'t> {
    /// Of the first `known` bytes, as far as they are ASCII.
    #[inline]
    fn new(bytes: &'t [u8; SIZE], known: usize) -> Self {
        let block = Block::new(bytes);
        let spaces = block.equal(b' ');
        let newlines = block.equal(b'\n') | block.equal(b'\r');
        let wide = block.wide();
        Self {
            letters: block.letters(),
            numbers: block.between(b'0', b'9'),
            whites: spaces | block.between(b'\t', b'\r'),
            spaces,
            newlines,
            apostrophes: block.equal(b'\''),
            length: known.min(wide.trailing_zeros() as usize),
            bytes,
        }
    }

    /// What is neither letter nor number nor white space.
    #[inline]
    pub fn rest(&self) -> u64 {
        !(self.letters | self.numbers | self.whites)
    }

    /// `starts` with those of contractions, which begin where a piece with an apostrophe does:
    /// `length` says how many bytes the one has that begins with these.
    #[inline]
    pub fn contracted(&self, mut starts: u64, length: impl Fn([u8; 3]) -> usize) -> u64 {
        let mut found = starts & self.apostrophes;
        while found != 0 {
            let at = found.trailing_zeros() as usize;
            found &= found - 1;
            let bytes = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
            let length = bytes.map_or(0, |bytes| length(*bytes));
            if length != 0 {
                starts &= !(2 << at);
                starts |= 1 << at << length;
            }
        }
        starts
    }

    /// Bits that are right whatever follows the window: those up to the first of the white spaces
    /// at its end, and none of the last few.
    #[inline]
    fn certain(&self) -> u64 {
        let unknown = SIZE - self.length;
        if unknown == SIZE {
            return 0;
        }
        let whites_at_end = (self.whites << unknown).leading_ones() as usize;
        let last = (self.length - whites_at_end).min(self.length.saturating_sub(AHEAD));
        u64::MAX >> (SIZE - 1 - last)
    }
}

/// Gives each piece of a text, as [`Split::pieces`] does.
///
/// `starts` says where in a window pieces begin, of which the first one does at its first byte.
#[inline]
pub(super) fn pieces<S: Split>(
    text: &[u8],
    starts: impl Fn(&Window<'_>) -> u64,
    each: &mut impl FnMut(&[u8], usize, usize),
) {
    let mut at = 0;
    while let Some(window) = text.get(at..).and_then(<[u8]>::first_chunk) {
        at = step::<S>(text, text.len(), at, window, &starts, each);
    }
    // The end once more, with room after it.
    let mut end = [0; 2 * (SIZE + AFTER)];
    let rest = text.get(at..).unwrap_or_default();
    if let Some(place) = end.get_mut(..rest.len()) {
        place.copy_from_slice(rest);
    }
    let mut at = 0;
    while at < rest.len() {
        let Some(window) = end.get(at..).and_then(<[u8]>::first_chunk) else {
            break;
        };
        at = step::<S>(&end, rest.len(), at, window, &starts, each);
    }
}

/// The pieces from `at` on that the window there is enough for, at least one; where the next begins.
#[inline]
fn step<S: Split>(
    text: &[u8],
    length: usize,
    at: usize,
    window: &[u8; SIZE + AFTER],
    starts: impl Fn(&Window<'_>) -> u64,
    each: &mut impl FnMut(&[u8], usize, usize),
) -> usize {
    let near = window.first_chunk().copied().unwrap_or_default();
    let mut ends = if u64::from_le_bytes(near) & WIDE != 0 {
        0
    } else {
        let window = window.first_chunk().unwrap_or(&[0; SIZE]);
        let window = Window::new(window, length - at);
        starts(&window) & window.certain() & !1
    };
    if ends == 0 {
        let end = S::end(text.get(..length).unwrap_or_default(), at);
        each(text, at, end);
        return end;
    }
    // Within the window: there every place is known to have so many bytes after it.
    let mut from = 0;
    while ends != 0 {
        let to = ends.trailing_zeros() as usize;
        ends &= ends - 1;
        each(window, from, to);
        from = to;
    }
    at + from
}
