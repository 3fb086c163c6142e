//! tokenizer.json, read strictly: whatever it says, there is an answer.

#![allow(clippy::unwrap_used, reason = "a broken test should stop")]

use _native::tokens::counter::Counter;
use _native::tokens::file::TokenizerFile;
use proptest::prelude::*;
use serde_json::{Value, json};

fn plain() -> Value {
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [{"id": 0, "content": "<s>", "single_word": false, "lstrip": false,
                          "rstrip": false, "normalized": false, "special": true}],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": null,
        "post_processor": null,
        "decoder": {"type": "Anything"},
        "model": {"type": "BPE", "vocab": {"a": 0}},
    })
}

fn refusal(json: &str) -> Option<String> {
    TokenizerFile::read(json.as_bytes()).err().map(|why| why.0)
}

#[test]
fn the_parts_are_given_as_they_stand() {
    let text = plain().to_string();
    let file = TokenizerFile::read(text.as_bytes()).unwrap();
    assert_eq!(file.normalizer, json!({"type": "NFC"}));
    assert!(file.pre_tokenizer.is_null() && file.truncation.is_none());
    assert_eq!(file.added_tokens.len(), 1);
    assert_eq!(file.model.get(), r#"{"type":"BPE","vocab":{"a":0}}"#);
}

#[test]
fn what_is_not_known_is_refused() {
    for (pointer, value) in [
        ("/new", json!(1)),
        ("/version", json!("2.0")),
        ("/added_tokens/0/new", json!(false)),
        ("/added_tokens/0/lstrip", json!(1)),
        (
            "/truncation",
            json!({"max_length": 1, "strategy": "New", "stride": 0}),
        ),
        (
            "/padding",
            json!({"strategy": "BatchLongest", "direction": "Up"}),
        ),
    ] {
        let mut file = plain();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = file.pointer_mut(parent).unwrap();
        parent
            .as_object_mut()
            .unwrap()
            .insert(key.to_owned(), value);
        assert!(refusal(&file.to_string()).is_some(), "{pointer}");
    }
    assert_eq!(refusal(&plain().to_string()), None);
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let twice = |from: &str, to: &str| plain().to_string().replace(from, to);
    for text in [
        twice(r#""padding":null"#, r#""padding":null,"padding":null"#),
        twice(r#"{"type":"NFC"}"#, r#"{"type":"NFC","type":"NFC"}"#),
        twice(r#"{"type":"NFC"}"#, r#"[{"a":{"b":1,"b":1}}]"#),
        twice(r#""id":0"#, r#""id":0,"id":0"#),
    ] {
        assert!(
            refusal(&text).is_some_and(|why| why.contains("twice") || why.contains("duplicate"))
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert!(Counter::new(b"\xff", false).is_err());
    assert!(Counter::new(b"", false).is_err());
}

/// Any JSON, with the names and values of such files among its own.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        prop::sample::select(
            &[
                "type",
                "vocab",
                "merges",
                "BPE",
                "WordPiece",
                "Unigram",
                "Sequence",
                "ByteLevel",
                "Metaspace",
                "prepend_scheme",
                "first",
                "normalizers",
                "pretokenizers",
                "unk_token",
                "TemplateProcessing",
                "single",
                "processors",
                "BertNormalizer",
                "content",
                "id",
            ][..]
        )
        .prop_map(str::to_owned),
        "\\PC{0,3}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(word.clone(), inner, 0..4)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_file_panics(
        part in prop::sample::select(&["version", "truncation", "padding", "added_tokens",
            "normalizer", "pre_tokenizer", "post_processor", "decoder", "model"][..]),
        value in any_json(),
        text in "\\PC{0,20}",
    ) {
        let mut file = plain();
        file.as_object_mut().unwrap().insert(part.to_owned(), value);
        if let Ok(counter) = Counter::new(file.to_string().as_bytes(), false) {
            let _ = counter.count(&text, true);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), cut in 0_usize..512) {
        prop_assert!(Counter::new(&bytes, true).is_err());
        let text = plain().to_string();
        let cut = cut.min(text.len() - 1);
        prop_assert!(Counter::new(text.get(..cut).unwrap().as_bytes(), true).is_err());
    }
}
