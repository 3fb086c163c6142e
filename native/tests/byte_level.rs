//! Byte-level BPE beside the plainest way to do it, over vocabularies and merges drawn at random.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken test should stop"
)]

use std::collections::HashMap;

use _native::tokens::bpe::byte_level;
use _native::tokens::cache::Memory;
use _native::tokens::family::{Family, Place, Unsupported};
use _native::tokens::file::TokenizerFile;
use proptest::prelude::*;
use serde_json::{Value, json};

/// As a vocabulary spells bytes: those below stand for themselves, a space does not.
const LETTERS: [&str; 5] = ["a", "b", "c", "d", "Ġ"];

fn file(merges: &[(String, String)], tokens: &[String]) -> Value {
    let vocab: HashMap<_, _> = tokens.iter().zip(0..).collect();
    json!({
        "version": "1.0",
        "pre_tokenizer": {
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false,
        },
        "model": {"type": "BPE", "vocab": vocab, "merges": merges},
    })
}

fn family(file: &Value) -> Option<Result<Box<dyn Family>, Unsupported>> {
    let json = serde_json::to_vec(file).unwrap();
    byte_level::recognise(&TokenizerFile::read(&json).unwrap())
}

fn count(family: &dyn Family, text: &str) -> usize {
    family.count(text, Place { first: true }, &Memory::new())
}

/// Merges of letters and of what earlier merges made, some of them twice, and all their tokens.
fn merges() -> impl Strategy<Value = (Vec<(String, String)>, Vec<String>)> {
    prop::collection::vec(
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        0..60,
    )
    .prop_map(|picks| {
        let mut tokens: Vec<String> = LETTERS.map(str::to_owned).to_vec();
        let mut merges = Vec::new();
        for (left, right) in picks {
            let (left, right) = (left.get(&tokens).clone(), right.get(&tokens).clone());
            let product = format!("{left}{right}");
            if !tokens.contains(&product) && product.len() < 300 {
                tokens.push(product);
            }
            merges.push((left, right));
        }
        merges.retain(|(left, right)| tokens.contains(&format!("{left}{right}")));
        (merges, tokens)
    })
}

/// The same as they are learned: each makes a token that none before it does.
fn merges_in_order() -> impl Strategy<Value = (Vec<(String, String)>, Vec<String>)> {
    let index = any::<prop::sample::Index>;
    prop::collection::vec((index(), index()), 0..60).prop_map(|picks| {
        let mut tokens: Vec<String> = LETTERS.map(str::to_owned).to_vec();
        let mut merges = Vec::new();
        for (left, right) in picks {
            let (left, right) = (left.get(&tokens).clone(), right.get(&tokens).clone());
            let product = format!("{left}{right}");
            if !tokens.contains(&product) && product.chars().count() < 20 {
                tokens.push(product);
                merges.push((left, right));
            }
        }
        (merges, tokens)
    })
}

/// Characters of two and three bytes that have bytes in common, beside ASCII: what merging begins
/// with may be whole ones.
const CHARACTERS: &str = "a éäа两严天夹";

/// All bytes from 0xa1 on but one stand for themselves.
fn spelled(text: &str) -> String {
    let spell = |byte| match byte {
        b' ' => 'Ġ',
        _ => char::from(byte),
    };
    text.bytes().map(spell).collect()
}

/// Merges of bytes of characters, of which each makes a token that none before it does: `hints`
/// are parts of characters, which would seldom be whole otherwise.
fn merges_of_characters() -> impl Strategy<Value = (Vec<(String, String)>, Vec<String>)> {
    let index = any::<prop::sample::Index>;
    let hint = (index(), any::<bool>());
    prop::collection::vec((index(), index(), prop::option::weighted(0.7, hint)), 0..40).prop_map(
        |picks| {
            let mut tokens: Vec<String> = spelled(CHARACTERS).chars().map(String::from).collect();
            tokens.sort();
            tokens.dedup();
            let characters: Vec<char> = CHARACTERS.chars().filter(|one| !one.is_ascii()).collect();
            let mut merges: Vec<(String, String)> = Vec::new();
            for (left, right, hint) in picks {
                let (mut left, mut right) = (left.get(&tokens).clone(), right.get(&tokens).clone());
                if let Some((which, from_left)) = hint {
                    let bytes: Vec<char> = spelled(&which.get(&characters).to_string())
                        .chars()
                        .collect();
                    let part = |range: &[char]| range.iter().collect::<String>();
                    let joint = if from_left { bytes.len() - 1 } else { 1 };
                    (left, right) = (part(&bytes[..joint]), part(&bytes[joint..]));
                    // The longer side first, if there is none yet.
                    for side in [left.clone(), right.clone()] {
                        let mut bytes = side.chars();
                        if let (false, Some(first)) = (tokens.contains(&side), bytes.next()) {
                            merges.push((first.to_string(), bytes.collect()));
                            tokens.push(side);
                        }
                    }
                }
                let product = format!("{left}{right}");
                if !tokens.contains(&product) && product.len() < 40 {
                    tokens.push(product);
                    merges.push((left, right));
                }
            }
            (merges, tokens)
        },
    )
}

