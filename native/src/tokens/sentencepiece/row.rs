//! A text as its first row of symbols, cut wherever no merge joins two of them.

use super::alphabet::Letter;
use super::lexicon::Lexicon;
use super::pipeline::SPACE;
use super::stretch::Stretch;

/// Counts a text's tokens, character by character.
pub struct Row<'l> {
    lexicon: &'l Lexicon,
    stretch: &'l mut Stretch,
    last: Letter,
    /// An unknown character was met, and its symbol is not yet in the row.
    unknown: bool,
    tokens: usize,
}

impl<'l> Row<'l> {
    /// An empty text.
    pub fn new(lexicon: &'l Lexicon, stretch: &'l mut Stretch) -> Self {
        stretch.clear();
        Self {
            lexicon,
            stretch,
            last: Letter::ABSENT,
            unknown: false,
            tokens: 0,
        }
    }

    /// The next character.
    #[inline]
    pub fn character(&mut self, character: char) {
        let letter = self.lexicon.alphabet.get(character);
        if letter.is_absent() {
            return self.absent(character);
        }
        if self.unknown {
            self.end_unknown();
        }
        self.push(letter);
    }

    /// The next characters.
    #[inline]
    pub fn text(&mut self, text: &str) {
        text.chars().for_each(|character| self.character(character));
    }

    /// Ends a word: nothing is joined to what follows.
    pub fn end_word(&mut self) {
        self.end_unknown();
        self.cut();
    }

    /// Tokens of all words.
    pub fn end(mut self) -> usize {
        self.end_word();
        self.tokens
    }

    /// A character without a symbol of its own: its bytes, if all of them have one.
    ///
    /// The symbol for unknown characters waits for the next character that has a symbol, and bytes
    /// in between do not end its waiting: so they come to stand before it. That is what the
    /// reference does.
    #[cold]
    #[inline(never)]
    fn absent(&mut self, character: char) {
        let character = if character == ' ' { SPACE } else { character };
        let mut buffer = [0; 4];
        let bytes = character.encode_utf8(&mut buffer).bytes();
        let letter = |byte| self.lexicon.bytes.get(usize::from(byte)).copied();
        let letters = bytes.map(|byte| letter(byte).unwrap_or(Letter::ABSENT));
        if !letters.clone().any(Letter::is_absent) {
            letters.for_each(|letter| self.push(letter));
        } else if self.lexicon.unknown.is_some() {
            if !self.lexicon.fuses {
                self.end_unknown();
            }
            self.unknown = true;
        }
    }

    fn end_unknown(&mut self) {
        if let (true, Some(letter)) = (self.unknown, self.lexicon.unknown) {
            self.push(letter);
        }
        self.unknown = false;
    }

    #[inline]
    fn push(&mut self, letter: Letter) {
        let (left, symbol) = (self.last, letter.symbol());
        if self.lexicon.joins.get(left, letter) {
            let rank = self.lexicon.seams.rank(left.symbol(), symbol);
            self.stretch.push(rank, symbol);
        } else {
            self.cut();
            self.stretch.start(symbol);
        }
        self.last = letter;
    }

    #[inline]
    fn cut(&mut self) {
        self.tokens += self.stretch.take(&self.lexicon.merges);
        self.last = Letter::ABSENT;
    }
}
