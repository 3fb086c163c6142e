//! The first GPT: byte pair encoding of BERT's words, characters first, `</w>` at their ends.

mod file;
mod joins;
mod merge;
mod merges;

use self::file::File;
use self::joins::Joins;
use self::merge::Merger;
use self::merges::Merges;
use super::bert::{self, Bert};
use super::family::{Family, Unsupported};
use super::file::TokenizerFile;

/// None: not of this family.
#[must_use]
pub fn recognise(file: &TokenizerFile<'_>) -> Option<Result<Box<dyn Family>, Unsupported>> {
    let switches = bert::switches_of(file)?;
    if !file::is_bpe(file.model.get()) {
        return None;
    }
    Some(Bpe::read(file.model.get()).map(|model| {
        let family: Box<dyn Family> = Box::new(Bert::new(switches, model));
        family
    }))
}

/// The tokens of a character; None if the vocabulary has none.
#[derive(Clone, Copy, Debug, Default)]
struct Symbol {
    inside: Option<u32>,
    at_end: Option<u32>,
}

/// Characters, and the pairs of tokens that become one.
pub struct Bpe {
    ascii: [Symbol; 128],
    /// The others, in order.
    others: Vec<(char, Symbol)>,
    unknown: Option<u32>,
    /// Unknown characters in a row are one token.
    fuse_unknown: bool,
    merges: Merges,
    /// None if the token for unknown characters is merged like others.
    joins: Option<Joins>,
}

impl Bpe {
    fn read(model: &str) -> Result<Self, Unsupported> {
        let file = File::read(model)?;
        let mut bpe = Self {
            ascii: [Symbol::default(); 128],
            others: Vec::new(),
            unknown: file.unknown()?,
            fuse_unknown: file.fuse_unk,
            merges: file.merges()?,
            joins: file.joins()?,
        };
        let mut symbols: Vec<(char, Symbol)> = file.characters().collect();
        symbols.sort_by_key(|&(c, _)| c);
        for (c, symbol) in symbols {
            let known = match (bpe.ascii.get_mut(c as usize), bpe.others.last_mut()) {
                (Some(ascii), _) => ascii,
                (None, Some((last, known))) if *last == c => known,
                _ => {
                    bpe.others.push((c, symbol));
                    continue;
                }
            };
            known.inside = known.inside.or(symbol.inside);
            known.at_end = known.at_end.or(symbol.at_end);
        }
        bpe.others.shrink_to_fit();
        Ok(bpe)
    }

    #[inline]
    fn symbol(&self, c: char) -> Symbol {
        if let Some(&symbol) = self.ascii.get(c as usize) {
            return symbol;
        }
        self.others
            .binary_search_by_key(&c, |&(known, _)| known)
            .ok()
            .and_then(|at| self.others.get(at))
            .map_or_else(Symbol::default, |&(_, symbol)| symbol)
    }

    /// The tokens that the merging begins with, each with the character it stands for; of several
    /// that are one token, the first.
    #[inline]
    fn characters(&self, word: &str, mut each: impl FnMut(char, u32)) {
        let mut after_unknown = false;
        let mut chars = word.chars();
        while let Some(c) = chars.next() {
            let symbol = self.symbol(c);
            let token = if chars.as_str().is_empty() {
                symbol.at_end
            } else {
                symbol.inside
            };
            if let Some(token) = token {
                each(c, token);
            } else if let Some(unknown) = self.unknown {
                if !(after_unknown && self.fuse_unknown) {
                    each(c, unknown);
                }
            } // Without a token for the unknown, the reference leaves the character out.
            after_unknown = token.is_none();
        }
    }

    /// Tokens of a long word, cut where no merge ever joins two characters.
    fn in_parts(&self, word: &str, joins: &Joins, merger: &mut Merger) -> usize {
        let mut count = 0;
        let mut last = None;
        self.characters(word, |c, token| {
            if !last.is_some_and(|last| joins.may(last, c)) {
                count += merger.merge(&self.merges);
                merger.tokens.clear();
            }
            merger.tokens.push(token);
            last = Some(c);
        });
        count + merger.merge(&self.merges)
    }
}

/// Bytes of the longest word that is not cut into parts: few of them have any.
const SHORT: usize = 32;

impl bert::Model for Bpe {
    type Scratch = Merger;

    fn count(&self, word: &str, merger: &mut Merger) -> usize {
        merger.tokens.clear();
        if let (Some(joins), SHORT..) = (&self.joins, word.len()) {
            return self.in_parts(word, joins, merger);
        }
        self.characters(word, |_, token| merger.tokens.push(token));
        merger.merge(&self.merges)
    }

    fn counts_every_character(&self) -> bool {
        self.unknown.is_some()
    }

    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.others) + self.merges.heap_bytes() + size_of::<Joins>()
    }
}
