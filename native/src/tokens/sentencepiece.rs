//! Byte pair encoding as `SentencePiece` does it: Llama 2, Mistral, Gemma, Phi-3.
//!
//! * [`pipeline`]: what becomes of spaces, and the forms in which files say so
//! * [`model`]: the model section of such a file
//! * [`lexicon`]: the vocabulary and the merges as counting needs them, with [`symbols`] for the
//!   time it is made, [`alphabet`] and [`pairs`] for its tables
//! * [`seams`]: where a text can be cut, and why
//! * [`words`]: cuts seen from the bytes alone, and what was counted before
//! * [`row`]: a text as symbols, cut; [`stretch`]: merging between two cuts; [`long`]: where there
//!   are none

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
mod words;

use std::borrow::Cow;

use super::family::{Family, Place, Unsupported};
use super::file::TokenizerFile;
use super::cache::Cache;
use lexicon::Lexicon;
use model::Model;
use pipeline::{Pipeline, SPACE};
use row::Row;
use stretch::Stretch;
use symbols::Symbols;
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
    cache: Cache,
}

impl SentencePiece {
    fn new(pipeline: Pipeline, model: &Model<'_>) -> Result<Self, Unsupported> {
        let symbols = Symbols::new(model)?;
        let lexicon = Lexicon::new(pipeline, model, &symbols)?;
        Ok(Self {
            pipeline,
            cutter: Cutter::new(&lexicon),
            lexicon,
            cache: Cache::new(),
        })
    }

    fn tokens(&self, prefix: bool, text: &str) -> usize {
        if let Some(cutter) = &self.cutter {
            return self.cache.with(|words| cutter.count(&self.lexicon, words, prefix, text));
        }
        let mut stretch = Stretch::default();
        let mut row = Row::new(&self.lexicon, &mut stretch);
        if prefix {
            row.character(SPACE);
        }
        if self.pipeline.split {
            for c in text.chars() {
                if c == ' ' || c == SPACE {
                    row.end_word();
                }
                row.character(c);
            }
        } else {
            row.text(text);
        }
        row.end()
    }
}

impl Family for SentencePiece {
    fn normalize<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.pipeline.normalize(text)
    }

    fn count(&self, text: &str, place: Place) -> usize {
        self.tokens(self.pipeline.prefixes(text, place), text)
    }

    fn count_normalized(&self, text: &str, place: Place) -> usize {
        self.tokens(self.pipeline.prefixes_normalized(text, place), text)
    }

    fn heap_bytes(&self) -> usize {
        self.lexicon.heap_bytes()
    }
}
