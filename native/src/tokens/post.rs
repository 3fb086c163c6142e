//! What becomes of the tokens of a text: cut, special tokens put around them, filled up.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::family::Unsupported;
use super::file::{Padding, PaddingStrategy, Truncation, TruncationStrategy};

/// What a post-processor makes of the tokens of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    /// How often they stand in the result: once, unless a template is strange.
    copies: usize,
    /// Special tokens around them.
    special: usize,
}

/// What short encodings are filled up to.
#[derive(Clone, Copy, Debug)]
struct Filled {
    /// None: their own length.
    to: Option<usize>,
    /// Then the next multiple of this.
    multiple: usize,
}

/// From the tokens of a text to the tokens of its encoding.
#[derive(Clone, Copy, Debug)]
pub struct Post {
    frame: Frame,
    /// Tokens of the text that are left, with special tokens around them and without.
    limits: Option<(usize, usize)>,
    filled: Option<Filled>,
}

impl Post {
    /// From the three parts of a file that say it.
    ///
    /// # Errors
    ///
    /// A part is not known, or makes the reference fail.
    pub fn new(
        processor: &Value,
        truncation: Option<&Truncation>,
        padding: Option<&Padding>,
    ) -> Result<Self, Unsupported> {
        let frame = Frame::of(processor)?;
        Ok(Self {
            frame,
            limits: truncation
                .map(|truncation| limits(truncation, frame.special))
                .transpose()?,
            filled: padding.map(|padding| Filled {
                to: match padding.strategy {
                    PaddingStrategy::BatchLongest => None,
                    PaddingStrategy::Fixed(length) => Some(length),
                },
                multiple: padding.pad_to_multiple_of.unwrap_or(1).max(1),
            }),
        })
    }

    /// How many tokens an encoding has whose text has `tokens`.
    #[must_use]
    pub fn encoded(&self, tokens: usize, special: bool) -> usize {
        let left = match self.limits {
            None => tokens,
            Some((with, without)) => tokens.min(if special { with } else { without }),
        };
        let added = if special { self.frame.special } else { 0 };
        let length = left.saturating_mul(self.frame.copies).saturating_add(added);
        let Some(filled) = self.filled else {
            return length;
        };
        // What is made a multiple is the length to fill to: a text longer than that stays odd.
        let to = filled.to.unwrap_or(length);
        length.max(to.checked_next_multiple_of(filled.multiple).unwrap_or(to))
    }
}

/// Tokens of the text that are left at most, beside special tokens and without them.
fn limits(truncation: &Truncation, special: usize) -> Result<(usize, usize), Unsupported> {
    let refuse = |why: &str| Err(Unsupported(format!("truncation {why}")));
    if truncation.strategy == TruncationStrategy::OnlySecond {
        return refuse("of a second text, which is never there");
    }
    let Some(with) = truncation.max_length.checked_sub(special) else {
        return refuse("to fewer tokens than the special ones");
    };
    for limit in [with, truncation.max_length] {
        if limit > 0 && truncation.stride >= limit {
            return refuse("with a stride that is not below its length");
        }
    }
    Ok((with, truncation.max_length))
}

#[derive(Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum Processor {
    TemplateProcessing {
        single: Vec<Piece>,
        #[serde(rename = "pair")]
        _pair: Vec<Piece>,
        special_tokens: HashMap<String, SpecialToken>,
    },
    BertProcessing {
        #[serde(rename = "sep")]
        _sep: (String, u32),
        #[serde(rename = "cls")]
        _cls: (String, u32),
    },
    RobertaProcessing {
        #[serde(rename = "sep")]
        _sep: (String, u32),
        #[serde(rename = "cls")]
        _cls: (String, u32),
        #[serde(rename = "trim_offsets")]
        _trim_offsets: bool,
        #[serde(rename = "add_prefix_space")]
        _add_prefix_space: bool,
    },
    /// Changes offsets only.
    ByteLevel {
        #[serde(rename = "add_prefix_space")]
        _add_prefix_space: bool,
        #[serde(rename = "trim_offsets")]
        _trim_offsets: bool,
        #[serde(default, rename = "use_regex")]
        _use_regex: Option<bool>,
    },
    Sequence {
        processors: Vec<Self>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
enum Piece {
    Sequence {
        id: SequenceId,
        #[serde(rename = "type_id")]
        _type_id: u32,
    },
    SpecialToken {
        id: String,
        #[serde(rename = "type_id")]
        _type_id: u32,
    },
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
enum SequenceId {
    A,
    B,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecialToken {
    #[serde(rename = "id")]
    _id: String,
    ids: Vec<u32>,
    tokens: Vec<IgnoredAny>,
}

impl Frame {
    const NONE: Self = Self {
        copies: 1,
        special: 0,
    };

    fn of(processor: &Value) -> Result<Self, Unsupported> {
        if processor.is_null() {
            return Ok(Self::NONE);
        }
        Processor::deserialize(processor)
            .map_err(|error| error.to_string())
            .and_then(|processor| processor.frame())
            .map_err(|why| Unsupported(format!("post_processor: {why}")))
    }
}

impl Processor {
    fn frame(&self) -> Result<Frame, String> {
        match self {
            Self::TemplateProcessing {
                single,
                special_tokens,
                ..
            } => template(single, special_tokens),
            Self::BertProcessing { .. } | Self::RobertaProcessing { .. } => Ok(Frame {
                special: 2,
                ..Frame::NONE
            }),
            Self::ByteLevel { .. } => Ok(Frame::NONE),
            Self::Sequence { processors } => {
                // A second one that adds tokens would see the parts of the first as several texts.
                let mut adding = processors
                    .iter()
                    .filter(|processor| !matches!(processor, Self::ByteLevel { .. }));
                match (adding.next(), adding.next()) {
                    (None, _) => Ok(Frame::NONE),
                    (Some(one), None) => one.frame(),
                    _ => Err("several that may add special tokens".to_owned()),
                }
            }
        }
    }
}

fn template(single: &[Piece], tokens: &HashMap<String, SpecialToken>) -> Result<Frame, String> {
    let mut frame = Frame {
        copies: 0,
        special: 0,
    };
    for piece in single {
        match piece {
            Piece::Sequence {
                id: SequenceId::A, ..
            } => frame.copies += 1,
            Piece::Sequence { .. } => return Err("a second text, which is never there".to_owned()),
            Piece::SpecialToken { id, .. } => match tokens.get(id) {
                Some(token) if token.ids.len() == token.tokens.len() => {
                    frame.special += token.ids.len();
                }
                _ => return Err(format!("the special token {id:?} has no ids")),
            },
        }
    }
    Ok(frame)
}
