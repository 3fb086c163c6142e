// Invariant: any file is read or refused; any text counts the same the first time, the second, and
// with a counter that has seen nothing.
#![no_main]

use _native::tokens::counter::Counter;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// Added tokens to choose from: overlapping, of spaces, with letters of two cases.
const CONTENTS: [&str; 8] = ["<a>", "<a", "a", " ", "  ", "A b", "é", "\n"];

fuzz_target!(|input: (Vec<u8>, [u8; 8], u8, String)| {
    let (json, flags, parts, text) = input;
    // As it comes, which is seldom a tokenizer, and one whose parts are drawn.
    check(&json, &text);
    check(file(flags, parts).to_string().as_bytes(), &text);
});

fn check(json: &[u8], text: &str) {
    let Ok(counter) = Counter::new(json, false) else {
        return;
    };
    let count = counter.count(text, true);
    assert_eq!(counter.count(text, true), count);
    let new = Counter::new(json, false).map(|new| new.count(text, true));
    assert_eq!(new.ok(), Some(count));
    let whole = Counter::new(json, true).map(|whole| whole.count(text, false));
    assert!(whole.is_ok_and(|whole| whole <= 4 * text.len()));
}

/// `flags`: of each of the contents, the lowest bit says whether it is a token.
fn file(flags: [u8; 8], parts: u8) -> Value {
    let tokens: Vec<Value> = CONTENTS
        .iter()
        .zip(flags)
        .filter(|(_, flags)| flags & 1 == 1)
        .map(|(content, flags)| {
            json!({"id": 0, "content": content, "single_word": flags & 2 == 2,
                   "lstrip": flags & 4 == 4, "rstrip": flags & 8 == 8,
                   "normalized": flags & 16 == 16, "special": false})
        })
        .collect();
    let choose = |bit: u8, value: Value| {
        if parts & bit == bit {
            value
        } else {
            Value::Null
        }
    };
    let vocab: serde_json::Map<String, Value> = (b'a'..=b'z')
        .flat_map(|letter| {
            [
                format!("{}", letter as char),
                format!("##{}", letter as char),
            ]
        })
        .chain([
            "[UNK]".to_owned(),
            "ab".to_owned(),
            "##ab".to_owned(),
            "▁".to_owned(),
        ])
        .enumerate()
        .map(|(id, token)| (token, id.into()))
        .collect();
    let bert = json!({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                      "strip_accents": null, "lowercase": true});
    let model = if parts & 1 == 1 {
        json!({"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
               "max_input_chars_per_word": 100, "vocab": vocab})
    } else {
        json!({"type": "BPE", "dropout": null, "unk_token": "[UNK]", "fuse_unk": true,
               "continuing_subword_prefix": null, "end_of_word_suffix": null,
               "byte_fallback": false, "ignore_merges": false, "vocab": vocab,
               "merges": [["a", "b"]]})
    };
    let (normalizer, pre_tokenizer) = if parts & 1 == 1 {
        (bert, json!({"type": "BertPreTokenizer"}))
    } else {
        let first = json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first",
                           "split": false});
        (Value::Null, first)
    };
    json!({
        "version": "1.0",
        "added_tokens": tokens,
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "model": model,
        "post_processor": choose(2, json!({"type": "BertProcessing", "sep": ["s", 1], "cls": ["c", 0]})),
        "truncation": choose(4, json!({"max_length": 9, "strategy": "LongestFirst", "stride": 2})),
        "padding": choose(8, json!({"strategy": {"Fixed": 7}, "direction": "Left", "pad_id": 0,
                                    "pad_type_id": 0, "pad_token": "p"})),
    })
}
