//! From a character to its symbol, and which characters stay together.

#![allow(
    clippy::indexing_slicing,
    reason = "a character has at most 21 bits, so its page number and its place on the page are \
              in bounds, and so are rows and columns of letters that the alphabet gave; this is \
              done for every character"
)]

use super::pairs::Symbol;

/// A symbol of a first row, and its row and column among the [`Joins`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    symbol: Symbol,
    /// Zero, like `column`: it is joined to nothing on that side.
    row: u16,
    column: u16,
}

impl Letter {
    /// What stands for characters without a symbol of their own; for nothing at all, too.
    pub const ABSENT: Self = Self {
        symbol: Symbol::MAX,
        row: 0,
        column: 0,
    };

    /// A symbol that is joined to what the row and the column say.
    #[must_use]
    pub fn new(symbol: Symbol, row: u16, column: u16) -> Self {
        Self {
            symbol,
            row,
            column,
        }
    }

    /// Its symbol; none, if it is absent.
    #[inline]
    #[must_use]
    pub fn symbol(self) -> Symbol {
        self.symbol
    }

    /// Whether it stands for no symbol.
    #[inline]
    #[must_use]
    pub fn is_absent(self) -> bool {
        self.symbol == Symbol::MAX
    }

    /// No merge joins it to anything.
    #[must_use]
    pub fn is_alone(self) -> bool {
        self.row == 0 && self.column == 0
    }
}

/// Which letters may be joined to which, one bit for each pair.
#[derive(Debug, Default)]
pub struct Joins {
    bits: Vec<u64>,
    /// Words of `bits` for each row.
    width: usize,
}

impl Joins {
    /// None are joined yet; row and column 0 stay so.
    #[must_use]
    pub fn new(rows: usize, columns: usize) -> Self {
        let width = columns.div_ceil(64);
        Self {
            bits: vec![0; rows * width],
            width,
        }
    }

    /// Some merge may join the two where they stand side by side.
    #[inline]
    #[must_use]
    pub fn get(&self, left: Letter, right: Letter) -> bool {
        let (row, column) = (usize::from(left.row), usize::from(right.column));
        self.bits[row * self.width + column / 64] >> (column % 64) & 1 != 0
    }

    /// Joins the two.
    pub fn put(&mut self, left: Letter, right: Letter) {
        let (row, column) = (usize::from(left.row), usize::from(right.column));
        self.bits[row * self.width + column / 64] |= 1 << (column % 64);
    }

    /// Heap bytes.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.bits.capacity() * size_of::<u64>()
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
