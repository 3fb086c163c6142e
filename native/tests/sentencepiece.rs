//! `SentencePiece`'s BPE: every file and text counts as plain merging does, one merge at a time over
//! the whole text.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken test should stop"
)]

use std::collections::HashMap;

use _native::tokens::counter::Counter;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// What a model says, as its section says it.
#[derive(Clone, Debug)]
struct Model {
    vocabulary: Vec<String>,
    merges: Vec<(String, String)>,
    unknown: Option<String>,
    fuse: bool,
    fallback: bool,
    ignore_merges: bool,
}

impl Model {
    /// These strings and all bytes; each merge of two that are there makes a third.
    fn new(strings: &[&str], merges: &[(&str, &str)]) -> Self {
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

    fn merge(&mut self, left: &str, right: &str) {
        let made = format!("{left}{right}");
        if !self.vocabulary.contains(&made) {
            self.vocabulary.push(made);
        }
        self.merges.push((left.to_owned(), right.to_owned()));
    }

    fn section(&self) -> Value {
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

    fn has(&self, string: &str) -> bool {
        self.vocabulary.iter().any(|other| other == string)
    }
}

/// A model, merged one merge at a time.
struct Plain<'m> {
    model: &'m Model,
    ids: HashMap<&'m str, usize>,
    merges: HashMap<(usize, usize), (usize, usize)>,
}

impl<'m> Plain<'m> {
    fn new(model: &'m Model) -> Self {
        let ids: HashMap<_, _> = model
            .vocabulary
            .iter()
            .map(String::as_str)
            .zip(0..)
            .collect();
        let merges = model.merges.iter().zip(0..).map(|((left, right), rank)| {
            let made = ids[format!("{left}{right}").as_str()];
            ((ids[left.as_str()], ids[right.as_str()]), (rank, made))
        });
        Self {
            merges: merges.collect(),
            model,
            ids,
        }
    }

    fn count(&self, form: Form, text: &str) -> usize {
        form.words(text).iter().map(|word| self.tokens(word)).sum()
    }

    /// Symbols of a word, as the reference puts them in a row, and then merges them.
    fn tokens(&self, word: &str) -> usize {
        let id = |string: &str| self.ids.get(string).copied();
        if self.model.ignore_merges && id(word).is_some() {
            return 1;
        }
        let mut row = Vec::new();
        let mut waiting = false;
        let unknown = self.model.unknown.as_ref().map(|token| id(token).unwrap());
        for character in word.chars().map(String::from) {
            if let Some(id) = id(&character) {
                row.extend(unknown.filter(|_| std::mem::take(&mut waiting)));
                row.push(id);
                continue;
            }
            let bytes: Option<Vec<_>> = character.bytes().map(|byte| id(&spelled(byte))).collect();
            if let Some(bytes) = bytes.filter(|_| self.model.fallback) {
                row.extend(bytes);
            } else {
                row.extend(unknown.filter(|_| waiting && !self.model.fuse));
                waiting = unknown.is_some();
            }
        }
        row.extend(unknown.filter(|_| waiting));
        self.merged(row)
    }

