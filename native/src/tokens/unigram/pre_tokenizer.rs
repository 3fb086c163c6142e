//! Metaspace, with `WhitespaceSplit` before it or without: which sentences the model sees.

use serde_json::{Map, Value, json};

use super::normalizer::brief;
use crate::tokens::family::{Place, Unsupported};

/// What stands for a space, and at the beginning of words.
pub const MARK: &str = "▁";

/// How a text becomes words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreTokenizer {
    /// Any white space separates words and is gone; else a space is a mark.
    pub white_space: bool,
    /// Which words get a mark that have none.
    pub prepend: Prepend,
}

/// Which words get a mark that have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepend {
    /// The first of every piece of text, and of every stretch between white space.
    Always,
    /// The one the text begins with.
    First,
    /// None.
    Never,
}

impl PreTokenizer {
    /// From the file's `pre_tokenizer`.
    ///
    /// # Errors
    ///
    /// Some part of it is not known here.
    pub fn read(pre_tokenizer: &Value) -> Result<Self, Unsupported> {
        let inner = pre_tokenizer.get("pretokenizers").and_then(Value::as_array);
        let is_sequence = inner.is_some_and(|inner| {
            *pre_tokenizer == json!({"type": "Sequence", "pretokenizers": inner})
        });
        let (white_space, metaspace) = match inner.map(Vec::as_slice) {
            Some([first, second]) if is_sequence => {
                (*first == json!({"type": "WhitespaceSplit"}), second)
            }
            Some([only]) if is_sequence => (false, only),
            _ => (false, pre_tokenizer),
        };
        let is_pair = inner.is_some_and(|inner| inner.len() == 2);
        match prepend(metaspace) {
            Some(prepend) if is_pair == white_space => Ok(Self {
                white_space,
                prepend,
            }),
            _ => Err(Unsupported(format!(
                "Unigram with pre_tokenizer {}",
                brief(pre_tokenizer)
            ))),
        }
    }

    /// Calls `each` with every word, its mark taken off: the text that begins with it, its length,
    /// and whether it has a mark.
    #[inline]
    #[allow(
        clippy::indexing_slicing,
        reason = "every byte has a place in the table, and words are within the text"
    )]
    pub fn words<'t>(
        self,
        text: &'t str,
        place: Place,
        mut each: impl FnMut(&'t [u8], usize, bool),
    ) {
        let prepended = match self.prepend {
            Prepend::Always => true,
            Prepend::First => place.first,
            Prepend::Never => false,
        };
        let bytes = text.as_bytes();
        let starts = if self.white_space {
            &WITH_WHITE_SPACE
        } else {
            &WITHOUT
        };
        // Where the word begins; whether a mark in the text is before it, so that it is one even if
        // it is empty.
        let (mut start, mut behind_mark) = (0, false);
        let mut at = 0;
        loop {
            let mut found = None;
            while let Some(&byte) = bytes.get(at) {
                if starts[usize::from(byte)] {
                    found = separator(&bytes[at..], self.white_space);
                    if found.is_some() {
                        break;
                    }
                }
                at += 1;
            }
            if behind_mark || at > start {
                each(&bytes[start..], at - start, behind_mark || prepended);
            }
            let Some((length, is_mark)) = found else {
                return;
            };
            at += length;
            (start, behind_mark) = (at, is_mark);
        }
    }
}

/// First bytes of what separates words: a mark or a space, or a mark or white space.
const WITHOUT: [bool; 256] = starts(false);
const WITH_WHITE_SPACE: [bool; 256] = starts(true);

#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn starts(white_space: bool) -> [bool; 256] {
    let mut starts = [false; 256];
    starts[b' ' as usize] = true;
    // The mark, and U+2000 to U+205F.
    starts[0xE2] = true;
    if white_space {
        // From tab to carriage return; U+0085 and U+00A0; U+1680; U+3000.
        let mut control = 0x09;
        while control <= 0x0D {
            starts[control] = true;
            control += 1;
        }
        starts[0xC2] = true;
        starts[0xE1] = true;
        starts[0xE3] = true;
    }
    starts
}

/// The length of the separator that `text` begins with, and whether it is a mark or stands for one.
#[inline]
fn separator(text: &[u8], white_space: bool) -> Option<(usize, bool)> {
    match *text {
        [b' ', ..] => Some((1, !white_space)),
        [0xE2, 0x96, 0x81, ..] => Some((3, true)),
        _ if !white_space => None,
        [0x09..=0x0D, ..] => Some((1, false)),
        [0xC2, 0x85 | 0xA0, ..] => Some((2, false)),
        [0xE1, 0x9A, 0x80, ..]
        | [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..]
        | [0xE2, 0x81, 0x9F, ..]
        | [0xE3, 0x80, 0x80, ..] => Some((3, false)),
        _ => None,
    }
}

/// How this Metaspace prepends; None if it is none, or splits otherwise.
///
/// Files of all ages: `str_rep` says nothing, `add_prefix_space` only whether a scheme is allowed.
fn prepend(metaspace: &Value) -> Option<Prepend> {
    let mut keys: Map<String, Value> = metaspace.as_object()?.clone();
    let mut take = |key: &str| keys.remove(key);
    let known = take("type")? == "Metaspace"
        && take("replacement")? == MARK
        && take("str_rep").is_none_or(|str_rep| str_rep.is_string())
        && take("split").is_none_or(|split| split == true);
    let add_prefix_space = take("add_prefix_space");
    let prepend = match take("prepend_scheme") {
        None => Prepend::Always,
        Some(scheme) => match scheme.as_str()? {
            "always" => Prepend::Always,
            "first" => Prepend::First,
            "never" => Prepend::Never,
            _ => return None,
        },
    };
    let agrees = match add_prefix_space {
        None | Some(Value::Bool(true)) => true,
        Some(Value::Bool(false)) => prepend == Prepend::Never,
        Some(_) => false,
    };
    (known && agrees && keys.is_empty()).then_some(prepend)
}
