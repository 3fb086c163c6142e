//! Unigram: T5, ALBERT, XLM-R and their like.
//!
//! * `normalizer`: charsmap, quotation marks, case and accents, runs of spaces
//! * `pre_tokenizer`: where words begin and end
//! * `model`: the best way to spell a word with pieces, and how many they are

mod base64;
mod chars;
mod charsmap;
mod clusters;
mod folding;
mod model;
mod normalizer;
mod pre_tokenizer;
mod spaces;
mod trie;
mod vocabulary;

use std::borrow::Cow;

use self::model::{Model, Paths};
use self::normalizer::Normalizer;
use self::pre_tokenizer::{MARK, PreTokenizer, Prepend};
use self::vocabulary::Vocabulary;
use super::cache::{Cache, Memory, Packed, Words};
use super::family::{Family, Place, Unsupported};
use super::file::TokenizerFile;

/// A file of this family.
#[derive(Debug)]
struct Unigram {
    normalizer: Normalizer,
    pre_tokenizer: PreTokenizer,
    model: Model,
    /// Tokens of words that have a mark.
    cache: Cache,
    /// Tokens of a mark alone.
    mark: usize,
}

/// None: not of this family.
#[must_use]
pub fn recognise(file: &TokenizerFile<'_>) -> Option<Result<Box<dyn Family>, Unsupported>> {
    let vocabulary = match Vocabulary::read(file.model)? {
        Ok(vocabulary) => vocabulary,
        Err(unsupported) => return Some(Err(unsupported)),
    };
    let unigram = Unigram::new(file, &vocabulary);
    Some(unigram.map(|unigram| Box::new(unigram) as Box<dyn Family>))
}

impl Unigram {
    fn new(file: &TokenizerFile<'_>, vocabulary: &Vocabulary<'_>) -> Result<Self, Unsupported> {
        let normalizer = Normalizer::read(&file.normalizer)?;
        let pre_tokenizer = PreTokenizer::read(&file.pre_tokenizer)?;
        let first = pre_tokenizer.prepend == Prepend::First;
        if first && (pre_tokenizer.white_space || !normalizer.keeps_the_beginning()) {
            // The reference goes by where a word was before it was normalised.
            return Err(Unsupported(
                "Unigram: prepend_scheme first behind parts that take the beginning away"
                    .to_owned(),
            ));
        }
        let model = Model::new(vocabulary)?;
        let mark = model.count(MARK.as_bytes(), &mut model.paths());
        Ok(Self {
            normalizer,
            pre_tokenizer,
            model,
            cache: Cache::ready(),
            mark,
        })
    }

    /// Tokens of a word with a mark, which is the beginning of `text`.
    #[inline]
    fn marked(
        &self,
        text: &[u8],
        length: usize,
        words: &mut Words,
        scratch: &mut Scratch,
    ) -> usize {
        if length == 0 {
            return self.mark;
        }
        let word = text.get(..length).unwrap_or_default();
        // Quicker than packing a word of unknown length: cutting it out of 16 bytes.
        let packed = match text.first_chunk() {
            Some(chunk) if length <= Packed::LIMIT => Some(Packed::prefix(chunk, length)),
            _ => Packed::new(word),
        };
        let known = match packed {
            Some(packed) => words.get_packed(packed),
            None => words.get(word),
        };
        if let Some(known) = known {
            return known as usize;
        }
        let tokens = self.spelled(word, scratch);
        match u32::try_from(tokens) {
            Ok(tokens) if length <= CACHED => words.put(word, tokens),
            _ => {}
        }
        tokens
    }

    /// The same, counted.
    fn spelled(&self, word: &[u8], scratch: &mut Scratch) -> usize {
        scratch.sentence.clear();
        scratch.sentence.extend_from_slice(MARK.as_bytes());
        scratch.sentence.extend_from_slice(word);
        self.model.count(&scratch.sentence, &mut scratch.paths)
    }
}

/// Bytes of the longest word that is remembered: what is longer is seldom seen again, in scripts
/// without spaces most of all.
const CACHED: usize = 64;

/// Room that is used again from word to word.
struct Scratch {
    sentence: Vec<u8>,
    paths: Paths,
}

impl Family for Unigram {
    fn normalize<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.normalizer.apply(text)
    }

    fn count(&self, text: &str, place: Place, memory: &Memory) -> usize {
        self.count_normalized(&self.normalizer.apply(text), place, memory)
    }

    fn count_normalized(&self, text: &str, place: Place, _memory: &Memory) -> usize {
        let mut scratch = Scratch {
            sentence: Vec::new(),
            paths: self.model.paths(),
        };
        self.cache.with(|words| {
            let mut tokens = 0;
            self.pre_tokenizer
                .words(text, place, |rest, length, is_marked| {
                    tokens += if is_marked {
                        self.marked(rest, length, words, &mut scratch)
                    } else {
                        let word = rest.get(..length).unwrap_or_default();
                        self.model.count(word, &mut scratch.paths)
                    };
                });
            tokens
        })
    }

    fn heap_bytes(&self) -> usize {
        self.normalizer.heap_bytes() + self.model.heap_bytes() + Cache::BYTES
    }
}
