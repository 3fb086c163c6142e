//! From a character to its symbol.

#![allow(
    clippy::indexing_slicing,
    reason = "a character has at most 21 bits, so its page number and its place on the page are \
              in bounds; this is done for every character"
)]

use super::pairs::Symbol;

/// A symbol that stands for a character, and whether merges can join it to its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter(u32);

impl Letter {
    /// A character without a symbol of its own.
    pub const ABSENT: Self = Self(Self::SYMBOL);

    const SYMBOL: u32 = 0x00ff_ffff;
    const JOINS_NEXT: u32 = 1 << 30;
    const JOINS_PREVIOUS: u32 = 1 << 29;

    /// A symbol that no merge joins to anything.
    #[must_use]
    pub fn new(symbol: Symbol) -> Self {
        Self(symbol & Self::SYMBOL)
    }

    /// Some merge joins it to what follows.
    #[must_use]
    pub fn joining_next(self) -> Self {
        Self(self.0 | Self::JOINS_NEXT)
    }

    /// Some merge joins it to what stands before.
    #[must_use]
    pub fn joining_previous(self) -> Self {
        Self(self.0 | Self::JOINS_PREVIOUS)
    }

    /// Its symbol.
    #[inline]
    #[must_use]
    pub fn symbol(self) -> Symbol {
        self.0 & Self::SYMBOL
    }

    /// No merge joins it to anything.
    #[must_use]
    pub fn never_joins_any(self) -> bool {
        self.0 & (Self::JOINS_NEXT | Self::JOINS_PREVIOUS) == 0
    }

    /// Whether a look at the seams can be left out: merges never join the two.
    #[inline]
    #[must_use]
    pub fn never_joins(self, next: Self) -> bool {
        self.0 & Self::JOINS_NEXT == 0 || next.0 & Self::JOINS_PREVIOUS == 0
    }
}

/// The letters of all characters, in pages of 256: most pages are the one without any.
#[derive(Debug)]
pub struct Alphabet {
    index: Box<[u16; PAGES]>,
    pages: Vec<[Letter; 256]>,
}

/// Pages that cover all characters.
const PAGES: usize = 0x11_0000 >> 8;

impl Default for Alphabet {
    fn default() -> Self {
        Self {
            index: Box::new([0; PAGES]),
            pages: vec![[Letter::ABSENT; 256]],
        }
    }
}

impl Alphabet {
    /// The character's letter.
    #[inline]
    #[must_use]
    pub fn get(&self, character: char) -> Letter {
        let code = character as usize;
        self.pages[usize::from(self.index[code >> 8])][code & 255]
    }

    /// Puts or replaces a character's letter.
    pub fn put(&mut self, character: char, letter: Letter) {
        let code = character as usize;
        let page = &mut self.index[code >> 8];
        if *page == 0 {
            // 4352 pages at most, and one more: fits in 16 bits.
            *page = u16::try_from(self.pages.len()).unwrap_or(0);
            self.pages.push([Letter::ABSENT; 256]);
        }
        self.pages[usize::from(*page)][code & 255] = letter;
    }

    /// Heap bytes.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        PAGES * size_of::<u16>() + self.pages.capacity() * size_of::<[Letter; 256]>()
    }
}
