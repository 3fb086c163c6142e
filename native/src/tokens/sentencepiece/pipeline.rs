//! What such a file does before its model: spaces become `▁`, and one more stands in front.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::family::{Place, Unsupported};
use super::super::file::TokenizerFile;

/// What stands for a space in every vocabulary of this family.
pub const SPACE: char = '▁';

/// When a `▁` is put in front of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// By the normaliser, to every piece, whatever it begins with.
    Normalizer,
    /// By the pre-tokeniser, to a piece that does not begin with one.
    Always,
    /// The same, to a piece at the text's first byte only.
    First,
    /// Not at all.
    Never,
}

/// A normaliser and a pre-tokeniser as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// When a `▁` is put in front.
    pub prefix: Prefix,
    /// Every `▁` begins a word of its own; else a piece is one word.
    pub split: bool,
    /// It is the normaliser that replaces the spaces, not the pre-tokeniser.
    normalizer: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metaspace {
    #[serde(rename = "type")]
    kind: String,
    replacement: String,
    #[serde(default)]
    prepend_scheme: Scheme,
    #[serde(default)]
    split: Option<bool>,
    // What older files have.
    #[serde(default)]
    add_prefix_space: Option<bool>,
    #[serde(default)]
    str_rep: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Scheme {
    #[default]
    Always,
    First,
    Never,
}

impl Pipeline {
    /// None: not of this family, as far as can be told without the model.
    #[must_use]
    pub fn recognise(file: &TokenizerFile<'_>) -> Option<Result<Self, Unsupported>> {
        if file.normalizer.is_null() {
            return metaspace(&file.pre_tokenizer);
        }
        let replace =
            json!({"type": "Replace", "pattern": {"String": " "}, "content": SPACE.to_string()});
        let prepend = json!({"type": "Prepend", "prepend": SPACE.to_string()});
        let both = json!({"type": "Sequence", "normalizers": [prepend, replace]});
        let prefix = if file.normalizer == both {
            Prefix::Normalizer
        } else if file.normalizer == replace {
            Prefix::Never
        } else {
            return None;
        };
        // Splits at spaces, of which the normaliser left none.
        let idle = json!({"type": "Split", "pattern": {"String": " "},
            "behavior": "MergedWithPrevious", "invert": false});
        if file.pre_tokenizer.is_null() || file.pre_tokenizer == idle {
            Some(Ok(Self {
                prefix,
                split: false,
                normalizer: true,
            }))
        } else {
            Some(Err(Unsupported(
                "a pre_tokenizer after spaces were replaced".to_owned(),
            )))
        }
    }

    /// A `▁` is put in front of this piece, which no normaliser has seen.
    #[must_use]
    pub fn prefixes(self, piece: &str, place: Place) -> bool {
        match self.prefix {
            Prefix::Normalizer => true,
            Prefix::Always => !piece.starts_with([' ', SPACE]),
            Prefix::First => place.first && !piece.starts_with([' ', SPACE]),
            Prefix::Never => false,
        }
    }

    /// The same after the normaliser.
    #[must_use]
    pub fn prefixes_normalized(self, piece: &str, place: Place) -> bool {
        self.prefix != Prefix::Normalizer && self.prefixes(piece, place)
    }

    /// What the normaliser makes of a piece.
    #[must_use]
    pub fn normalize(self, piece: &str) -> Cow<'_, str> {
        let mut space = [0; 4];
        let space = &*SPACE.encode_utf8(&mut space);
        if !self.normalizer {
            Cow::Borrowed(piece)
        } else if self.prefix == Prefix::Normalizer && !piece.is_empty() {
            Cow::Owned([space, &piece.replace(' ', space)].concat())
        } else if piece.contains(' ') {
            Cow::Owned(piece.replace(' ', space))
        } else {
            Cow::Borrowed(piece)
        }
    }
}

fn metaspace(pre_tokenizer: &Value) -> Option<Result<Pipeline, Unsupported>> {
    if pre_tokenizer.get("type")? != "Metaspace" {
        return None;
    }
    let refused = |why: &str| Some(Err(Unsupported(format!("Metaspace: {why}"))));
    let read = match Metaspace::deserialize(pre_tokenizer) {
        Ok(read) => read,
        Err(error) => return refused(&error.to_string()),
    };
    let is_space = |text: &String| text.chars().eq([SPACE]);
    if !is_space(&read.replacement) || !read.str_rep.as_ref().is_none_or(is_space) {
        return refused("another replacement than U+2581");
    }
    debug_assert_eq!(read.kind, "Metaspace");
    let prefix = match (read.add_prefix_space, read.prepend_scheme) {
        (Some(false), Scheme::Always | Scheme::First) => {
            return refused("add_prefix_space contradicts prepend_scheme");
        }
        (_, Scheme::Always) => Prefix::Always,
        (_, Scheme::First) => Prefix::First,
        (_, Scheme::Never) => Prefix::Never,
    };
    Some(Ok(Pipeline {
        prefix,
        // As the reference: older files, which do not say, split.
        split: read.split.unwrap_or(true),
        normalizer: false,
    }))
}
