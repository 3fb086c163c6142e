//! Characters of two and three bytes as the symbols that a word can begin with instead of their
//! bytes.

use std::collections::HashMap;

use super::pairs::{NEVER, Pairs, SYMBOL_BITS, Symbol};
use super::sides::{Bytes, Sides, bit};
use super::trees::Trees;

/// The symbol of a character, and above it the place of its [`Beside`]. [`OPEN`] where its bytes
/// must stand for it.
type Entry = u32;
const OPEN: Entry = 0;

/// Bytes that a character is closed after, and those that it is closed before.
type Beside = [Bytes; 2];

/// As many different ones as an entry has bits for; characters with others stay open.
const BESIDES: Entry = 1 << (Entry::BITS - SYMBOL_BITS);

/// Those that merge within themselves first, whatever stands beside them.
///
/// Where the two sides of every merge come from merges before it, a word is merged in the order of
/// ranks: when one of rank `q` is done, all that could be done of lower ranks is. A token is closed
/// on its left if of each smaller symbol `s` that it begins with while it is made, every merge that
/// has `s` on its right side has a higher rank than the one that takes `s` into the token: then `s`
/// is gone when that could be done. Those merges are enough whose left side ends with the byte that
/// stands before. On its right likewise. A token closed on both sides is made in every word that has
/// it there. So where a character is such a token, merging may begin with that.
pub(super) struct Characters {
    /// By code point, of those below U+10000; empty if the merges are not in such an order.
    entries: Vec<Entry>,
    besides: Vec<Beside>,
    /// First bytes of which one in [`SELDOM`] characters is there, or more; for fewer, looking each
    /// of them up costs more than it saves.
    firsts: [bool; 256],
}

/// GPT-2's file has dozens of Chinese characters, none of Korean, and most of Japanese kana.
const SELDOM: usize = 64;

impl Characters {
    /// Of left, right and product of each merge.
    pub fn new(merges: &[[Symbol; 3]], pairs: &Pairs) -> Self {
        let mut this = Self {
            entries: Vec::new(),
            besides: Vec::new(),
            firsts: [false; 256],
        };
        if Trees::new(merges).is_some() {
            let sides = Sides::new(merges);
            let mut places = HashMap::new();
            this.entries = (0..0x1_0000)
                .map(|point| {
                    let character = char::from_u32(point).filter(|one| !one.is_ascii());
                    let found = character.and_then(|one| closed(one, pairs, &sides));
                    found.map_or(OPEN, |(symbol, beside)| {
                        let place = *places.entry(beside).or_insert(this.besides.len());
                        let Some(bits) = Entry::try_from(place).ok().filter(|at| *at < BESIDES)
                        else {
                            return OPEN;
                        };
                        if place == this.besides.len() {
                            this.besides.push(beside);
                        }
                        symbol | bits << SYMBOL_BITS
                    })
                })
                .collect();
            this.firsts = this.useful();
        }
        this
    }

    /// See [`Characters::firsts`].
    fn useful(&self) -> [bool; 256] {
        let mut first = 0_u8;
        [(); 256].map(|()| {
            let points = match first {
                0xc2..=0xdf => point([first & 0x1f, 0x80])..point([first & 0x1f, 0xbf]),
                0xe0..=0xef => point([first & 0xf, 0x80, 0x80])..point([first & 0xf, 0xbf, 0xbf]),
                _ => None..None,
            };
            first = first.wrapping_add(1);
            let (Some(from), Some(to)) = (points.start, points.end) else {
                return false;
            };
            let all = self.entries.get(from..=to).unwrap_or_default();
            let there = all.iter().filter(|entry| **entry != OPEN).count();
            SELDOM * there >= all.len() && there > 0
        })
    }

    /// Whether a word may have one.
    #[inline]
    pub fn may_be_in(&self, word: &[u8]) -> bool {
        let is_first = |byte: &u8| self.firsts.get(usize::from(*byte)) == Some(&true);
        word.iter().any(is_first)
    }

    /// Puts the symbols that a word begins with into `symbols`, as many as that holds; how many.
    #[inline]
    pub fn begin<const N: usize>(&self, word: &[u8], symbols: &mut [Symbol; N]) -> usize {
        let mut count = 0;
        let mut add = |symbol: Symbol| {
            if let Some(place) = symbols.get_mut(count) {
                *place = symbol;
                count += 1;
            }
        };
        let (mut rest, mut before) = (word, None);
        while let Some((&first, after_first)) = rest.split_first() {
            let (point, length) = match *rest {
                [0xc2..=0xdf, second, ..] => (point([first & 0x1f, second]), 2),
                [0xe0..=0xef, second, third, ..] => (point([first & 0xf, second, third]), 3),
                _ => (None, 1),
            };
            let after = rest.get(length).copied();
            if let Some(symbol) = point.and_then(|at| self.closed(at, before, after)) {
                add(symbol);
                before = rest.get(length - 1).copied();
                rest = rest.get(length..).unwrap_or_default();
            } else {
                add(first.into());
                (rest, before) = (after_first, Some(first));
            }
        }
        count
    }

    /// The symbol of a character between two bytes, if it is closed there.
    #[inline]
    fn closed(&self, point: usize, before: Option<u8>, after: Option<u8>) -> Option<Symbol> {
        let entry = *self.entries.get(point).filter(|entry| **entry != OPEN)?;
        let [closed_after, closed_before] = self.besides.get((entry >> SYMBOL_BITS) as usize)?;
        let is_closed =
            |bytes: &Bytes, byte: Option<u8>| byte.is_none_or(|byte| bytes >> bit(byte) & 1 == 1);
        (is_closed(closed_after, before) && is_closed(closed_before, after))
            .then_some(entry & ((1 << SYMBOL_BITS) - 1))
    }

    pub fn heap_bytes(&self) -> usize {
        size_of_val(&self.entries[..]) + size_of_val(&self.besides[..])
    }
}

/// The code point of bytes that have lost the mark of the first; None if others are no
/// continuation.
#[inline]
fn point<const N: usize>(bytes: [u8; N]) -> Option<usize> {
    let (first, rest) = bytes.split_first()?;
    rest.iter().try_fold(usize::from(*first), |point, byte| {
        (byte & 0xc0 == 0x80).then_some(point << 6 | usize::from(byte & 0x3f))
    })
}

/// The symbol of a character of two or three bytes, and where it is closed; None if it has several
/// or is closed nowhere.
fn closed(character: char, pairs: &Pairs, sides: &Sides<'_>) -> Option<(Symbol, Beside)> {
    let mut utf8 = [0; 4];
    let bytes = |left, right| {
        let rank = pairs.rank_of_bytes(left, right);
        (rank, made(rank, pairs))
    };
    let symbol = match *character.encode_utf8(&mut utf8).as_bytes() {
        [x, y] => bytes(x, y).1,
        [x, y, z] => {
            let ((left_rank, left), (right_rank, right)) = (bytes(x, y), bytes(y, z));
            let rank = if left_rank <= right_rank {
                pairs.rank(left?, z.into())
            } else {
                pairs.rank(x.into(), right?)
            };
            made(rank, pairs)
        }
        _ => None,
    }?;
    let beside = [sides.closed_after(symbol), sides.closed_before(symbol)];
    (beside != [0; 2]).then_some((symbol, beside))
}

/// What merges of this rank make; None if none have it.
fn made(rank: u32, pairs: &Pairs) -> Option<Symbol> {
    (rank != NEVER).then(|| pairs.product(rank))
}
