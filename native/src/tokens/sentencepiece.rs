//! Byte pair encoding as `SentencePiece` does it: Llama 2, Mistral, Gemma, Phi-3.
//!
//! * [`pipeline`]: what becomes of spaces, and the forms in which files say so
//! * [`model`]: the model section of such a file
//! * [`lexicon`]: the vocabulary and the merges as counting needs them; with [`symbols`] while it is
//!   made, [`alphabet`] and [`pairs`] for its tables
//! * [`seams`]: where a text can be cut, and why
//! * [`words`]: cuts found in the bytes of a text, and what was counted before
//! * [`row`]: a text as symbols; [`stretch`]: merging between two cuts; [`long`]: where there are
//!   none
//! * [`taken`]: words that are not merged

mod alphabet;
mod lexicon;
mod long;
mod model;
mod pairs;
mod pipeline;
mod row;
mod seams;
mod stretch;
mod symbols;
mod taken;
mod words;

use std::borrow::Cow;

use super::cache::{Cache, Kind, Memory};
use super::family::{Family, Place, Unsupported};
use super::file::TokenizerFile;
use lexicon::Lexicon;
use model::Model;
use pipeline::{Pipeline, SPACE};
use row::Row;
use stretch::Stretch;
use symbols::Symbols;
use taken::Taken;
use words::Cutter;

/// None: not of this family.
#[must_use]
pub fn recognise(file: &TokenizerFile<'_>) -> Option<Result<Box<dyn Family>, Unsupported>> {
    let pipeline = Pipeline::recognise(file)?;
    let model = Model::read(file.model)?;
    Some(pipeline.and_then(|pipeline| Ok(Box::new(SentencePiece::new(pipeline, &model?)?) as _)))
}

/// A tokenizer of this family.
struct SentencePiece {
    pipeline: Pipeline,
    lexicon: Lexicon,
    cutter: Option<Cutter>,
    taken: Taken,
    cache: Cache,
}

/// Bytes of a stretch of text that is remembered, at least: prompts that begin alike are counted
/// from where they begin to differ.
const REMEMBERED: usize = 1024;

impl SentencePiece {
    fn new(pipeline: Pipeline, model: &Model<'_>) -> Result<Self, Unsupported> {
        let symbols = Symbols::new(model)?;
        let lexicon = Lexicon::new(pipeline, model, &symbols)?;
        Ok(Self {
            pipeline,
            cutter: Cutter::new(&lexicon, &symbols),
            taken: if model.ignore_merges == Some(true) {
                Taken::new(&lexicon, &symbols)
            } else {
                Taken::default()
            },
            lexicon,
            cache: Cache::ready(),
        })
    }

    /// Tokens of a piece, with a `▁` before it if `prefix`.
    fn tokens(&self, prefix: bool, piece: &str, memory: &Memory) -> usize {
        if let Some(cutter) = self.cutter() {
            return self.in_parts(cutter, prefix, piece, memory);
        }
        if !self.pipeline.split {
            return self.word(prefix, piece);
        }
        // Every space begins a word; the one before the piece, if there is one, begins the first.
        let first = piece.find([' ', SPACE]).unwrap_or(piece.len());
        let (first, rest) = piece.split_at_checked(first).unwrap_or((piece, ""));
        let mut tokens = if prefix || !first.is_empty() {
            self.word(prefix, first)
        } else {
            0
        };
        let mut starts = rest
            .match_indices([' ', SPACE])
            .map(|(at, _)| at)
            .peekable();
        while let Some(start) = starts.next() {
            let end = starts.peek().copied().unwrap_or(rest.len());
            tokens += self.word(false, rest.get(start..end).unwrap_or_default());
        }
        tokens
    }

    /// None where a text must not be cut.
    fn cutter(&self) -> Option<&Cutter> {
        self.cutter.as_ref().filter(|_| self.taken.is_empty())
    }

    /// Tokens of what the model gets as one word, symbol by symbol.
    fn word(&self, prefix: bool, word: &str) -> usize {
        if self.taken.has(prefix, word) {
            return 1;
        }
        let mut stretch = Stretch::default();
        let mut row = Row::new(&self.lexicon, &mut stretch);
        if prefix {
            row.character(SPACE);
        }
        row.text(word);
        row.end()
    }

    /// The same for what can be cut, word by word, with what was counted before.
    fn in_parts(
        &self,
        cutter: &Cutter,
        mut prefix: bool,
        mut piece: &str,
        memory: &Memory,
    ) -> usize {
        self.cache.with(|words| {
            let mut tokens = 0;
            loop {
                let end = cutter.part(&self.lexicon, piece, REMEMBERED);
                let (part, rest) = piece.split_at_checked(end).unwrap_or((piece, ""));
                let kind = if prefix { Kind::First } else { Kind::Inner };
                tokens += memory.count(part.as_bytes(), kind, || {
                    cutter.count(&self.lexicon, words, prefix, part)
                });
                if rest.is_empty() {
                    return tokens;
                }
                (prefix, piece) = (false, rest);
            }
        })
    }
}

impl Family for SentencePiece {
    fn normalize<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.pipeline.normalize(text)
    }

    fn remembers(&self) -> bool {
        self.cutter().is_some()
    }

    fn count(&self, text: &str, place: Place, memory: &Memory) -> usize {
        self.tokens(self.pipeline.prefixes(text, place), text, memory)
    }

    fn count_normalized(&self, text: &str, place: Place, memory: &Memory) -> usize {
        self.tokens(self.pipeline.prefixes_normalized(text, place), text, memory)
    }

    fn heap_bytes(&self) -> usize {
        self.lexicon.heap_bytes() + self.taken.heap_bytes() + Cache::BYTES
    }
}