/// Of all neighbours that merge, the first of those with the lowest rank, until there are none.
fn oracle(text: &str, merges: &[(String, String)]) -> usize {
    let ranks: HashMap<_, _> = merges.iter().zip(0..).collect();
    let mut word: Vec<String> = spelled(text).chars().map(String::from).collect();
    loop {
        let pairs = word
            .windows(2)
            .enumerate()
            .filter_map(|(at, pair)| match pair {
                [left, right] => ranks
                    .get(&(left.clone(), right.clone()))
                    .map(|rank| (rank, at)),
                _ => None,
            });
        let Some((_, at)) = pairs.min() else {
            return word.len();
        };
        let right = word.remove(at + 1);
        if let Some(left) = word.get_mut(at) {
            left.push_str(&right);
        }
    }
}

proptest! {
    // Each case makes a family, megabytes of it.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_word_is_merged_by_rank(
        (merges, tokens) in merges(),
        texts in prop::collection::vec("[abcd ]{1,20}|[ab]{1,40}", 1..20),
    ) {
        let family = family(&file(&merges, &tokens)).unwrap().unwrap();
        for text in &texts {
            prop_assert_eq!(count(&*family, text), oracle(text, &merges), "{:?}", text);
            prop_assert_eq!(count(&*family, text), oracle(text, &merges), "{:?} again", text);
        }
    }

    /// Some are what their bytes are merged to, and some are not: what is known of them when the file
    /// is read must be the same.
    #[test]
    fn a_token_is_merged_as_any_other_word((merges, tokens) in merges_in_order()) {
        let family = family(&file(&merges, &tokens)).unwrap().unwrap();
        for token in &tokens {
            let text = token.replace('Ġ', " ");
            prop_assert_eq!(count(&*family, &text), oracle(&text, &merges), "{:?}", text);
        }
    }

    #[test]
    fn the_order_of_the_merges_is_their_rank(
        (merges, tokens, shuffled) in merges().prop_flat_map(|(merges, tokens)| {
            (Just(merges.clone()), Just(tokens), Just(merges).prop_shuffle())
        }),
        text in "[abcd ]{1,40}",
    ) {
        for merges in [merges, shuffled] {
            let family = family(&file(&merges, &tokens)).unwrap().unwrap();
            prop_assert_eq!(count(&*family, &text), oracle(&text, &merges));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn characters_are_merged_by_rank(
        (mut merges, mut tokens) in merges_of_characters(),
        has_all_bytes: bool,
        order in 0..4,
        texts in prop::collection::vec("[a éäа两严天夹]{1,14}|[两严天夹]{1,40}", 1..40),
    ) {
        if order == 0 {
            // Later merges come first: tokens that no text comes to.
            merges.reverse();
        }
        if has_all_bytes {
            // As GPT-2 spells them.
            let bytes = ('!'..='~').chain('¡'..='¬').chain('®'..='ÿ').chain('Ā'..='Ń');
            let others = bytes.map(String::from).filter(|byte| !tokens.contains(byte));
            tokens.append(&mut others.collect());
        }
        let family = family(&file(&merges, &tokens)).unwrap().unwrap();
        for text in &texts {
            prop_assert_eq!(count(&*family, text), oracle(text, &merges), "{:?}", text);
        }
    }
}

proptest! {
    // The oracle is quadratic.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_long_word_is_merged_as_a_whole(
        (merges, tokens) in merges(),
        text in prop_oneof![
            "[ab]{120,600}",
            "[abcd ]{120,600}",
            ("[abcd ]{1,9}", 20_usize..90).prop_map(|(unit, times)| unit.repeat(times)),
        ],
    ) {
        let family = family(&file(&merges, &tokens)).unwrap().unwrap();
        prop_assert_eq!(count(&*family, &text), oracle(&text, &merges));
    }
}

