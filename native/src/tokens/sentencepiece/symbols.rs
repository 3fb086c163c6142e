//! Strings of the vocabulary by number, while the tables are made.

use super::super::family::Unsupported;
use super::model::Model;
use super::pairs::{ODD, SYMBOLS, Symbol};

/// A symbol is the place of its string in the file: ids say nothing about counts.
///
/// Strings are looked up three times for each merge, a million times in some files, so they are
/// copied to lie side by side: in the file they are spread over megabytes.
#[derive(Debug)]
pub struct Symbols {
    text: String,
    /// Where each string begins, and where the last one ends.
    starts: Vec<usize>,
    /// The upper half of a string's hash above its symbol plus one, where the lower half says or
    /// after that; zeros are free.
    slots: Vec<u64>,
}

impl Symbols {
    /// The vocabulary of a model.
    ///
    /// # Errors
    ///
    /// Two strings have one id: the reference's merges are of ids, so it would take one string for
    /// the other. Or a string is there twice, or is empty.
    pub fn new(model: &Model<'_>) -> Result<Self, Unsupported> {
        let vocabulary = model.vocab.iter();
        let refused = |why: &str| Err(Unsupported(format!("BPE vocabulary: {why}")));
        if vocabulary.len() >= SYMBOLS as usize {
            return refused("over a million strings");
        }
        let mut used = vec![false; SYMBOLS as usize];
        let mut symbols = Self {
            text: String::new(),
            starts: vec![0],
            slots: vec![0; (vocabulary.len() + vocabulary.len() / 3 + 2).next_power_of_two()],
        };
        for (string, id) in vocabulary {
            let Some(used) = usize::try_from(id).ok().and_then(|id| used.get_mut(id)) else {
                return refused("an id over a million");
            };
            if std::mem::replace(used, true) {
                return refused("an id of two strings");
            }
            if string.is_empty() || !symbols.push(string) {
                return refused("a string that is empty or there twice");
            }
        }
        Ok(symbols)
    }

    /// Whether it is new.
    fn push(&mut self, string: &str) -> bool {
        let (at, found) = self.find(string);
        let free = self.slots.get_mut(at).filter(|_| found.is_none());
        free.is_some_and(|slot| {
            *slot = hash(string) & UPPER | self.starts.len() as u64;
            self.text.push_str(string);
            self.starts.push(self.text.len());
            true
        })
    }

    /// The slot of a string, or the one where it would be.
    fn find(&self, string: &str) -> (usize, Option<Symbol>) {
        let hash = hash(string);
        let mask = self.slots.len() - 1;
        let mut at = usize::try_from(hash & !UPPER).unwrap_or(0) & mask;
        loop {
            match self.slots.get(at).copied() {
                None | Some(0) => return (at, None),
                Some(slot) if (slot ^ hash) & UPPER == 0 => {
                    let symbol = symbol_in(slot);
                    if self.string(symbol) == string {
                        return (at, Some(symbol));
                    }
                }
                _ => {}
            }
            at = (at + 1) & mask;
        }
    }

    fn string(&self, symbol: Symbol) -> &str {
        let at = symbol as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(&start), Some(&end)) => self.text.get(start..end).unwrap_or_default(),
            _ => "",
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> Symbol {
        Symbol::try_from(self.starts.len() - 1).unwrap_or(SYMBOLS)
    }

    /// All strings, the symbol of each its place.
    pub fn strings(&self) -> impl Iterator<Item = &str> {
        (0..self.count()).map(|symbol| self.string(symbol))
    }

    /// The symbol of a string.
    #[must_use]
    pub fn get(&self, string: &str) -> Option<Symbol> {
        self.find(string).1
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

const UPPER: u64 = !0 << 32;

#[allow(clippy::cast_possible_truncation, reason = "the lower half is meant")]
fn symbol_in(slot: u64) -> Symbol {
    slot as u32 - 1
}

/// A file is no attacker: it could as well be a slow one.
fn hash(string: &str) -> u64 {
    let mut hash = string.len() as u64;
    let mut steps = string.as_bytes().chunks_exact(8);
    let mut mix = |number: u64| hash = (hash.rotate_left(5) ^ number).wrapping_mul(ODD);
    for step in &mut steps {
        mix(step
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | u64::from(byte)));
    }
    let rest = steps.remainder().iter().rev();
    mix(rest.fold(0, |number, &byte| number << 8 | u64::from(byte)));
    hash ^ hash >> 29
}
