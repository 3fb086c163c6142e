//! `tokenizer.json`, read strictly: a key that is not known may change what is counted.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::family::Unsupported;

/// What a `tokenizer.json` says. Only `model` is left as it stands: the family reads it, typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenizerFile<'a> {
    #[serde(borrow)]
    version: Cow<'a, str>,
    /// Tokens that are matched in a text before its model sees it, in the order of the file.
    #[serde(default)]
    pub added_tokens: Vec<AddedToken>,
    /// Null when there is none; so the next two.
    #[serde(default, deserialize_with = "once")]
    pub normalizer: Value,
    /// How normalised text becomes words.
    #[serde(default, deserialize_with = "once")]
    pub pre_tokenizer: Value,
    /// What is put around the tokens.
    #[serde(default, deserialize_with = "once")]
    pub post_processor: Value,
    /// Turns tokens into text, which nobody asks for here.
    #[serde(default, rename = "decoder")]
    _decoder: IgnoredAny,
    /// What cuts long texts.
    #[serde(default)]
    pub truncation: Option<Truncation>,
    /// What fills short texts.
    #[serde(default)]
    pub padding: Option<Padding>,
    /// The model with its vocabulary: megabytes.
    #[serde(borrow)]
    pub model: &'a RawValue,
}

/// A token matched in the text itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "five independent switches, as the file has them"
)]
pub struct AddedToken {
    /// As the file says; the reference gives its own.
    pub id: u32,
    /// What is matched.
    pub content: String,
    /// No word character may stand beside it.
    pub single_word: bool,
    /// White space before it is part of it.
    pub lstrip: bool,
    /// White space after it is part of it.
    pub rstrip: bool,
    /// Matched in the normalised text, with its own content normalised.
    pub normalized: bool,
    /// Left out of decoded text; says nothing about counting.
    pub special: bool,
}

/// What cuts long texts.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Truncation {
    /// Which end is cut off.
    #[serde(default)]
    pub direction: Direction,
    /// Tokens that are left at most, those of the post-processor included.
    pub max_length: usize,
    /// Which of two texts is cut.
    pub strategy: TruncationStrategy,
    /// Tokens that neighbouring cuts share.
    pub stride: usize,
}

/// Which of two texts is cut.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum TruncationStrategy {
    /// The longest.
    LongestFirst,
    /// The first, the only one here.
    OnlyFirst,
    /// The second, which is never given here.
    OnlySecond,
}

/// An end of a text.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub enum Direction {
    /// Its beginning.
    Left,
    /// Its end.
    #[default]
    Right,
}

/// What fills short texts.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Padding {
    /// To which length.
    pub strategy: PaddingStrategy,
    /// At which end.
    pub direction: Direction,
    /// The length is rounded up to a multiple of this.
    #[serde(default)]
    pub pad_to_multiple_of: Option<usize>,
    /// Says nothing about counting; so the next two.
    pub pad_id: u32,
    /// Which text it belongs to.
    pub pad_type_id: u32,
    /// How it is spelled.
    pub pad_token: String,
}

/// To which length texts are filled.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum PaddingStrategy {
    /// That of the longest text, here the only one.
    BatchLongest,
    /// Always this one.
    Fixed(usize),
}

impl<'a> TokenizerFile<'a> {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// It is no JSON, or says something that is not known here.
    pub fn read(json: &'a [u8]) -> Result<Self, Unsupported> {
        // Once for all of it: serde_json would look at every string on its own.
        let json =
            simdutf8::compat::from_utf8(json).map_err(|error| Unsupported(error.to_string()))?;
        let file: Self =
            serde_json::from_str(json).map_err(|error| Unsupported(error.to_string()))?;
        if file.version == "1.0" {
            Ok(file)
        } else {
            Err(Unsupported(format!("unknown version {:?}", file.version)))
        }
    }
}

/// Any value in which no key stands twice: which of the two counts is for each reader to choose.
fn once<'de, D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
    Once::deserialize(from).map(|value| value.0)
}

struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OnceVisitor).map(Self)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value in which no key stands twice")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = serde_json::Map::new();
        while let Some((key, Once(value))) = entries.next_entry::<String, _>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("{key:?} stands twice")));
            }
            object.insert(key, value);
        }
        Ok(object.into())
    }
}
