//! Unigram against plain twins: every way to spell a word tried, a charsmap as a list of pairs.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken test should stop"
)]

use std::collections::BTreeMap;

use _native::tokens::counter::Counter;
use _native::tokens::families;
use _native::tokens::file::TokenizerFile;
use proptest::prelude::*;
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

type Pieces = Vec<(String, f64)>;

fn file(normalizer: &Value, pre_tokenizer: &Value, model: &Value) -> Vec<u8> {
    let file = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "post_processor": null,
        "decoder": null, "model": model,
    });
    file.to_string().into_bytes()
}

fn metaspace(scheme: &str) -> Value {
    json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": true})
}

fn model(pieces: &[(String, f64)], byte_fallback: bool) -> Value {
    json!({"type": "Unigram", "unk_id": 0, "vocab": pieces, "byte_fallback": byte_fallback})
}

/// Without a normaliser, a space and nothing else between words, no marks but those.
fn plain(pieces: &[(String, f64)], byte_fallback: bool) -> Counter {
    let json = file(
        &Value::Null,
        &metaspace("never"),
        &model(pieces, byte_fallback),
    );
    Counter::new(&json, true).expect("a file with nothing unknown in it")
}

/// Tokens of one word as the reference finds them: a table of the best way to every place, walked
/// back, unknown pieces in a row made one.
fn spelled(pieces: &BTreeMap<&str, f64>, byte_fallback: bool, word: &str) -> usize {
    let worst = pieces.values().copied().fold(f64::INFINITY, f64::min);
    let mut best: Vec<Option<(f64, usize, bool)>> = vec![None; word.len() + 1];
    best[0] = Some((0.0, 0, false));
    for (start, c) in word.char_indices() {
        let (here, ..) = best[start].expect("every character can be reached");
        let mut offer = |end: usize, score: f64, unknown: bool| {
            let score = score + here;
            if best[end].is_none_or(|(other, ..)| score > other) {
                best[end] = Some((score, start, unknown));
            }
        };
        let ends = word.char_indices().map(|(at, _)| at).chain([word.len()]);
        for end in ends.filter(|end| *end > start) {
            if let Some(score) = pieces.get(&word[start..end]) {
                offer(end, *score, &word[start..end] == "<unk>");
            }
        }
        if !pieces.contains_key(&word[start..start + c.len_utf8()]) {
            offer(start + c.len_utf8(), worst - 10.0, true);
        }
    }
    let (mut tokens, mut end) = (0, word.len());
    while end > 0 {
        let (_, mut start, unknown) = best[end].expect("every end can be reached");
        while unknown && start > 0 && best[start].is_some_and(|(.., unknown)| unknown) {
            start = best[start].map_or(0, |(_, start, _)| start);
        }
        let text = &word[start..end];
        let bytes = text
            .bytes()
            .all(|byte| pieces.contains_key(&*format!("<0x{byte:02X}>")));
        tokens += if byte_fallback && bytes && !pieces.contains_key(text) {
            text.len()
        } else {
            1
        };
        end = start;
    }
    tokens
}

fn pieces() -> impl Strategy<Value = Pieces> {
    // Few letters and scores that are often equal: many ways to spell a word, and ties.
    let piece = prop_oneof![
        "[ace]{1,4}",
        "[acé漢▁<]{1,4}|<unk>[ac]|<0x(61|C3|A9|E6|BC|A2)>",
    ];
    let tied = (-3..0_i32).prop_map(f64::from);
    let pieces = prop_oneof![
        prop::collection::vec((piece.clone(), tied), 0..40),
        prop::collection::vec((piece, -20.0..2.0), 0..40),
    ];
    (pieces, -3.0..1.0).prop_map(|(pieces, unknown)| {
        // The last score of a piece counts.
        let mut all = vec![("<unk>".to_owned(), unknown)];
        all.extend(pieces);
        all
    })
}

proptest! {
    #[test]
    fn the_best_spelling_is_that_of_a_plain_search(
        pieces in pieces(),
        byte_fallback: bool,
        words in prop::collection::vec("[ace]{1,20}|([acé漢▁<x]|<unk>){1,20}", 1..5),
    ) {
        let counter = plain(&pieces, byte_fallback);
        let scores = pieces.iter().map(|(piece, score)| (piece.as_str(), *score)).collect();
        for word in words {
            let mut expected = 0;
            // A mark begins a word.
            let mut rest = word.as_str();
            while let Some(first) = rest.chars().next() {
                let after = &rest[first.len_utf8()..];
                let length = after.find('▁').unwrap_or(after.len());
                let (one, next) = rest.split_at(first.len_utf8() + length);
                expected += spelled(&scores, byte_fallback, one);
                rest = next;
            }
            prop_assert_eq!(counter.count(&word, true), expected, "{:?}", word);
        }
    }

    #[test]
    fn a_charsmap_is_applied_to_clusters_and_characters(
        keys in keys(),
        text in TEXT,
    ) {
        let expected = replaced(&keys, &text);
        prop_assert_eq!(normalized(&keys, &text), expected);
    }
}

