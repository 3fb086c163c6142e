//! The model's part of the file.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::merges::Merges;
use super::{Joins, Symbol, Unsupported};

/// The model as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File<'a> {
    #[serde(rename = "type")]
    _kind: IgnoredAny,
    #[serde(default)]
    dropout: Option<f32>,
    #[serde(default, borrow)]
    unk_token: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    continuing_subword_prefix: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    end_of_word_suffix: Option<Cow<'a, str>>,
    #[serde(default)]
    pub fuse_unk: bool,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    ignore_merges: bool,
    #[serde(borrow)]
    vocab: HashMap<Cow<'a, str>, u32>,
    #[serde(borrow)]
    merges: Spelled<'a>,
}

/// Newer files have pairs; older ones both parts in one string, a space between them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Spelled<'a> {
    #[serde(borrow)]
    Pairs(Vec<(Cow<'a, str>, Cow<'a, str>)>),
    #[serde(borrow)]
    Lines(Vec<Cow<'a, str>>),
}

/// Whether the model says of itself that it is byte pair encoding; not of bytes, all the same.
pub fn is_bpe(model: &str) -> bool {
    #[derive(Deserialize)]
    struct Type<'a> {
        #[serde(borrow, rename = "type")]
        kind: Option<Cow<'a, str>>,
    }
    serde_json::from_str(model).is_ok_and(|Type { kind }| kind.as_deref() == Some("BPE"))
}

impl<'a> File<'a> {
    /// Reads a model.
    ///
    /// # Errors
    ///
    /// It has a part that is not counted exactly here.
    pub fn read(model: &'a str) -> Result<Self, Unsupported> {
        let file: Self =
            serde_json::from_str(model).map_err(|error| Unsupported(error.to_string()))?;
        let prefix = file.continuing_subword_prefix.as_deref();
        let mut ids: HashSet<u32> = HashSet::with_capacity(file.vocab.len());
        let refused = if file.dropout.is_some() {
            "dropout makes counts random"
        } else if prefix.is_some_and(|prefix| !prefix.is_empty()) {
            "continuing_subword_prefix in a BPE model"
        } else if file.byte_fallback {
            "byte_fallback with BERT's normalizer"
        } else if file.ignore_merges {
            "ignore_merges with BERT's normalizer"
        } else if !file.vocab.values().all(|&id| ids.insert(id)) {
            // Then tokens of one number could be different strings, and the order of merges other.
            "two tokens with one id"
        } else {
            return Ok(file);
        };
        Err(Unsupported(refused.to_owned()))
    }

    /// The token that stands for characters without one.
    ///
    /// # Errors
    ///
    /// It is named and does not exist: the reference raises at the first character that needs it.
    pub fn unknown(&self) -> Result<Option<u32>, Unsupported> {
        let Some(unknown) = &self.unk_token else {
            return Ok(None);
        };
        let missing = || Unsupported("unk_token is not in the vocabulary".to_owned());
        Ok(Some(*self.vocab.get(unknown).ok_or_else(missing)?))
    }

    /// The tokens that are one character, within a word or at its end. Each character may come
    /// twice, once for each.
    pub fn characters(&self) -> impl Iterator<Item = (char, Symbol)> {
        let suffix = self.suffix();
        self.vocab.iter().flat_map(move |(token, &id)| {
            let inside = only_char(token).map(|c| {
                let symbol = Symbol {
                    inside: Some(id),
                    at_end: None,
                };
                (c, symbol)
            });
            let at_end = token.strip_suffix(suffix).and_then(only_char).map(|c| {
                let symbol = Symbol {
                    inside: None,
                    at_end: Some(id),
                };
                (c, symbol)
            });
            inside.into_iter().chain(at_end)
        })
    }

    fn suffix(&self) -> &str {
        self.end_of_word_suffix.as_deref().unwrap_or_default()
    }

    /// The parts of every merge, in their order.
    ///
    /// # Errors
    ///
    /// A line is no pair.
    fn pairs(&self) -> Result<Vec<(&str, &str)>, Unsupported> {
        match &self.merges {
            Spelled::Pairs(pairs) => Ok(pairs
                .iter()
                .map(|(a, b)| (a.as_ref(), b.as_ref()))
                .collect()),
            Spelled::Lines(lines) => lines
                .iter()
                .filter(|line| !line.starts_with("#version"))
                .map(|line| line.split_once(' ').filter(|(_, b)| !b.contains(' ')))
                .collect::<Option<_>>()
                .ok_or_else(|| Unsupported("a merge that is not a pair".to_owned())),
        }
    }

    /// What becomes of pairs of tokens, ranked by their place in the list.
    ///
    /// # Errors
    ///
    /// A pair or what becomes of it has no token.
    pub fn merges(&self) -> Result<Merges, Unsupported> {
        let pairs = self.pairs()?;
        let mut merges = Merges::new(pairs.len());
        let mut both = String::new();
        for (a, b) in pairs {
            both.clear();
            both.extend([a, b]);
            let id = |token: &str| {
                let missing = || Unsupported(format!("a merge needs {token:?}, which is no token"));
                self.vocab.get(token).copied().ok_or_else(missing)
            };
            if a.is_empty() || b.is_empty() {
                return Err(Unsupported("a merge of nothing".to_owned()));
            }
            merges.push(id(a)?, id(b)?, id(&both)?)?;
        }
        Ok(merges)
    }

    /// Which characters are ever joined; None if the token for unknown ones is, whichever they are.
    ///
    /// # Errors
    ///
    /// As [`File::merges`].
    pub fn joins(&self) -> Result<Option<Joins>, Unsupported> {
        let mut joins = Joins::default();
        for (left, right) in self.pairs()? {
            let unknown = self.unk_token.as_deref();
            if Some(left) == unknown || Some(right) == unknown {
                return Ok(None);
            }
            joins.add(left, right);
        }
        Ok(Some(joins))
    }
}

fn only_char(token: &str) -> Option<char> {
    let mut chars = token.chars();
    let first = chars.next()?;
    chars.as_str().is_empty().then_some(first)
}
