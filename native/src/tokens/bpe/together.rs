//! The tokens of short words, several of them merged side by side.
//!
//! Each merge of a word waits for the one before it: for the least key, then for memory. Another
//! word's need not wait, and the processor does what does not wait, as long as it need not guess:
//! so a merge has no branch in it.

#![allow(
    clippy::indexing_slicing,
    reason = "the hottest loop; places are masked to the size of the arrays"
)]

use wide::f32x4;

use super::super::cache::Packed;
use super::characters::Characters;
use super::pairs::{NEVER, NOTHING, Pairs, Symbol};

/// Words side by side: as many as the processor has in view at once.
const ROWS: usize = 4;

/// Places of a row. A word has no more than 15 symbols; after the last one, and in the last place,
/// which counts as the one before the first, is [`NOTHING`].
const PLACES: usize = 32;
const MASK: usize = PLACES - 1;
const PLACE_BITS: u32 = PLACES.trailing_zeros();

/// When the symbol at a place merges with the next one: rank above, place below. The least one is
/// the next to merge.
///
/// The same bits are taken for a `f32`, which every processor finds the least of, four at once;
/// those of numbers above zero have the same order.
type Key = u32;
const NUMBER: Key = 1 << 28;
const NONE: Key = key(NEVER, 0);

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "a place has 5 bits")]
const fn key(rank: u32, place: usize) -> Key {
    NUMBER | rank << PLACE_BITS | place as Key
}

/// The tokens of each word, told in any order as `each(place, tokens)`; none of them is empty.
pub(super) fn counts(
    words: &[Packed],
    characters: &Characters,
    pairs: &Pairs,
    mut each: impl FnMut(usize, u32),
) {
    let mut rows = [const { Row::EMPTY }; ROWS];
    let mut waiting = words.iter().enumerate();
    // The rows with words, as many of the first ones.
    let (mut order, mut busy) = ([0, 1, 2, 3], 0);
    for (row, (place, word)) in rows.iter_mut().zip(&mut waiting) {
        row.begin(place, *word, characters, pairs);
        busy += 1;
    }
    while busy > 0 {
        let mut at = 0;
        while at < busy {
            let row = &mut rows[order[at % ROWS] % ROWS];
            if row.merge(pairs) {
                at += 1;
                continue;
            }
            each(row.word, row.tokens());
            if let Some((place, word)) = waiting.next() {
                row.begin(place, *word, characters, pairs);
            } else {
                busy -= 1;
                order.swap(at % ROWS, busy % ROWS);
            }
        }
    }
}

/// A word on its way to its tokens.
struct Row {
    /// Which one it is.
    word: usize,
    symbols: [Symbol; PLACES],
    keys: [Key; PLACES],
    /// A bit for each place where a symbol begins, and for the one after the word.
    begins: u32,
}

impl Row {
    const EMPTY: Self = Self {
        word: 0,
        symbols: [NOTHING; PLACES],
        keys: [NONE; PLACES],
        begins: 0,
    };

    fn begin(&mut self, place: usize, word: Packed, characters: &Characters, pairs: &Pairs) {
        let (bytes, length) = word.unpack();
        let word = bytes.get(..length).unwrap_or_default();
        self.word = place;
        self.keys = [NONE; PLACES];
        let length = if !word.is_ascii() && characters.may_be_in(word) {
            let length = characters.begin(word, &mut self.symbols);
            for at in 1..length {
                let rank = pairs.rank(self.symbols[at - 1], self.symbols[at]);
                self.keys[at - 1] = key(rank, at - 1);
            }
            length
        } else {
            for (symbol, &byte) in self.symbols.iter_mut().zip(word) {
                *symbol = byte.into();
            }
            for (at, pair) in word.windows(2).enumerate() {
                self.keys[at] = key(pairs.rank_of_bytes(pair[0], pair[1]), at);
            }
            length
        };
        self.symbols[length & MASK] = NOTHING;
        self.begins = (2 << length) - 1;
    }

    /// Does the next merge; false if there is none.
    #[inline]
    fn merge(&mut self, pairs: &Pairs) -> bool {
        let first = least(&self.keys);
        if first >= NONE {
            return false;
        }
        let at = first as usize & MASK;
        let symbol = pairs.product((first ^ NUMBER) >> PLACE_BITS);
        let after_at = self.begins & (!1 << at);
        let right = after_at.trailing_zeros() as usize & MASK;
        let after = (after_at & after_at.wrapping_sub(1)).trailing_zeros() as usize & MASK;
        let before_at = self.begins & !(!0 << at);
        let before = 31_usize.wrapping_sub(before_at.leading_zeros() as usize) & MASK;
        self.begins &= !(1 << right);
        self.keys[right] = NONE;
        self.symbols[at] = symbol;
        self.keys[at] = key(pairs.rank(symbol, self.symbols[after]), at);
        self.keys[before] = key(pairs.rank(self.symbols[before], symbol), before);
        true
    }

    /// Symbols that are left.
    fn tokens(&self) -> u32 {
        self.begins.count_ones() - 1
    }
}

/// The least key of a word's places.
#[inline]
fn least(keys: &[Key; PLACES]) -> Key {
    let four = |from: usize| {
        let keys = [0, 1, 2, 3].map(|at| f32::from_bits(keys[from + at]));
        f32x4::from(keys)
    };
    let least = four(0)
        .fast_min(four(4))
        .fast_min(four(8).fast_min(four(12)));
    let lesser = |a: f32, b: f32| if a < b { a } else { b };
    let [a, b, c, d] = least.to_array();
    lesser(lesser(a, b), lesser(c, d)).to_bits()
}
