//! The model section of such a file, read strictly.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::super::family::Unsupported;

/// The section as it stands; what counting does not understand is refused by [`Model::read`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    dropout: Option<f64>,
    /// Stands for characters that have no symbol.
    #[serde(default)]
    pub unk_token: Option<String>,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    end_of_word_suffix: Option<String>,
    /// Neighbouring unknown characters are one token.
    #[serde(default)]
    pub fuse_unk: Option<bool>,
    /// Unknown characters are spelled as bytes, where the vocabulary has all of these.
    #[serde(default)]
    pub byte_fallback: Option<bool>,
    /// A word that is in the vocabulary is one token, whatever the merges make of it.
    #[serde(default)]
    pub ignore_merges: Option<bool>,
    /// Strings and their ids, in the order of the file.
    #[serde(borrow)]
    pub vocab: Vocabulary<'a>,
    /// Pairs of strings, the first to be merged first.
    #[serde(borrow)]
    pub merges: Merges<'a>,
}

impl<'a> Model<'a> {
    /// None: another model than BPE.
    #[must_use]
    pub fn read(section: &'a RawValue) -> Option<Result<Self, Unsupported>> {
        #[derive(Deserialize)]
        struct Kind<'a> {
            #[serde(rename = "type", borrow)]
            kind: Option<Cow<'a, str>>,
        }
        // Most files name their kind first; only then is a look at it cheap, and no other is needed.
        let named = |model: &Self| model.kind == "BPE";
        match serde_json::from_str::<Self>(section.get()) {
            Ok(model) if named(&model) => Some(model.check()),
            Ok(_) => None,
            Err(error) => match serde_json::from_str::<Kind<'_>>(section.get()) {
                Ok(Kind { kind: Some(kind) }) if kind == "BPE" => {
                    Some(Err(Unsupported(format!("BPE model: {error}"))))
                }
                _ => None,
            },
        }
    }

    fn check(self) -> Result<Self, Unsupported> {
        let empty = |affix: &Option<String>| affix.as_ref().is_none_or(String::is_empty);
        if self.dropout.is_some() {
            return Err(Unsupported("BPE model with dropout".to_owned()));
        }
        if !empty(&self.continuing_subword_prefix) || !empty(&self.end_of_word_suffix) {
            return Err(Unsupported("BPE model with affixes".to_owned()));
        }
        Ok(self)
    }
}

/// Strings and their ids.
#[derive(Debug)]
pub struct Vocabulary<'a>(pub Vec<(Cow<'a, str>, u32)>);

impl<'de: 'a, 'a> Deserialize<'de> for Vocabulary<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries<'a>(PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for Entries<'a> {
            type Value = Vocabulary<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of ids")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((Text(key), id)) = map.next_entry()? {
                    entries.push((key, id));
                }
                Ok(Vocabulary(entries))
            }
        }

        from.deserialize_map(Entries(PhantomData))
    }
}

/// Pairs of strings, written as pairs or, in older files, as "left right".
#[derive(Debug)]
pub struct Merges<'a>(pub Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Merges<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List<'a>(PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for List<'a> {
            type Value = Merges<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of merges, all written alike")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut merges = Vec::new();
                let mut spaced = 0;
                while let Some(Pair(left, right, written)) = list.next_element()? {
                    spaced += usize::from(written == Written::Spaced);
                    merges.push((left, right));
                }
                // The reference takes no mixture.
                if spaced == 0 || spaced == merges.len() {
                    Ok(Merges(merges))
                } else {
                    Err(A::Error::custom("merges written in two ways"))
                }
            }
        }

        from.deserialize_seq(List(PhantomData))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Spaced,
    Paired,
}

struct Pair<'a>(Cow<'a, str>, Cow<'a, str>, Written);

impl<'de: 'a, 'a> Deserialize<'de> for Pair<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either<'a>(PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for Either<'a> {
            type Value = Pair<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("two strings, or one with a space between two")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                let (left, right) = halves(text)?;
                Ok(Pair(left.into(), right.into(), Written::Spaced))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                let (left, right) = halves(text)?;
                let (left, right) = (left.to_owned(), right.to_owned());
                Ok(Pair(left.into(), right.into(), Written::Spaced))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Self::Value, A::Error> {
                match (pair.next_element()?, pair.next_element()?) {
                    (Some(Text(left)), Some(Text(right))) => Ok(Pair(left, right, Written::Paired)),
                    _ => Err(A::Error::custom("a merge of fewer than two")),
                }
            }
        }

        from.deserialize_any(Either(PhantomData))
    }
}

/// The reference drops lines that begin as the head of a merges file; who has such, is refused.
fn halves<E: Error>(text: &str) -> Result<(&str, &str), E> {
    match text.split_once(' ') {
        Some((left, right)) if !right.contains(' ') && !text.starts_with("#version") => {
            Ok((left, right))
        }
        _ => Err(E::custom("a merge that is not two strings")),
    }
}

/// A string, borrowed where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Borrowing<'a>(PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for Borrowing<'a> {
            type Value = Text<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        from.deserialize_str(Borrowing(PhantomData))
    }
}
