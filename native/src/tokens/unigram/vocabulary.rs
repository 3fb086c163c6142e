//! The model of the file: pieces and their scores.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::tokens::family::Unsupported;

/// A Unigram model as it stands in the file.
///
/// Scores are read as the reference reads them, so not always to the nearest number: a difference
/// in the last bit decides which of two equal ways to spell a word is taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary<'a> {
    #[serde(borrow, default, rename = "type")]
    _type: Option<Cow<'a, str>>,
    /// Pieces by their id; if one stands there twice, its last id counts.
    #[serde(borrow, rename = "vocab")]
    pub pieces: Vec<(Piece<'a>, f64)>,
    /// The piece of whatever has none.
    pub unk_id: Option<usize>,
    /// What has none is spelled by its bytes, if there is a piece for each of them.
    #[serde(default)]
    pub byte_fallback: bool,
}

/// A piece of text.
#[derive(Debug, Deserialize)]
pub struct Piece<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// What tells Unigram from other models. Files older than `type` have a list where others have a map.
#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, default, rename = "type")]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    vocab: Option<&'a RawValue>,
}

impl<'a> Vocabulary<'a> {
    /// None if the model is no Unigram.
    pub fn read(model: &'a RawValue) -> Option<Result<Self, Unsupported>> {
        let kind: Kind<'a> = serde_json::from_str(model.get()).ok()?;
        let is_list = kind.vocab.is_some_and(|vocab| vocab.get().starts_with('['));
        match kind.name.as_deref() {
            Some("Unigram") => {}
            None if is_list => {}
            _ => return None,
        }
        let read = serde_json::from_str(model.get());
        Some(read.map_err(|error| Unsupported(format!("Unigram: {error}"))))
    }
}
