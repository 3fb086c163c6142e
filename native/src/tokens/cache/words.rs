//! Words of any length.

use super::hash;
use super::packed::Packed;
use super::short::Short;
use super::texts::{Kind, Texts};
use super::tiny::{Tiny, TinyWord};
use super::wide::{Pair, Wide};

/// Words of any length and their counts, for one thread.
#[derive(Debug)]
pub struct Words {
    tiny: Tiny,
    short: Short,
    wide: Wide,
    long: Texts,
}

impl Words {
    /// 32k words of up to 7 bytes that are kept apart, in a quarter of a MiB: half of the second
    /// level cache of a core.
    const TINY: usize = 1 << 15;

    /// 32k words of up to 15 bytes, in half a MiB: about all that a text in one language has. Tiny
    /// ones are here, too, where nobody keeps them apart.
    const SHORT: usize = 1 << 15;

    /// 16k words of 16 to 30 bytes, in half a MiB.
    const WIDE: usize = 1 << 14;

    /// Bytes of longer words kept: Chinese without a space.
    const LONG: usize = 1 << 20;

    /// Bytes that a longer word has on average, at least.
    const TYPICAL: usize = 64;

    /// Heap bytes at the limit.
    pub const BYTES: usize = Self::TINY * size_of::<u64>()
        + Self::SHORT * size_of::<u128>()
        + Self::WIDE * size_of::<[u128; 2]>()
        + Texts::bytes(Self::LONG, Self::TYPICAL);

    pub(super) fn new() -> Self {
        Self {
            tiny: Tiny::for_words(Self::TINY),
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
            tiny: Tiny::none(),
            short: Short::none(),
            wide: Wide::for_words(0),
            long: Texts::none(),
        }
    }

    /// What was put for a tiny word, which is kept apart from what [`Words::get`] finds.
    #[inline]
    #[must_use]
    pub fn get_tiny(&self, word: TinyWord) -> Option<u32> {
        self.tiny.get(word)
    }

    /// Keeps the count of a tiny word.
    pub fn put_tiny(&mut self, word: TinyWord, count: u32) {
        self.tiny.put(word, count);
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
                .or_else(|| self.long.get(word, hash::of_bytes(word, 0), Kind::Inner)),
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
                    self.long
                        .put(word, hash::of_bytes(word, 0), Kind::Inner, count);
                }
            }
        }
    }
}
