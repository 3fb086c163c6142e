//! Byte pair encoding over the bytes of a text: GPT-2, Qwen, Llama 3, GPT-4o, `DeepSeek`.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::super::cache::{Cache, Kind, Memory, Words};
use super::super::family::{Family, Place, Unsupported};
use super::super::file::TokenizerFile;
use super::super::nfc;
use super::super::split::Pattern;
use super::batch::Batch;
use super::model::Model;
use super::tokens::Bpe;

/// None: not of this family.
#[must_use]
pub fn recognise(file: &TokenizerFile<'_>) -> Option<Result<Box<dyn Family>, Unsupported>> {
    has_byte_level(&file.pre_tokenizer).then(|| {
        let family = ByteLevel::new(file)?;
        Ok(Box::new(family) as Box<dyn Family>)
    })
}

fn has_byte_level(pre_tokenizer: &Value) -> bool {
    let is = |value: &Value| value.get("type").is_some_and(|kind| kind == "ByteLevel");
    let listed = pre_tokenizer.get("pretokenizers").and_then(Value::as_array);
    is(pre_tokenizer) || listed.is_some_and(|listed| listed.iter().any(is))
}

/// Counts the tokens of one such model.
pub struct ByteLevel {
    nfc: bool,
    prefix_space: bool,
    pattern: Pattern,
    model: Bpe,
    cache: Cache,
}

impl ByteLevel {
    fn new(file: &TokenizerFile<'_>) -> Result<Self, Unsupported> {
        let (pattern, prefix_space) = split(&file.pre_tokenizer).ok_or_else(|| {
            Unsupported(format!("an unknown pre_tokenizer: {}", file.pre_tokenizer))
        })?;
        let nfc = is_nfc(&file.normalizer)
            .ok_or_else(|| Unsupported(format!("an unknown normalizer: {}", file.normalizer)))?;
        Ok(Self {
            nfc,
            prefix_space,
            pattern,
            model: Bpe::new(&Model::read(file.model.get())?)?,
            cache: Cache::ready(),
        })
    }

    /// Tokens of text that is normalised, with the words that this thread has.
    fn words(&self, text: &str, words: &mut Words) -> usize {
        let text = if self.prefix_space && !text.starts_with(' ') {
            Cow::Owned(format!(" {text}"))
        } else {
            Cow::Borrowed(text)
        };
        let mut batch = Batch::new(&self.model, words);
        self.pattern
            .pieces(text.as_bytes(), |text, from, to| batch.add(text, from, to));
        batch.tokens()
    }

    /// The same, stretch by stretch, for all that was not counted before.
    fn stretches(
        &self,
        text: &str,
        memory: &Memory,
        count: impl Fn(&Self, &str, &mut Words) -> usize,
    ) -> usize {
        self.cache.with(|words| {
            let (mut tokens, mut at) = (0, 0);
            while at < text.len() {
                let end = if self.pattern == Pattern::Whole {
                    text.len()
                } else {
                    cut(text.as_bytes(), at)
                };
                let stretch = text.get(at..end).unwrap_or_default();
                tokens += memory.count(stretch.as_bytes(), Kind::Inner, || {
                    count(self, stretch, words)
                });
                at = end;
            }
            tokens
        })
    }
}

/// Bytes of a stretch, at least.
const STRETCH: usize = 1024;

/// Where a stretch that begins at `from` ends.
///
/// Before a space after a visible ASCII character: no pattern has a piece that goes on there, none
/// looks further back than its own beginning, and none looks ahead but at the end of white space; no
/// character combines with these. So the tokens before it and those after it are the same apart.
fn cut(text: &[u8], from: usize) -> usize {
    let after = from + STRETCH;
    let rest = text.get(after..).unwrap_or_default();
    memchr::memchr_iter(b' ', rest)
        .map(|space| after + space)
        .find(|&space| matches!(text.get(space - 1), Some(0x21..=0x7e)))
        .unwrap_or(text.len())
}

impl Family for ByteLevel {
    fn normalize<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.nfc {
            nfc::normalize(text)
        } else {
            Cow::Borrowed(text)
        }
    }

    fn remembers(&self) -> bool {
        true
    }

    fn count(&self, text: &str, _place: Place, memory: &Memory) -> usize {
        self.stretches(text, memory, |this, text, words| {
            this.words(&this.normalize(text), words)
        })
    }

    fn count_normalized(&self, text: &str, _place: Place, memory: &Memory) -> usize {
        self.stretches(text, memory, Self::words)
    }

    fn heap_bytes(&self) -> usize {
        self.model.heap_bytes() + Cache::BYTES
    }
}

/// Null, `NFC`, or a sequence of it alone; None for others.
fn is_nfc(normalizer: &Value) -> Option<bool> {
    let nfc = json!({"type": "NFC"});
    if normalizer.is_null() {
        Some(false)
    } else if *normalizer == nfc || *normalizer == json!({"type": "Sequence", "normalizers": [nfc]})
    {
        Some(true)
    } else {
        None
    }
}

/// How a text is split, and whether it gets a space before it first.
fn split(pre_tokenizer: &Value) -> Option<(Pattern, bool)> {
    if let Some((prefix_space, use_regex)) = byte_level(pre_tokenizer) {
        return Some((Pattern::of_sequence(&[], use_regex)?, prefix_space));
    }
    let parts = pre_tokenizer.get("pretokenizers")?.as_array()?;
    if *pre_tokenizer != json!({"type": "Sequence", "pretokenizers": parts}) {
        return None;
    }
    let (last, before) = parts.split_last()?;
    let (prefix_space, use_regex) = byte_level(last)?;
    // A space before each piece of what is split already is nothing that anybody has.
    (before.is_empty() || !prefix_space)
        .then(|| Pattern::of_sequence(before, use_regex))?
        .map(|pattern| (pattern, prefix_space))
}

/// `add_prefix_space` and `use_regex`, which may be left out, of a `ByteLevel`.
fn byte_level(value: &Value) -> Option<(bool, bool)> {
    let says = |key: &str| value.get(key).and_then(Value::as_bool);
    let prefix_space = says("add_prefix_space")?;
    let mut known = json!({
        "type": "ByteLevel",
        "add_prefix_space": prefix_space,
        "trim_offsets": says("trim_offsets")?,
    });
    let use_regex = says("use_regex").unwrap_or(true);
    if let Some(stated) = value.get("use_regex") {
        known
            .as_object_mut()?
            .insert("use_regex".to_owned(), stated.clone());
    }
    (*value == known && known.get("use_regex").is_none_or(Value::is_boolean))
        .then_some((prefix_space, use_regex))
}