/// Characters of every class that joins to others, of every length, and some that do not.
const TEXT: &str = "([abe\r\n\t ©®é☺क\u{937}\u{94d}\u{93c}\u{93f}ि\u{308}\u{323}\u{200d}\u{200c}\u{fe0f}\
    \u{600}\u{6dd}\u{890}\u{1100}\u{1161}\u{11a8}가각\u{16d63}\u{1f1e9}\u{1f469}\u{1f3fd}\u{110bd}\u{ad}\u{e33}]\
    |क\u{94d}|[☺©]\u{200d}|[क☺©가\u{11a8}]?\u{301}){0,24}";
const KEYS: [&str; 28] = [
    "a",
    "b",
    "a\u{301}",
    "e\u{301}",
    "e\u{301}\u{308}",
    "e\u{308}",
    "é",
    "é\u{301}",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "©",
    "©\u{301}",
    "☺\u{301}",
    "☺",
    "क",
    "क\u{301}",
    "가\u{301}",
    "\u{11a8}",
    "\u{600}",
    "\u{600}a",
    "\u{301}",
    "\u{308}",
    "\u{200d}",
    "\u{110bd}",
    "\u{1f469}",
];

/// Some of the keys, with what replaces them.
fn keys() -> impl Strategy<Value = BTreeMap<String, String>> {
    let keys = prop::sample::subsequence(&KEYS[..], 0..=KEYS.len());
    let values = prop::collection::vec("[xyz ]{0,3}", KEYS.len());
    (keys, values)
        .prop_map(|(keys, values)| keys.into_iter().map(str::to_owned).zip(values).collect())
}

/// The plain twin.
fn replaced(keys: &BTreeMap<String, String>, text: &str) -> String {
    let find = |part: &str| {
        let ends = part.char_indices().map(|(at, c)| at + c.len_utf8());
        ends.into_iter().find_map(|end| keys.get(&part[..end]))
    };
    let mut out = String::new();
    for cluster in text.graphemes(true) {
        match find(cluster).filter(|_| cluster.len() < 6) {
            Some(value) => out.push_str(value),
            None => cluster.chars().for_each(|c| {
                let c = c.to_string();
                out.push_str(find(&c).unwrap_or(&c));
            }),
        }
    }
    out
}

fn normalized(keys: &BTreeMap<String, String>, text: &str) -> String {
    let normalizer = json!({"type": "Precompiled", "precompiled_charsmap": charsmap(keys)});
    let pieces = [("<unk>".to_owned(), 0.0)];
    let json = file(&normalizer, &metaspace("always"), &model(&pieces, false));
    let file = TokenizerFile::read(&json).expect("a file");
    let family = families::of(&file).expect("a file with nothing unknown in it");
    family.normalize(text).into_owned()
}

/// The format, as sparse as can be: every prefix has 256 places of its own.
fn charsmap(keys: &BTreeMap<String, String>) -> String {
    let mut values = vec![0];
    let mut bases: BTreeMap<&[u8], u32> = BTreeMap::new();
    let prefixes = keys
        .keys()
        .flat_map(|key| (0..=key.len()).map(|end| &key.as_bytes()[..end]));
    for prefix in prefixes {
        let next = 256 * (u32::try_from(bases.len()).expect("few keys") + 1);
        bases.entry(prefix).or_insert(next);
    }
    let mut units = vec![0_u32; 256 * (bases.len() + 1)];
    // The place of a prefix, its own base, and which byte led to it.
    for (prefix, base) in &bases {
        let at = match prefix.split_last() {
            None => 0,
            Some((last, before)) => bases[before] ^ u32::from(*last),
        };
        let mut unit = (at ^ base) << 10 | prefix.last().map_or(0, |last| u32::from(*last));
        if let Some(value) = std::str::from_utf8(prefix)
            .ok()
            .and_then(|key| keys.get(key))
        {
            unit |= 1 << 8;
            units[*base as usize] = 1 << 31 | u32::try_from(values.len()).expect("short values");
            values.extend_from_slice(value.as_bytes());
            values.push(0);
        }
        units[at as usize] = unit;
    }
    let mut bytes = u32::try_from(4 * units.len())
        .expect("few keys")
        .to_le_bytes()
        .to_vec();
    bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    bytes.extend(values);
    base64(&bytes)
}

