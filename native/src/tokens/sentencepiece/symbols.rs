//! Strings of the vocabulary by number, while the tables are made.

use std::collections::HashMap;

use super::super::family::Unsupported;
use super::model::Model;
use super::pairs::{SYMBOLS, Symbol};

/// A symbol is the place of its string in the file: ids say nothing about counts.
#[derive(Debug)]
pub struct Symbols<'m> {
    strings: Vec<&'m str>,
    of: HashMap<&'m str, Symbol>,
}

impl<'m> Symbols<'m> {
    /// The vocabulary of a model.
    ///
    /// # Errors
    ///
    /// Two strings have one id: the reference's merges are of ids, so it would take one string for
    /// the other. Or a string is there twice, or is empty.
    pub fn new(model: &'m Model<'_>) -> Result<Self, Unsupported> {
        let vocabulary = &model.vocab.0;
        let refused = |why: &str| Err(Unsupported(format!("BPE vocabulary: {why}")));
        let mut used = vec![false; SYMBOLS as usize];
        let mut strings = Vec::with_capacity(vocabulary.len());
        let mut of = HashMap::with_capacity(vocabulary.len());
        for (place, (string, id)) in vocabulary.iter().enumerate() {
            let (Some(symbol), Some(used)) = (
                Symbol::try_from(place)
                    .ok()
                    .filter(|_| place + 1 < SYMBOLS as usize),
                usize::try_from(*id).ok().and_then(|id| used.get_mut(id)),
            ) else {
                return refused("an id over a million");
            };
            if std::mem::replace(used, true) {
                return refused("an id of two strings");
            }
            if string.is_empty() || of.insert(&**string, symbol).is_some() {
                return refused("a string that is empty or there twice");
            }
            strings.push(&**string);
        }
        Ok(Self { strings, of })
    }

    /// All strings; the place is the symbol.
    #[must_use]
    pub fn strings(&self) -> &[&'m str] {
        &self.strings
    }

    /// The symbol of a string.
    #[must_use]
    pub fn get(&self, string: &str) -> Option<Symbol> {
        self.of.get(string).copied()
    }

    /// The symbol that spells a byte.
    #[must_use]
    pub fn byte(&self, byte: u8) -> Option<Symbol> {
        self.get(&format!("<0x{byte:02X}>"))
    }

    /// The symbol of a character.
    #[must_use]
    pub fn character(&self, character: char) -> Option<Symbol> {
        self.get(character.encode_utf8(&mut [0; 4]))
    }
}
