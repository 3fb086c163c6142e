//! What a `tokenizer.json` says of a BPE model.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::super::family::Unsupported;

/// A model's section, typed; texts are borrowed where the file spells them without escapes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    dropout: Option<f32>,
    #[serde(default, borrow)]
    unk_token: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    continuing_subword_prefix: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    end_of_word_suffix: Option<Cow<'a, str>>,
    #[serde(default, rename = "fuse_unk")]
    _fuse_unk: Option<bool>,
    #[serde(default)]
    byte_fallback: Option<bool>,
    #[serde(default)]
    ignore_merges: Option<bool>,
    #[serde(borrow)]
    pub vocab: Tokens<'a>,
    #[serde(borrow)]
    pub merges: Merges<'a>,
}

impl<'a> Model<'a> {
    /// Reads a model that is counted here for any text whose bytes all have a token.
    pub fn read(json: &'a str) -> Result<Self, Unsupported> {
        let model: Self =
            serde_json::from_str(json).map_err(|error| Unsupported(error.to_string()))?;
        let unsupported = |what: String| Err(Unsupported(what));
        if model.kind != "BPE" {
            return unsupported(format!("a model {:?} after ByteLevel", model.kind));
        }
        if model.dropout.is_some_and(|dropout| dropout != 0.0) {
            return unsupported("dropout: tokens are drawn at random".to_owned());
        }
        for (name, affix) in [
            (
                "continuing_subword_prefix",
                &model.continuing_subword_prefix,
            ),
            ("end_of_word_suffix", &model.end_of_word_suffix),
        ] {
            if affix.as_ref().is_some_and(|affix| !affix.is_empty()) {
                return unsupported(format!("{name} after ByteLevel"));
            }
        }
        Ok(model)
    }

    /// Whether a word that is a token is taken as that, whatever its merges say.
    pub fn ignores_merges(&self) -> bool {
        self.ignore_merges == Some(true)
    }

    /// Whether a byte without a token leaves nothing behind; else it becomes another token, or
    /// several.
    pub fn drops_unknown(&self) -> bool {
        self.unk_token.is_none() && self.byte_fallback != Some(true)
    }
}

/// A text of the file, borrowed if it stands there as it is.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Tokens and their ids, in the order of the file.
pub(in super::super) struct Tokens<'a>(Vec<(Cow<'a, str>, u32)>);

impl Tokens<'_> {
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, u32)> + Clone {
        self.0.iter().map(|(token, id)| (token.as_ref(), *id))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Tokens<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Tokens<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("tokens and ids")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut tokens = Vec::new();
                while let Some((Text(token), id)) = map.next_entry::<Text<'de>, u32>()? {
                    tokens.push((token, id));
                }
                Ok(Tokens(tokens))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// Pairs of tokens that merge, the first ones first.
pub(in super::super) struct Merges<'a>(pub Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// One merge, in the older spelling or the newer.
enum Merge<'a> {
    Legacy(Cow<'a, str>),
    Pair(Cow<'a, str>, Cow<'a, str>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Merge<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Merge<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("two tokens")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Merge::Legacy(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Merge::Legacy(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
                let mut next = || seq.next_element::<Text<'de>>();
                match (next()?, next()?, next()?) {
                    (Some(Text(left)), Some(Text(right)), None) => Ok(Merge::Pair(left, right)),
                    _ => Err(serde::de::Error::custom("a merge of other than two tokens")),
                }
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Merges<'a> {
    /// All are spelled one way, and the older one may hold a comment: a line of version, which
    /// takes no rank.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spelled = Vec::<Merge<'de>>::deserialize(deserializer)?;
        let legacy = spelled
            .iter()
            .filter(|merge| matches!(merge, Merge::Legacy(_)))
            .count();
        if legacy != 0 && legacy != spelled.len() {
            return Err(serde::de::Error::custom("merges in two spellings"));
        }
        spelled
            .into_iter()
            .filter(|merge| !matches!(merge, Merge::Legacy(text) if text.starts_with("#version")))
            .map(|merge| match merge {
                Merge::Pair(left, right) => Ok((left, right)),
                Merge::Legacy(text) => {
                    split(text).ok_or_else(|| serde::de::Error::custom("a merge of other than two"))
                }
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// The two sides of exactly one space.
fn split(text: Cow<'_, str>) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let pair = match text {
        Cow::Borrowed(text) => {
            let (left, right) = text.split_once(' ')?;
            (Cow::Borrowed(left), Cow::Borrowed(right))
        }
        Cow::Owned(text) => {
            let (left, right) = text.split_once(' ')?;
            (Cow::Owned(left.to_owned()), Cow::Owned(right.to_owned()))
        }
    };
    (!pair.1.contains(' ')).then_some(pair)
}