fn base64(bytes: &[u8]) -> String {
    let digits: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['+', '/'])
        .collect();
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .fold(0, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            out.push(digits[bits >> (18 - 6 * place) & 63]);
        }
    }
    out + &"=".repeat((3 - bytes.len() % 3) % 3)
}

#[test]
fn scores_are_read_as_the_reference_reads_them() {
    // Read to the nearest number, the second would be above the third, and "ab" two tokens.
    let vocab =
        r#"[["<unk>", -20], ["a", 0], ["b", -2.0122928619384766], ["ab", -2.012292861938477]]"#;
    let model: Value =
        json!({"type": "Unigram", "unk_id": 0, "vocab": "VOCAB", "byte_fallback": false});
    let json = String::from_utf8(file(&Value::Null, &metaspace("never"), &model)).expect("text");
    let json = json.replace("\"VOCAB\"", vocab);
    let counter = Counter::new(json.as_bytes(), true).expect("a file");
    assert_eq!(counter.count("ab", true), 1);
}

#[test]
fn a_part_that_is_not_known_is_refused() {
    let pieces = [("<unk>".to_owned(), 0.0), ("a".to_owned(), -1.0)];
    let model = model(&pieces, false);
    let sequence = |parts: &[Value]| json!({"type": "Sequence", "pretokenizers": parts});
    let split = json!({"type": "WhitespaceSplit"});
    let normalizers = [
        json!({"type": "NFKC"}),
        json!({"type": "NFKD"}),
        json!({"type": "StripAccents"}),
        json!({"type": "Lowercase", "locale": "tr"}),
        json!({"type": "Replace", "pattern": {"Regex": " {3,}"}, "content": " "}),
        json!({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "_"}),
        json!({"type": "Strip", "strip_left": true}),
        json!({"type": "Precompiled", "precompiled_charsmap": ""}),
        json!({"type": "Precompiled", "precompiled_charsmap": "!"}),
        json!({"type": "Sequence", "normalizers": [{"type": "Nmt"}]}),
    ];
    for normalizer in normalizers {
        assert!(
            Counter::new(&file(&normalizer, &metaspace("always"), &model), true).is_err(),
            "{normalizer}"
        );
    }
    let pre_tokenizers = [
        Value::Null,
        split.clone(),
        sequence(&[split.clone(), split.clone()]),
        sequence(&[split.clone(), metaspace("first")]),
        sequence(&[metaspace("always"), metaspace("always")]),
        json!({"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "split": true}),
        json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": false}),
        json!({"type": "Metaspace", "replacement": "▁", "add_prefix_space": false}),
        json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "last"}),
        json!({"type": "Metaspace", "replacement": "▁", "more": 1}),
    ];
    for pre_tokenizer in pre_tokenizers {
        assert!(
            Counter::new(&file(&Value::Null, &pre_tokenizer, &model), true).is_err(),
            "{pre_tokenizer}"
        );
    }
    let strip = json!({"type": "Strip", "strip_left": true, "strip_right": true});
    assert!(Counter::new(&file(&strip, &metaspace("first"), &model), true).is_err());
    for (key, value) in [
        ("unk_id", Value::Null),
        ("unk_id", json!(2)),
        ("alpha", json!(0.1)),
        ("vocab", json!({})),
    ] {
        let mut other = model.clone();
        other[key] = value;
        assert!(
            Counter::new(&file(&Value::Null, &metaspace("always"), &other), true).is_err(),
            "{other}"
        );
    }
}

#[test]
fn files_of_all_ages_are_known() {
    let pieces = [
        ("<unk>".to_owned(), 0.0),
        ("▁a".to_owned(), -1.0),
        ("a".to_owned(), -2.0),
    ];
    let old = json!({"unk_id": 0, "vocab": pieces});
    let split = json!({"type": "WhitespaceSplit"});
    let metaspace =
        json!({"type": "Metaspace", "replacement": "▁", "str_rep": "▁", "add_prefix_space": true});
    let both = json!({"type": "Sequence", "pretokenizers": [split, metaspace]});
    let counter =
        Counter::new(&file(&Value::Null, &both, &old), true).expect("a file of t5's kind");
    assert_eq!(counter.count("a\u{3000}a aa", true), 4);
    assert_eq!(counter.count(" \n\t\u{85}", true), 0);
}
