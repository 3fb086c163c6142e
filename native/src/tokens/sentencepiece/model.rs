//! The model section of such a file, read strictly.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::bpe::model::{Merges, Tokens};
use super::super::family::Unsupported;

/// The section as it stands; what counting does not understand is refused by [`Model::read`].
#[derive(Deserialize)]
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
    pub(super) vocab: Tokens<'a>,
    /// Pairs of strings, the first to be merged first.
    #[serde(borrow)]
    pub(super) merges: Merges<'a>,
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
        // A file of this family is read once; what is wrong with another one is not its matter.
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
