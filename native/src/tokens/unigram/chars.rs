//! What a charsmap does with each character, known before it is looked up.

#![allow(
    clippy::indexing_slicing,
    reason = "in the hot loop; every index is cut to the length of its array"
)]

use super::charsmap::{Keys, Step};
use super::clusters::joins;
use crate::tokens::unicode::graphemes::GRAPHEMES;

/// The bits of a character's class; see `unicode::graphemes`.
pub const CLASS: u8 = 0x1F;
/// A key is all of the character or a beginning of it.
pub const MAPPED: u8 = 0x20;
/// Keys begin with the character and go on.
pub const OPENS: u8 = 0x40;
/// It may be joined to its neighbours.
const JOINS: u8 = 0x80;
/// What cannot be passed over.
pub const STOPS: u8 = MAPPED | JOINS;

const BLOCK: usize = 256;

/// Flags and class of every character, in two stages.
#[derive(Debug)]
pub struct Chars {
    index: Vec<u16>,
    blocks: Vec<[u8; BLOCK]>,
    ascii: [u8; 128],
}

impl Chars {
    /// Of a charsmap with these keys.
    pub fn of(keys: &Keys) -> Self {
        let mut chars = Self {
            index: GRAPHEMES.index.iter().map(|at| u16::from(*at)).collect(),
            blocks: GRAPHEMES.blocks.to_vec(),
            ascii: [0; 128],
        };
        for what in chars.blocks.iter_mut().flatten() {
            if joins(*what) {
                *what |= JOINS;
            }
        }
        let shared = chars.blocks.len();
        let start = keys.start().unwrap_or(0);
        for (first, shape) in SHAPES
            .iter()
            .flat_map(|shape| shape.firsts.clone().map(move |first| (first, shape)))
        {
            let code = u32::from(first & shape.bits);
            chars.explore(
                keys,
                keys.step(start, first),
                code,
                shape.more,
                shape.least,
                shared,
            );
        }
        let first = chars.index.first().map_or(0, |block| usize::from(*block));
        if let Some((ascii, _)) = chars.blocks[first].split_first_chunk() {
            chars.ascii = *ascii;
        }
        chars
    }

    /// Flags every character that begins like this: `code` so far, and `more` bytes to come.
    fn explore(
        &mut self,
        keys: &Keys,
        step: Step,
        code: u32,
        more: u32,
        least: u32,
        shared: usize,
    ) {
        match step {
            Step::Dead => {}
            Step::Alive(_) if more == 0 => self.flag(code, OPENS, least, shared),
            Step::Alive(at) => {
                for low in 0..0x40 {
                    let step = keys.step(at, 0x80 | low);
                    let code = code << 6 | u32::from(low);
                    self.explore(keys, step, code, more - 1, least, shared);
                }
            }
            Step::Ends(_) => {
                let first = code << (6 * more);
                for code in first..first + (1 << (6 * more)) {
                    self.flag(code, MAPPED, least, shared);
                }
            }
        }
    }

    fn flag(&mut self, code: u32, flag: u8, least: u32, shared: usize) {
        let (Ok(block), low) = (usize::try_from(code >> 8), (code & 0xFF) as usize) else {
            return;
        };
        if code < least {
            return;
        }
        let Some(index) = self.index.get_mut(block) else {
            return;
        };
        // The blocks of the table are shared: a block that is written to becomes its own.
        if usize::from(*index) < shared {
            let Some(copy) = self.blocks.get(usize::from(*index)).copied() else {
                return;
            };
            let Ok(at) = u16::try_from(self.blocks.len()) else {
                return;
            };
            self.blocks.push(copy);
            *index = at;
        }
        if let Some(block) = self.blocks.get_mut(usize::from(*index)) {
            block[low] |= flag;
        }
    }

    /// Flags and class of the character at `at`; None at the end of the text.
    #[inline]
    pub fn at(&self, text: &str, at: usize) -> Option<u8> {
        let bytes = text.as_bytes().get(at..)?;
        match bytes.first() {
            None => None,
            Some(&byte) if byte < 0x80 => self.ascii.get(usize::from(byte)).copied(),
            Some(_) => Some(self.wide(bytes).0),
        }
    }

    /// The first character from `at` on that has one of these flags, and all of its own.
    #[inline]
    pub fn find(&self, text: &str, mut at: usize, flags: u8) -> Option<(usize, u8)> {
        let bytes = text.as_bytes();
        while let Some(&byte) = bytes.get(at) {
            let (what, length) = if byte < 0x80 {
                (self.ascii[usize::from(byte & 0x7F)], 1)
            } else {
                self.wide(bytes.get(at..).unwrap_or_default())
            };
            if what & flags != 0 {
                return Some((at, what));
            }
            at += length;
        }
        None
    }

    /// Of the character of more than one byte at the beginning of `bytes`, with its length.
    #[inline]
    fn wide(&self, bytes: &[u8]) -> (u8, usize) {
        let low = |byte: &u8| u32::from(byte & 0x3F);
        let (code, length) = match bytes {
            [a @ 0..0xE0, b, ..] => ((u32::from(*a) & 0x1F) << 6 | low(b), 2),
            [a @ 0xE0..0xF0, b, c, ..] => ((u32::from(*a) & 0x0F) << 12 | low(b) << 6 | low(c), 3),
            [a, b, c, d, ..] => {
                let high = (u32::from(*a) & 0x07) << 18 | low(b) << 12;
                (high | low(c) << 6 | low(d), 4)
            }
            // Never: the bytes are those of a text.
            _ => (0, 1),
        };
        let block = self.index.get((code >> 8) as usize);
        let block = block.and_then(|block| self.blocks.get(usize::from(*block)));
        (
            block.map_or(0, |block| block[(code & 0xFF) as usize]),
            length,
        )
    }

    /// Heap bytes.
    pub fn heap_bytes(&self) -> usize {
        2 * self.index.capacity() + BLOCK * self.blocks.capacity()
    }
}

/// Characters of one length: their first bytes, the bits of them that are part of the code, the
/// bytes that follow, and the least code that is spelled that long.
struct Shape {
    firsts: std::ops::RangeInclusive<u8>,
    bits: u8,
    more: u32,
    least: u32,
}

const SHAPES: [Shape; 4] = [
    Shape {
        firsts: 0x01..=0x7F,
        bits: 0x7F,
        more: 0,
        least: 0,
    },
    Shape {
        firsts: 0xC2..=0xDF,
        bits: 0x1F,
        more: 1,
        least: 0x80,
    },
    Shape {
        firsts: 0xE0..=0xEF,
        bits: 0x0F,
        more: 2,
        least: 0x800,
    },
    Shape {
        firsts: 0xF0..=0xF4,
        bits: 0x07,
        more: 3,
        least: 0x1_0000,
    },
];
