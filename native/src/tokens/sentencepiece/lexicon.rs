//! The vocabulary and the merges, as counting needs them: no string is kept.

use super::super::family::Unsupported;
use super::alphabet::{Alphabet, Joins, Letter};
use super::model::Model;
use super::pairs::{Merges, Pairs, RANKS, Symbol};
use super::pipeline::{Pipeline, SPACE};
use super::seams::Seams;
use super::symbols::Symbols;

/// A model, ready to count.
#[derive(Debug)]
pub struct Lexicon {
    /// From characters to symbols; a space is a `▁`, for no pipeline leaves any.
    pub alphabet: Alphabet,
    /// What spells bytes; absent where the vocabulary has no such symbol, or it is not asked for.
    pub bytes: Box<[Letter; 256]>,
    /// What stands for unknown characters; without it they leave nothing.
    pub unknown: Option<Letter>,
    /// Neighbouring unknown characters are one symbol.
    pub fuses: bool,
    /// All merges.
    pub merges: Merges,
    /// Where a text cannot be cut.
    pub joins: Joins,
    /// When the two symbols at such a place merge: a small part of `merges`.
    pub seams: Pairs,
}

impl Lexicon {
    /// From the section of the file.
    ///
    /// # Errors
    ///
    /// The reference does not take it either, or it is not counted exactly here.
    pub fn new(
        pipeline: Pipeline,
        model: &Model<'_>,
        symbols: &Symbols,
    ) -> Result<Self, Unsupported> {
        if model.merges.0.len() >= RANKS as usize {
            return Err(Unsupported("BPE model: too many merges".to_owned()));
        }
        let mut merges = Merges::with_capacity(model.merges.0.len());
        let mut seams = Seams::new(model, symbols);
        let mut joined = String::new();
        for (rank, (left, right)) in model.merges.0.iter().enumerate() {
            joined.clear();
            joined.push_str(left);
            joined.push_str(right);
            let parts = (symbols.get(left), symbols.get(right), symbols.get(&joined));
            let (Some(left), Some(right), Some(made)) = parts else {
                return Err(Unsupported(format!(
                    "merge {rank} is not of the vocabulary"
                )));
            };
            merges.push(left, right, made);
            seams.add(left, right);
        }
        seams.tidy();
        if let (true, Some(space)) = (pipeline.split, symbols.character(SPACE)) {
            seams.cut_before(space);
        }
        let letters = Letters::new(symbols, &seams)?;
        let lexicon = Self {
            alphabet: letters.alphabet(symbols),
            bytes: letters.bytes(symbols, model.byte_fallback == Some(true)),
            unknown: letters.unknown(symbols, model.unk_token.as_deref()),
            fuses: model.fuse_unk == Some(true),
            joins: letters.joins(&seams),
            seams: seams.table(&merges),
            merges,
        };
        if model
            .unk_token
            .as_ref()
            .is_some_and(|token| token.chars().eq([SPACE]))
        {
            // It would be cut off where it stands for something else.
            return Err(Unsupported(
                "unk_token is what stands for a space".to_owned(),
            ));
        }
        // The reference fails at the first unknown character.
        if model.unk_token.is_some() && lexicon.unknown.is_none() && !lexicon.spells_all() {
            return Err(Unsupported("unk_token is not in the vocabulary".to_owned()));
        }
        Ok(lexicon)
    }

    /// Every character has a symbol, or symbols that spell it.
    #[must_use]
    pub fn spells_all(&self) -> bool {
        // The others are in no UTF-8.
        let used = |byte: usize| !matches!(byte, 0xc0 | 0xc1 | 0xf5..);
        self.bytes
            .iter()
            .enumerate()
            .all(|(byte, &letter)| !letter.is_absent() || !used(byte))
    }

    /// Heap bytes.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.alphabet.heap_bytes()
            + size_of::<[Letter; 256]>()
            + self.merges.heap_bytes()
            + self.joins.heap_bytes()
            + self.seams.heap_bytes()
    }
}

/// Bits of the [`Joins`] at most, 16 MiB: half of that is left over if all Chinese characters of
/// the largest vocabulary, 8,000, join all.
const JOINS: usize = 1 << 27;

/// Letters by symbol: those of all strings, though few of them are in a first row.
struct Letters {
    of: Vec<Letter>,
    rows: usize,
    columns: usize,
}

impl Letters {
    fn new(symbols: &Symbols, seams: &Seams) -> Result<Self, Unsupported> {
        let count = symbols.count() as usize;
        let rows = numbers(count, seams.pairs.iter().map(|pair| pair.0))?;
        let columns = numbers(count, seams.pairs.iter().map(|pair| pair.1))?;
        if rows.1 * columns.1 > JOINS {
            return Err(Unsupported("BPE model: too many letters".to_owned()));
        }
        let letters = (0..).zip(rows.0.iter().zip(&columns.0));
        Ok(Self {
            of: letters
                .map(|(symbol, (&row, &column))| Letter::new(symbol, row, column))
                .collect(),
            rows: rows.1,
            columns: columns.1,
        })
    }

    fn joins(&self, seams: &Seams) -> Joins {
        let mut joins = Joins::new(self.rows, self.columns);
        for &(left, right) in &seams.pairs {
            if let (Some(left), Some(right)) = (self.of(Some(left)), self.of(Some(right))) {
                joins.put(left, right);
            }
        }
        joins
    }

    fn of(&self, symbol: Option<Symbol>) -> Option<Letter> {
        self.of.get(symbol? as usize).copied()
    }

    fn alphabet(&self, symbols: &Symbols) -> Alphabet {
        let mut alphabet = Alphabet::default();
        for (string, &letter) in symbols.strings().zip(&self.of) {
            let mut characters = string.chars();
            if let (Some(character), None) = (characters.next(), characters.next()) {
                alphabet.put(character, letter);
            }
        }
        alphabet.put(' ', alphabet.get(SPACE));
        alphabet
    }

    fn bytes(&self, symbols: &Symbols, fallback: bool) -> Box<[Letter; 256]> {
        let mut letters = Box::new([Letter::ABSENT; 256]);
        for (byte, letter) in (0..=u8::MAX).zip(letters.iter_mut()).filter(|_| fallback) {
            *letter = self.of(symbols.byte(byte)).unwrap_or(Letter::ABSENT);
        }
        letters
    }

    fn unknown(&self, symbols: &Symbols, token: Option<&str>) -> Option<Letter> {
        self.of(symbols.get(token?))
    }
}

/// Numbers from 1 for those of `count` symbols that are `used`, 0 for the others; and how many
/// numbers there are.
fn numbers(
    count: usize,
    used: impl Iterator<Item = Symbol>,
) -> Result<(Vec<u16>, usize), Unsupported> {
    let mut numbers = vec![0; count];
    let mut next: u16 = 1;
    for symbol in used {
        if let Some(number @ 0) = numbers.get_mut(symbol as usize) {
            *number = next;
            let more = next.checked_add(1);
            next = more.ok_or_else(|| Unsupported("BPE model: too many letters".to_owned()))?;
        }
    }
    Ok((numbers, usize::from(next)))
}