    fn merged(&self, mut row: Vec<usize>) -> usize {
        loop {
            let pairs = row.windows(2).zip(0..);
            let found = pairs.filter_map(|(pair, at)| {
                let (rank, made) = self.merges.get(&(pair[0], pair[1]))?;
                Some((rank, at, made))
            });
            let Some((_, at, made)) = found.min() else {
                return row.len();
            };
            row.splice(at..at + 2, [*made]);
        }
    }
}

fn spelled(byte: u8) -> String {
    format!("<0x{byte:02X}>")
}

/// How files of this family treat spaces.
#[derive(Clone, Copy, Debug)]
enum Form {
    Metaspace(&'static str, bool),
    OlderMetaspace,
    Legacy,
    Gemma,
    NewerGemma,
}

const FORMS: [Form; 10] = [
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

    fn words(self, text: &str) -> Vec<String> {
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

fn file(form: Form, model: &Value) -> Vec<u8> {
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

#[track_caller]
fn check(form: Form, model: &Model, texts: &[&str]) {
    let counter = Counter::new(&file(form, &model.section()), false).unwrap();
    let plain = Plain::new(model);
    for text in texts {
        let count = plain.count(form, text);
        assert_eq!(counter.count(text, false), count, "{form:?} {text:?}");
        // Looked up this time.
        assert_eq!(counter.count(text, false), count, "{form:?} {text:?}");
    }
}

/// Llama's habits: words with `▁` in front, runs of it, a merge that comes before those that make
/// its parts, and one that is there twice.
fn model() -> Model {
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

const TEXTS: [&str; 12] = [
    "a",
    " ",
    "ab abc  abc",
    "▁a ▁ a",
    "   a    b\n\n\nc",
    "ab中国中国国abc😀é",
    "<0x61><0xE4>",
    "cab abcab abcabc cab",
    "\u{2580}\u{2581}\u{2582} \u{2581}",
    "x",
    "a\tb",
    "aaaabbbbcccc    aabbcc",
];

#[test]
fn every_form_of_file_counts_as_plain_merging() {
    for form in FORMS {
        check(form, &model(), &TEXTS);
    }
}

#[test]
fn unknown_characters_are_spelled_fused_or_dropped() {
    for (fallback, unknown) in [
        (true, None),
        (true, Some("?")),
        (false, Some("?")),
        (false, None),
    ] {
        for fuse in [false, true] {
            let mut model = model();
            model.vocabulary.push("?".to_owned());
            // é, 中 and 国 of the texts have two of their bytes at most.
            model
                .vocabulary
                .retain(|string| string != "<0xC3>" && string != "<0xAD>");
            (model.fallback, model.fuse) = (fallback, fuse);
            model.unknown = unknown.map(str::to_owned);
            for form in FORMS {
                check(form, &model, &TEXTS);
                check(
                    form,
                    &model,
                    &[
                        "aüöü😀üb 中华í国",
                        "üab",
                        "bü",
                        "ü",
                        "aüb",
                        "ü😀😀",
                        "😀ü a",
                    ],
                );
            }
        }
    }
}

#[test]
fn symbols_of_bytes_and_of_the_unknown_can_merge() {
    let mut model = model();
    model.vocabulary.retain(|string| string != "<0xBC>");
    model.vocabulary.push("?".to_owned());
    model.unknown = Some("?".to_owned());
    model.merge("<0xF0>", "<0x9F>");
    model.merge("b", "<0xF0>");
    model.merge("?", "a");
    model.merge("?", "?");
    for form in FORMS {
        check(form, &model, &TEXTS);
        check(form, &model, &["b😀", "üa?", "ab😀a", "??ü😀üü?a"]);
    }
}

#[test]
fn a_space_without_a_symbol_is_spelled() {
    let mut model = model();
    model.merges.clear();
    model.vocabulary.retain(|string| !string.contains('▁'));
    for form in FORMS {
        check(form, &model, &TEXTS);
    }
}

#[test]
fn words_of_the_vocabulary_are_taken_where_merges_are_ignored() {
    let mut model = model();
    model.ignore_merges = true;
    model
        .vocabulary
        .extend(["▁cab", "ca", "▁", "c▁a"].map(str::to_owned));
    model.vocabulary.sort();
    model.vocabulary.dedup();
    for form in FORMS {
        check(form, &model, &TEXTS);
        check(
            form,
            &model,
            &["cab", " cab", "cab cab", "ca", "c a", "c▁a"],
        );
    }
}

#[test]
fn long_stretches_count_as_plain_merging() {
    let mut model = model();
    for (left, right) in [
        ("a", "a"),
        ("aa", "aa"),
        ("aa", "a"),
        ("c", "b"),
        ("cb", "cb"),
        ("b", "a"),
    ] {
        model.merge(left, right);
    }
    for length in [63, 64, 65, 200, 1200] {
        for unit in [
            "a", "ab", "cb", "abc", "cbba", " ", "\n", "aab", "中", "aaaaaaab",
        ] {
            let text = unit.repeat(length / unit.len() + 1);
            check(Form::Gemma, &model, &[&text]);
            check(Form::Legacy, &model, &[&text]);
        }
    }
}

#[test]
fn tokens_longer_than_windows_count_as_plain_merging() {
    let mut model = Model::new(&["a", "b", "▁"], &[("b", "a")]);
    for length in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] {
        let half = "a".repeat(length);
        model.merge(&half, &half);
        let text = "a".repeat(length * 2 + 1) + &"a".repeat(150) + "b" + &"a".repeat(length * 3);
        check(Form::Gemma, &model, &[&text]);
    }
}

#[test]
fn what_is_not_known_exactly_is_refused() {
    let refused = |form: Form, edit: &dyn Fn(&mut Value)| {
        let bytes = file(form, &model().section());
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        edit(&mut value);
        Counter::new(&serde_json::to_vec(&value).unwrap(), false)
            .err()
            .map(|why| why.0)
    };
    let legacy = Form::Legacy;
    let split = Form::Metaspace("always", true);
    assert_eq!(refused(legacy, &|_| ()), None);
    for (form, pointer, value) in [
        (legacy, "/model/dropout", json!(0.1)),
        (legacy, "/model/continuing_subword_prefix", json!("##")),
        (legacy, "/model/end_of_word_suffix", json!("</w>")),
        (legacy, "/model/unk_token", json!("▁")),
        (legacy, "/model/merges/0", json!(["▁", "z"])),
        (legacy, "/model/merges/0", json!("▁ a")),
        (legacy, "/model/merges/0", json!(["a", "b", "c"])),
        (legacy, "/model/vocab/a", json!(2)),
        (legacy, "/model/vocab/a", json!(-1)),
        (legacy, "/model/vocab/a", json!(4_000_000_000_u32)),
        (legacy, "/normalizer/normalizers/1/content", json!("_")),
        (
            legacy,
            "/normalizer/normalizers/1/pattern",
            json!({"Regex": " "}),
        ),
        (legacy, "/pre_tokenizer", json!({"type": "Whitespace"})),
        (
            Form::NewerGemma,
            "/pre_tokenizer/behavior",
            json!("Isolated"),
        ),
        (split, "/pre_tokenizer/replacement", json!("_")),
        (split, "/pre_tokenizer/prepend_scheme", json!("last")),
        (split, "/pre_tokenizer/split", json!("yes")),
        (
            Form::OlderMetaspace,
            "/pre_tokenizer/add_prefix_space",
            json!(false),
        ),
        (Form::OlderMetaspace, "/pre_tokenizer/str_rep", json!("_")),
    ] {
        let why = refused(form, &|file| {
            *file.pointer_mut(pointer).unwrap() = value.clone();
        });
        assert!(why.is_some(), "{pointer} {value}");
    }
    let unknown = |file: &mut Value| file["model"]["new"] = json!(1);
    assert!(refused(legacy, &unknown).unwrap().contains("new"));
    let mut missing = model();
    missing.vocabulary.retain(|string| string != "<0xE4>");
    missing.unknown = Some("<unk>".to_owned());
    let why = Counter::new(&file(legacy, &missing.section()), false)
        .err()
        .unwrap();
    assert!(why.0.contains("unk_token"), "{why}");
}

#[test]
fn merges_may_be_written_with_a_space() {
    let mut section = model().section();
    for merge in section["merges"].as_array_mut().unwrap() {
        *merge = json!(format!(
            "{} {}",
            merge[0].as_str().unwrap(),
            merge[1].as_str().unwrap()
        ));
    }
    let counter = Counter::new(&file(Form::Legacy, &section), false).unwrap();
    let model = model();
    for text in TEXTS {
        let count = Plain::new(&model).count(Form::Legacy, text);
        assert_eq!(counter.count(text, false), count, "{text:?}");
    }
}

const LETTERS: [&str; 8] = ["▁", "a", "b", "<", ">", "0", "é", "中"];

prop_compose! {
    fn models()(
        letters in proptest::sample::subsequence(&LETTERS[..], 2..=8),
        bytes in select(vec![0, 128, 256]),
        missing in any::<u8>(),
        unknown in select(vec![None, Some("<unk>"), Some("a")]),
        (fuse, fallback, ignore_merges) in any::<(bool, bool, bool)>(),
        picks in proptest::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..24),
        order in any::<u64>(),
    ) -> Model {
        let mut model = Model::new(&letters, &[]);
        model.vocabulary.truncate(letters.len());
        model.vocabulary.extend((0..bytes).map(|byte| spelled(u8::try_from(byte).unwrap())));
        model.vocabulary.retain(|string| *string != spelled(missing));
        model.vocabulary.extend(unknown.filter(|&token| !model.has(token)).map(str::to_owned));
        model.unknown = unknown.map(str::to_owned);
        (model.fuse, model.fallback, model.ignore_merges) = (fuse, fallback, ignore_merges);
        // Letters first, then some of the bytes and what is unknown, then what merges make.
        let count = model.vocabulary.len();
        let mut pool: Vec<String> = (0..letters.len()).chain(count.saturating_sub(3)..count)
            .map(|at| model.vocabulary[at].clone()).collect();
        for (left, right) in picks {
            let (left, right) = (left.get(&pool).clone(), right.get(&pool).clone());
            if left.len() + right.len() <= 24 {
                model.merge(&left, &right);
                pool.push(left + &right);
            }
        }
        // Any order: parts may merge after what is made of them.
        let turn = usize::try_from(order % 24).unwrap() % model.merges.len().max(1);
        if order & 32 == 0 {
            model.merges.rotate_left(turn);
        } else if order & 64 == 0 {
            model.merges.reverse();
        }
        model
    }
}

fn texts() -> impl Strategy<Value = String> {
    let pieces = LETTERS
        .into_iter()
        .chain([" ", " ", "  ", "x", "ü", "😀", "<unk>", "aa", "ab"]);
    let pieces = select(pieces.collect::<Vec<_>>());
    let some = proptest::collection::vec(pieces, 1..40).prop_map(|pieces| pieces.concat());
    (some, 1..6_usize).prop_map(|(text, times)| text.repeat(times))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_model_counts_as_plain_merging(
        model in models(),
        form in select(FORMS.to_vec()),
        texts in proptest::collection::vec(texts(), 1..4),
    ) {
        let counter = Counter::new(&file(form, &model.section()), false).unwrap();
        for text in &texts {
            let count = Plain::new(&model).count(form, text);
            prop_assert_eq!(counter.count(text, false), count, "{:?}", text);
        }
    }
}
