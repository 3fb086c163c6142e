//! The files around the models: how they treat spaces, and what words that leaves.

use serde_json::{Value, json};

/// How files of this family treat spaces.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    Metaspace(&'static str, bool),
    OlderMetaspace,
    Legacy,
    Gemma,
    NewerGemma,
}

pub const FORMS: [Form; 10] = [
    Form::Metaspace("always", true),
    Form::Metaspace("always", false),
    Form::Metaspace("first", true),
    Form::Metaspace("first", false),
    Form::Metaspace("never", true),
    Form::Metaspace("never", false),
    Form::OlderMetaspace,
    Form::Legacy,
    Form::Gemma,
    Form::NewerGemma,
];

impl Form {
    fn parts(self) -> (Value, Value) {
        let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"});
        match self {
            Self::Metaspace(scheme, split) => (
                Value::Null,
                json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme,
                       "split": split}),
            ),
            Self::OlderMetaspace => (
                Value::Null,
                json!({"type": "Metaspace", "replacement": "▁", "str_rep": "▁",
                       "add_prefix_space": true}),
            ),
            Self::Legacy => (
                json!({"type": "Sequence",
                       "normalizers": [{"type": "Prepend", "prepend": "▁"}, replace]}),
                Value::Null,
            ),
            Self::Gemma => (replace, Value::Null),
            Self::NewerGemma => (
                replace,
                json!({"type": "Split", "pattern": {"String": " "},
                       "behavior": "MergedWithPrevious", "invert": false}),
            ),
        }
    }

    pub fn words(self, text: &str) -> Vec<String> {
        let text = text.replace(' ', "▁");
        let (prefix, split) = match self {
            Self::Metaspace("never", split) => (false, split),
            Self::Metaspace(_, split) => (!text.starts_with('▁'), split),
            Self::OlderMetaspace => (!text.starts_with('▁'), true),
            Self::Legacy => (true, false),
            Self::Gemma | Self::NewerGemma => (false, false),
        };
        let text = if prefix { format!("▁{text}") } else { text };
        if !split {
            return vec![text];
        }
        let mut words: Vec<String> = Vec::new();
        for character in text.chars() {
            match words.last_mut() {
                Some(word) if character != '▁' => word.push(character),
                _ => words.push(character.into()),
            }
        }
        words
    }
}

pub fn file(form: Form, model: &Value) -> Vec<u8> {
    let (normalizer, pre_tokenizer) = form.parts();
    let file = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": null,
        "decoder": null,
        "model": model,
    });
    file.to_string().into_bytes()
}
