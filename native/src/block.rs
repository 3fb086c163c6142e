//! 64 bytes, asked all at once which of them are of a kind: a bit for each byte.

use wide::{CmpEq, CmpGt, i8x16};

/// Bytes of a block.
pub(crate) const SIZE: usize = 64;

/// Bytes of ASCII as they are, of others below zero.
#[derive(Clone, Copy)]
pub(crate) struct Block([i8x16; SIZE / 16]);

impl Block {
    #[inline]
    pub fn new(bytes: &[u8; SIZE]) -> Self {
        Self([0, 16, 32, 48].map(|from| {
            let lane = bytes.get(from..).and_then(<[u8]>::first_chunk::<16>);
            i8x16::from(lane.map_or([0; 16], |lane| lane.map(|byte| i8::from_le_bytes([byte]))))
        }))
    }

    #[inline]
    pub fn equal(&self, byte: u8) -> u64 {
        self.gather(|lane| lane.cmp_eq(all(byte)))
    }

    /// Those from `first` to `last`, both below 0x7f.
    #[inline]
    pub fn between(&self, first: u8, last: u8) -> u64 {
        self.gather(|lane| between(lane, first, last))
    }

    /// Quotes, backslashes and control characters: what ends a run of text in a string of JSON.
    #[inline]
    pub fn text_ends(&self) -> u64 {
        self.gather(|lane| {
            lane.cmp_eq(all(b'"')) | lane.cmp_eq(all(b'\\')) | between(lane, 0, 0x1f)
        })
    }

    /// ASCII letters.
    #[inline]
    pub fn letters(&self) -> u64 {
        Self(self.0.map(|lane| lane | all(0x20))).between(b'a', b'z')
    }

    /// What is not ASCII.
    #[inline]
    pub fn wide(&self) -> u64 {
        self.gather(|lane| lane)
    }

    /// Those from `first` on, which is not ASCII.
    #[inline]
    pub fn from(&self, first: u8) -> u64 {
        self.gather(|lane| lane & lane.cmp_gt(all(first - 1)))
    }

    /// The highest bit of each byte.
    #[inline]
    fn gather(&self, kind: impl Fn(i8x16) -> i8x16) -> u64 {
        self.0.iter().rev().fold(0, |all, lane| {
            let bits = kind(*lane).move_mask();
            all << 16 | u64::from(u32::from_ne_bytes(bits.to_ne_bytes()))
        })
    }
}

#[inline]
fn between(lane: i8x16, first: u8, last: u8) -> i8x16 {
    lane.cmp_gt(all(first.wrapping_sub(1))) & all(last + 1).cmp_gt(lane)
}

#[inline]
fn all(byte: u8) -> i8x16 {
    i8x16::splat(i8::from_le_bytes([byte]))
}
