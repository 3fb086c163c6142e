//! BERT's words: its normaliser and its splitting as one pass over a text.
//!
//! * [`rules`]: what becomes of every character under the switches of a file
//! * [`normalize`]: the normaliser step by step, for what the pass cannot decide
//! * [`scan`]: where an ASCII word ends, many bytes at once
//! * [`front`]: the short words of English, before all other memory
//!
//! The pass cuts the text as it stands, before any normalising, at the characters that separate
//! words whatever is beside them: white space, punctuation, Chinese. Between two of them lies a
//! stretch whose count depends on nothing outside, so it is remembered under its raw bytes, and only
//! a stretch seen for the first time is normalised.

mod front;
mod normalize;
mod rules;
mod scan;

use std::borrow::Cow;
use std::sync::OnceLock;

use serde::Deserialize;

use self::front::{Front, Short};
use self::rules::{Kind, Rules};
use super::cache::{Cache, Memory, Packed, Words};
use super::family::{Family, Place};
use super::file::TokenizerFile;

/// The switches of a `BertNormalizer`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "four independent switches, as the file has them"
)]
pub struct Switches {
    /// Control characters are left out, and all white space becomes a plain space.
    pub clean_text: bool,
    /// Chinese characters are given spaces around them.
    pub handle_chinese_chars: bool,
    /// NFD, then nonspacing marks are left out. None: if `lowercase`.
    pub strip_accents: Option<bool>,
    /// Lower case, character by character.
    pub lowercase: bool,
}

impl Switches {
    /// Accents are taken away.
    #[must_use]
    pub fn strips(self) -> bool {
        self.strip_accents.unwrap_or(self.lowercase)
    }
}

/// The switches of a file with BERT's normaliser and its splitting, and nothing besides.
#[must_use]
pub fn switches_of(file: &TokenizerFile<'_>) -> Option<Switches> {
    /// The part as the file has it.
    #[derive(Deserialize)]
    #[serde(tag = "type", deny_unknown_fields)]
    #[allow(clippy::struct_excessive_bools, reason = "as in `Switches`")]
    enum Normalizer {
        BertNormalizer {
            clean_text: bool,
            handle_chinese_chars: bool,
            strip_accents: Option<bool>,
            lowercase: bool,
        },
    }
    if file.pre_tokenizer != serde_json::json!({"type": "BertPreTokenizer"}) {
        return None;
    }
    let Normalizer::BertNormalizer {
        clean_text,
        handle_chinese_chars,
        strip_accents,
        lowercase,
    } = Normalizer::deserialize(&file.normalizer).ok()?;
    Some(Switches {
        clean_text,
        handle_chinese_chars,
        strip_accents,
        lowercase,
    })
}

/// What counts the tokens of one word.
pub trait Model: Send + Sync {
    /// What a model writes on while it counts; kept from word to word.
    type Scratch: Default;

    /// Tokens of a word, which is normalised and not empty.
    fn count(&self, word: &str, scratch: &mut Self::Scratch) -> usize;

    /// A word of one character is one token, whichever it is.
    fn counts_every_character(&self) -> bool;

    /// Heap bytes held.
    fn heap_bytes(&self) -> usize;
}

/// BERT's words, counted by a model.
pub struct Bert<M> {
    switches: Switches,
    raw: Pass,
    /// Only the splitting, for pieces that are normalised already.
    normalized: OnceLock<Pass>,
    model: M,
}

/// One way to see a text, and the counts that were found in it.
struct Pass {
    rules: Rules,
    front: Front,
    cache: Cache,
}

impl Pass {
    fn new(switches: Switches) -> Self {
        Self {
            rules: Rules::new(switches),
            front: Front::new(),
            cache: Cache::ready(),
        }
    }
}

/// Buffers of one count.
struct Scratch<S> {
    word: String,
    text: String,
    model: S,
}

/// Bytes of the longest stretch that is remembered: beyond it are no words, and few repeat.
const REMEMBERED: usize = 128;

impl<M: Model> Bert<M> {
    /// Words of a file with these switches, counted by `model`.
    pub fn new(switches: Switches, model: M) -> Self {
        Self {
            switches,
            raw: Pass::new(switches),
            normalized: OnceLock::new(),
            model,
        }
    }

    fn pass(&self, pass: &Pass, text: &str) -> usize {
        let mut scratch = Scratch {
            word: String::new(),
            text: String::new(),
            model: M::Scratch::default(),
        };
        pass.cache
            .with(|words| self.walk(pass, text, words, &mut scratch))
    }

