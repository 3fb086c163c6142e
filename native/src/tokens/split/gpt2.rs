//! GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

use super::Split;
use super::class::{self, LETTERS, NUMBER, REST, SPACE, WHITES};
use super::parts;
use super::window::{self, Window};

/// What `ByteLevel` splits by unless it is told not to.
pub(super) struct Gpt2;

impl Split for Gpt2 {
    #[inline]
    fn end(text: &[u8], at: usize) -> usize {
        let (class, length) = class::at(text, at);
        if class == SPACE {
            let (next, length) = class::at(text, at + 1);
            return match next {
                0 => at + 1,
                _ if next & WHITES != 0 => parts::white_space::<false>(text, at),
                _ => same(text, at + 1 + length, next),
            };
        }
        if class & WHITES != 0 {
            return parts::white_space::<false>(text, at);
        }
        if text.get(at) == Some(&b'\'') {
            if let Some(end) = contraction(text, at) {
                return end;
            }
        }
        same(text, at + length, class)
    }

    #[inline]
    fn pieces(text: &[u8], each: &mut impl FnMut(&[u8], usize, usize)) {
        window::pieces::<Self>(text, starts, each);
    }
}

/// Where pieces begin.
#[inline]
fn starts(window: &Window<'_>) -> u64 {
    let (letters, numbers, whites) = (window.letters, window.numbers, window.whites);
    let rest = window.rest();
    let within = |run: u64| run & run << 1;
    let goes_on = within(letters) | within(numbers) | within(whites) | within(rest);
    // The last of several white spaces stands alone, or before what follows if it is a space.
    let last = whites & !(whites >> 1);
    let starts = (!goes_on | last) & !((last & window.spaces) << 1);
    window.contracted(starts, |[_, second, third]| match (second, third) {
        (b's' | b't' | b'm' | b'd', _) => 2,
        (b'r' | b'v', b'e') | (b'l', b'l') => 3,
        _ => 0,
    })
}

/// The run of what is like its first character, from the second on.
#[inline]
fn same(text: &[u8], from: usize, class: u16) -> usize {
    if class & LETTERS != 0 {
        parts::word(text, from)
    } else if class & NUMBER != 0 {
        class::run(text, from, NUMBER)
    } else {
        class::run(text, from, REST)
    }
}

/// `'s|'t|'re|'ve|'m|'ll|'d`, in lower case only.
#[inline]
fn contraction(text: &[u8], at: usize) -> Option<usize> {
    match (text.get(at + 1)?, text.get(at + 2)) {
        (b's' | b't' | b'm' | b'd', _) => Some(at + 2),
        (b'r' | b'v', Some(b'e')) | (b'l', Some(b'l')) => Some(at + 3),
        _ => None,
    }
}