#[test]
fn tokens_longer_than_any_window_are_found() {
    let mut merges = Vec::new();
    let mut tokens: Vec<String> = LETTERS.map(str::to_owned).to_vec();
    let mut row = "a".to_owned();
    while row.len() < 4096 {
        merges.push((row.clone(), row.clone()));
        row = row.repeat(2);
        tokens.push(row.clone());
    }
    let family = family(&file(&merges, &tokens)).unwrap().unwrap();
    for (length, tokens) in [
        (4096, 1),
        (4095, 12),
        (40_960, 10),
        (40_961, 11),
        (8192 + 513, 4),
    ] {
        assert_eq!(count(&*family, &"a".repeat(length)), tokens, "{length}");
    }
}

#[test]
fn a_byte_without_a_token_leaves_nothing() {
    let merges = [("a".to_owned(), "b".to_owned())];
    let tokens = ["a", "b", "ab"].map(str::to_owned);
    let family = family(&file(&merges, &tokens)).unwrap().unwrap();
    assert_eq!(count(&*family, "azb"), 1);
    assert_eq!(count(&*family, "zz"), 0);
    assert_eq!(count(&*family, &"azb".repeat(200)), 200);
}

#[test]
fn a_word_that_is_a_token_is_taken_as_that_when_merges_are_ignored() {
    let tokens = ["a", "b", "ab", "aaaaaaaaaaaaaaaaaaaa"].map(str::to_owned);
    let mut file = file(&[], &tokens);
    let long = "a".repeat(20);
    for (ignored, expected) in [(false, [2, 20, 3]), (true, [1, 1, 3])] {
        file["model"]["ignore_merges"] = json!(ignored);
        let family = family(&file).unwrap().unwrap();
        assert_eq!(
            ["ab", &long, "aab"].map(|text| count(&*family, text)),
            expected
        );
    }
}

#[test]
fn what_is_not_counted_exactly_is_refused() {
    let tokens = ["a", "b", "ab"].map(str::to_owned);
    let merges = [("a".to_owned(), "b".to_owned())];
    let known = file(&merges, &tokens);
    let with = |pointer: &str, value: Value| {
        let mut file = known.clone();
        *file.pointer_mut(pointer).unwrap() = value;
        file
    };
    let model = |key: &str, value: Value| {
        let mut file = known.clone();
        file["model"][key] = value;
        file
    };
    assert!(family(&known).unwrap().is_ok());
    assert!(family(&model("dropout", json!(0.0))).unwrap().is_ok());
    assert!(
        family(&model("end_of_word_suffix", json!("")))
            .unwrap()
            .is_ok()
    );
    for refused in [
        model("dropout", json!(0.1)),
        model("end_of_word_suffix", json!("</w>")),
        model("continuing_subword_prefix", json!("##")),
        model("unk_token", json!("a")),
        model("byte_fallback", json!(true)),
        model("more", json!(null)),
        with("/model/type", json!("WordPiece")),
        with("/model/vocab/ab", json!(0)),
        with("/model/merges", json!([["a", "x"]])),
        with("/model/merges", json!([["b", "a"]])),
        with("/model/merges", json!(["a b", ["a", "b"]])),
        with("/model/merges", json!(["a b c"])),
        with("/pre_tokenizer/add_prefix_space", json!(1)),
        with("/pre_tokenizer/use_regex", json!(null)),
        with(
            "/pre_tokenizer",
            json!({"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": "a+"}, "behavior": "Isolated", "invert": false},
                known["pre_tokenizer"],
            ]}),
        ),
    ] {
        assert!(family(&refused).unwrap().is_err(), "{refused}");
    }
    assert!(family(&with("/pre_tokenizer", json!({"type": "Whitespace"}))).is_none());
    let mut normalized = known.clone();
    normalized["normalizer"] = json!({"type": "NFKC"});
    assert!(family(&normalized).unwrap().is_err());
}
