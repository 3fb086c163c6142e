//! What the files of these tests have in their model sections.

use serde_json::{Value, json};

/// What a model says, as its section says it.
#[derive(Clone, Debug)]
pub struct Model {
    pub vocabulary: Vec<String>,
    pub merges: Vec<(String, String)>,
    pub unknown: Option<String>,
    pub fuse: bool,
    pub fallback: bool,
    pub ignore_merges: bool,
}

impl Model {
    /// These strings and all bytes; each merge of two that are there makes a third.
    pub fn new(strings: &[&str], merges: &[(&str, &str)]) -> Self {
        let mut model = Self {
            vocabulary: strings.iter().map(ToString::to_string).collect(),
            merges: Vec::new(),
            unknown: None,
            fuse: false,
            fallback: true,
            ignore_merges: false,
        };
        model.vocabulary.extend((0..=255_u8).map(spelled));
        for &(left, right) in merges {
            model.merge(left, right);
        }
        model
    }

    pub fn merge(&mut self, left: &str, right: &str) {
        let made = format!("{left}{right}");
        if !self.vocabulary.contains(&made) {
            self.vocabulary.push(made);
        }
        self.merges.push((left.to_owned(), right.to_owned()));
    }

    pub fn section(&self) -> Value {
        let ids = self.vocabulary.iter().zip(0..);
        json!({
            "type": "BPE",
            "dropout": null,
            "unk_token": self.unknown,
            "continuing_subword_prefix": null,
            "end_of_word_suffix": null,
            "fuse_unk": self.fuse,
            "byte_fallback": self.fallback,
            "ignore_merges": self.ignore_merges,
            "vocab": ids.map(|(string, id)| (string.clone(), json!(id)))
                .collect::<serde_json::Map<_, _>>(),
            "merges": self.merges,
        })
    }

    pub fn has(&self, string: &str) -> bool {
        self.vocabulary.iter().any(|other| other == string)
    }
}

/// Llama's habits: words with `▁` in front, runs of it, a merge that comes before those that make
/// its parts, and one that is there twice.
pub fn model() -> Model {
    let strings = ["▁", "a", "b", "c", "é", "中", "国", "\n"];
    let merges = [
        ("▁", "a"),
        ("a", "b"),
        ("▁", "▁"),
        ("▁▁", "▁▁"),
        ("▁a", "b"),
        ("▁", "ab"),
        ("ab", "c"),
        ("b", "c"),
        ("a", "bc"),
        ("中", "国"),
        ("\n", "\n"),
        ("a", "b"),
    ];
    Model::new(&strings, &merges)
}

pub fn spelled(byte: u8) -> String {
    format!("<0x{byte:02X}>")
}