    /// Tokens of a text: the loop that everything hot is in.
    fn walk(
        &self,
        Pass { rules, front, .. }: &Pass,
        text: &str,
        words: &mut Words,
        scratch: &mut Scratch<M::Scratch>,
    ) -> usize {
        let every = self.model.counts_every_character();
        let bytes = text.as_bytes();
        let mut total = 0;
        let mut at = 0;
        while let Some(&first) = bytes.get(at) {
            if let Some((count, length)) = known_short_word(bytes, at, front) {
                total += count;
                at += length;
                continue;
            }
            match rules.of_byte(first) {
                Kind::Space => at += 1,
                Kind::Alone if every => {
                    total += 1;
                    at += 1;
                }
                _ => {
                    if let Some((count, length)) = known_ascii_word(bytes, at, words, front) {
                        total += count;
                        at += length;
                        continue;
                    }
                    let cut = rules.cut(text.get(at..).unwrap_or_default());
                    if !cut.stretch.is_empty() {
                        total += self.remembered(rules, cut.stretch, words, scratch);
                    }
                    match cut.by {
                        Some((Kind::Alone, _)) if every => total += 1,
                        Some((Kind::Alone, lone)) => {
                            total += self.step_by_step(rules, lone, scratch);
                        }
                        _ => {}
                    }
                    at = text.len() - cut.after.len();
                }
            }
        }
        total
    }

    fn remembered(
        &self,
        rules: &Rules,
        stretch: &str,
        words: &mut Words,
        scratch: &mut Scratch<M::Scratch>,
    ) -> usize {
        if stretch.len() > REMEMBERED {
            return self.stretch(rules, stretch, scratch);
        }
        if let Some(known) = words.get(stretch.as_bytes()) {
            return known as usize;
        }
        let count = self.stretch(rules, stretch, scratch);
        if let Ok(count) = u32::try_from(count) {
            words.put(stretch.as_bytes(), count);
        }
        count
    }

    /// Tokens of what lies between two separators.
    fn stretch(&self, rules: &Rules, stretch: &str, scratch: &mut Scratch<M::Scratch>) -> usize {
        scratch.word.clear();
        if !rules.word(stretch, &mut scratch.word) {
            return self.step_by_step(rules, stretch, scratch);
        }
        if scratch.word.is_empty() {
            return 0;
        }
        self.model.count(&scratch.word, &mut scratch.model)
    }

    fn step_by_step(&self, rules: &Rules, text: &str, scratch: &mut Scratch<M::Scratch>) -> usize {
        scratch.text.clear();
        normalize::normalize(text, rules.switches(), &mut scratch.text);
        normalize::words(&scratch.text)
            .map(|word| self.model.count(word, &mut scratch.model))
            .sum()
    }
}

/// The count of the short ASCII word at this place, and its length with a space behind it; None
/// unless it is a whole stretch that came before.
#[inline]
fn known_short_word(bytes: &[u8], at: usize, front: &Front) -> Option<(usize, usize)> {
    let (word, length, space) = scan::short_word_of(*bytes.get(at..)?.first_chunk()?)?;
    Some((front.get(word)?, length + usize::from(space)))
}

/// The count and the length of the ASCII word at this place; None unless it is a whole stretch that
/// is remembered.
#[inline]
fn known_ascii_word(
    bytes: &[u8],
    at: usize,
    words: &Words,
    front: &Front,
) -> Option<(usize, usize)> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    let length = scan::word_of(bytes)?;
    let count = words.get_packed(Packed::prefix(bytes, length))?;
    if let (1..=Short::LIMIT, Ok(count)) = (length, u8::try_from(count)) {
        let first = bytes.first_chunk().copied().unwrap_or_default();
        front.put(Short::prefix(u64::from_le_bytes(first), length), count);
    }
    Some((count as usize, length))
}

impl<M: Model> Family for Bert<M> {
    fn normalize<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut normalized = String::with_capacity(text.len());
        normalize::normalize(text, self.switches, &mut normalized);
        Cow::Owned(normalized)
    }

    fn count(&self, text: &str, _place: Place, _memory: &Memory) -> usize {
        self.pass(&self.raw, text)
    }

    fn count_normalized(&self, text: &str, _place: Place, _memory: &Memory) -> usize {
        let pass = self
            .normalized
            .get_or_init(|| Pass::new(Switches::default()));
        self.pass(pass, text)
    }

    fn heap_bytes(&self) -> usize {
        let passes = 1 + usize::from(self.normalized.get().is_some());
        passes * (Cache::BYTES + Front::BYTES + self.raw.rules.heap_bytes())
            + self.model.heap_bytes()
    }
}
