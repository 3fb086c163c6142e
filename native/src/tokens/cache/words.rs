//! Words of any length.

use super::hash;
use super::packed::Packed;
use super::short::Short;
use super::texts::Texts;
use super::wide::{Pair, Wide};

/// Words of any length and their counts, for one thread.
#[derive(Debug)]
pub struct Words {
    short: Short,
    wide: Wide,
    long: Texts,
}

impl Words {
    /// 64k short words, in 1 MiB: about all that a text in one language has, and half of it in the
    /// second level cache of a core.
    const SHORT: usize = 1 << 16;

    /// 16k words of 16 to 30 bytes, in half a MiB.
    const WIDE: usize = 1 << 14;

    /// Bytes of longer words kept: Chinese without a space.
    const LONG: usize = 1 << 20;

    /// Bytes that a longer word has on average, at least.
    const TYPICAL: usize = 64;

    /// Heap bytes at the limit.
    pub const BYTES: usize = Self::SHORT * size_of::<u128>()
        + Self::WIDE * size_of::<[u128; 2]>()
        + Texts::bytes(Self::LONG, Self::TYPICAL);

    pub(super) fn new() -> Self {
        Self {
            short: Short::for_words(Self::SHORT),
            wide: Wide::for_words(Self::WIDE),
            long: Texts::new(Self::LONG, Self::TYPICAL),
        }
    }

    /// See [`Texts::touch`]; the other tables are filled, and so touched, when they are made.
    pub(super) fn touch_all(&mut self) {
        self.long.touch();
    }

    /// Keeps nothing.
    pub(super) fn none() -> Self {
        Self {
            short: Short::none(),
            wide: Wide::for_words(0),
            long: Texts::none(),
        }
    }

    /// What was put for exactly these bytes.
    #[inline]
    #[must_use]
    pub fn get(&self, word: &[u8]) -> Option<u32> {
        match Packed::new(word) {
            Some(packed) => self.short.get(packed),
            None if word.is_empty() => None,
            None => Pair::new(word)
                .and_then(|pair| self.wide.get(pair))
                .or_else(|| self.long.get(word, hash::of_bytes(word, 0), 0)),
        }
    }

    /// See [`Short::touch`].
    #[inline]
    pub fn touch(&self, places: &[u32]) {
        std::hint::black_box(self.short.touch(places));
    }

    /// The same for a word that is packed already, and whose place is known.
    #[inline]
    #[must_use]
    pub fn get_at(&self, word: Packed, place: u32) -> Option<u32> {
        self.short.get_at(word, place)
    }

    /// The same for a word that is packed already.
    #[inline]
    #[must_use]
    pub fn get_packed(&self, word: Packed) -> Option<u32> {
        self.short.get(word)
    }

    /// Keeps the count of a word that is packed already.
    pub fn put_packed(&mut self, word: Packed, count: u32) {
        self.short.put(word, count);
    }

    /// Keeps the count of a word; not asked for again as long as [`Words::get`] finds it.
    pub fn put(&mut self, word: &[u8], count: u32) {
        match Packed::new(word) {
            Some(packed) => self.short.put(packed, count),
            None if word.is_empty() => {}
            None => {
                let is_put = Pair::new(word).is_some_and(|pair| self.wide.put(pair, count));
                if !is_put {
                    self.long.put(word, hash::of_bytes(word, 0), 0, count);
                }
            }
        }
    }
}
