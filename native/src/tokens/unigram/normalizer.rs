//! The normalisers of Unigram files, one after the other.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::charsmap::Charsmap;
use super::folding::{decompose, lower};
use super::spaces;
use crate::tokens::family::Unsupported;

/// Steps from a text to a normalised one.
#[derive(Debug)]
pub struct Normalizer(Vec<Step>);

#[derive(Debug)]
enum Step {
    Charsmap(Box<Charsmap>),
    /// Two of a quotation mark become one `"`.
    Quotes(&'static str),
    /// NFKD and `StripAccents`.
    Decompose,
    Lowercase,
    Strip {
        left: bool,
        right: bool,
    },
    /// Two spaces or more become this.
    Spaces(&'static str),
}

impl Normalizer {
    /// From the file's `normalizer`.
    ///
    /// # Errors
    ///
    /// Some part of it is not known here.
    pub fn read(normalizer: &Value) -> Result<Self, Unsupported> {
        let mut parts = Vec::new();
        flatten(normalizer, &mut parts);
        let mut steps = Vec::new();
        let mut parts = parts.into_iter().peekable();
        while let Some(part) = parts.next() {
            // What NFKD leaves is only known together with StripAccents: without it, marks have an
            // order.
            let decomposes = *part == json!({"type": "NFKD"});
            steps.push(
                if decomposes
                    && parts
                        .next_if(|next| **next == json!({"type": "StripAccents"}))
                        .is_some()
                {
                    Step::Decompose
                } else {
                    step(part).ok_or_else(|| {
                        Unsupported(format!("Unigram with normalizer {}", brief(part)))
                    })?
                },
            );
        }
        Ok(Self(steps))
    }

    /// The normalised text.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for step in &self.0 {
            let changed = match &text {
                Cow::Borrowed(borrowed) => {
                    text = step.apply(borrowed);
                    continue;
                }
                Cow::Owned(owned) => match step.apply(owned) {
                    Cow::Borrowed(same) if same.len() == owned.len() => continue,
                    changed => changed.into_owned(),
                },
            };
            text = Cow::Owned(changed);
        }
        text
    }

    /// Whether the first character left, if any, always stands for the beginning of the text: where
    /// the reference sees one of a later place, `prepend_scheme: first` puts nothing before it.
    ///
    /// Runs of spaces stand for their last one, but then nothing is put before a space.
    pub fn keeps_the_beginning(&self) -> bool {
        let mut rest =
            self.0.iter().rev().skip_while(|step| {
                matches!(step, Step::Spaces(_) | Step::Strip { left: false, .. })
            });
        rest.all(|step| matches!(step, Step::Charsmap(_) | Step::Strip { left: false, .. }))
    }

    /// Heap bytes.
    pub fn heap_bytes(&self) -> usize {
        let charsmaps = self.0.iter().map(|step| match step {
            Step::Charsmap(charsmap) => charsmap.heap_bytes(),
            _ => 0,
        });
        charsmaps.sum()
    }
}

impl Step {
    fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self {
            Self::Charsmap(charsmap) => charsmap.apply(text),
            Self::Quotes(two) if text.contains(two) => Cow::Owned(text.replace(two, "\"")),
            Self::Quotes(_) => Cow::Borrowed(text),
            Self::Decompose => decompose(text),
            Self::Lowercase => lower(text),
            Self::Strip { left, right } => {
                let text = if *left { text.trim_start() } else { text };
                Cow::Borrowed(if *right { text.trim_end() } else { text })
            }
            Self::Spaces(by) => spaces::squeeze(text, by),
        }
    }
}

fn step(part: &Value) -> Option<Step> {
    let all = [
        (json!({"type": "Lowercase"}), Step::Lowercase),
        (replace("String", "``", "\""), Step::Quotes("``")),
        (replace("String", "''", "\""), Step::Quotes("''")),
        (replace("Regex", " {2,}", " "), Step::Spaces(" ")),
        (replace("Regex", " {2,}", "▁"), Step::Spaces("▁")),
        (
            strip(true, true),
            Step::Strip {
                left: true,
                right: true,
            },
        ),
        (
            strip(true, false),
            Step::Strip {
                left: true,
                right: false,
            },
        ),
        (
            strip(false, true),
            Step::Strip {
                left: false,
                right: true,
            },
        ),
        (
            strip(false, false),
            Step::Strip {
                left: false,
                right: false,
            },
        ),
    ];
    let charsmap = part.get("precompiled_charsmap").and_then(Value::as_str);
    match charsmap {
        Some(spelled)
            if *part == json!({"type": "Precompiled", "precompiled_charsmap": spelled}) =>
        {
            Charsmap::read(spelled).map(|charsmap| Step::Charsmap(Box::new(charsmap)))
        }
        _ => all
            .into_iter()
            .find(|(known, _)| known == part)
            .map(|(_, step)| step),
    }
}

fn replace(kind: &str, pattern: &str, content: &str) -> Value {
    json!({"type": "Replace", "pattern": {kind: pattern}, "content": content})
}

fn strip(left: bool, right: bool) -> Value {
    json!({"type": "Strip", "strip_left": left, "strip_right": right})
}

/// The parts of nested sequences, in their order.
fn flatten<'v>(normalizer: &'v Value, parts: &mut Vec<&'v Value>) {
    match normalizer.get("normalizers").and_then(Value::as_array) {
        _ if normalizer.is_null() => {}
        Some(inner) if *normalizer == json!({"type": "Sequence", "normalizers": inner}) => {
            for part in inner {
                flatten(part, parts);
            }
        }
        _ => parts.push(normalizer),
    }
}

/// A part of the file for people: a charsmap has megabytes.
pub fn brief(part: &Value) -> String {
    part.to_string().chars().take(100).collect()
}
