//! Byte pair encoding of BERT's words: facts about single texts, and merging against a plain twin.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken test should stop"
)]

use std::collections::HashMap;
use std::sync::LazyLock;

use _native::tokens::cache::Memory;
use _native::tokens::families;
use _native::tokens::family::{Family, Place, Unsupported};
use _native::tokens::file::TokenizerFile;
use proptest::prelude::*;
use serde_json::{Value, json};

const PLACE: Place = Place { first: true };

/// In the order of their ranks, as a training would find them.
const LEARNED: [(&str, &str); 12] = [
    ("a", "a"),
    ("a", "b</w>"),
    ("b", "a"),
    ("aa", "aa"),
    ("ba", "b</w>"),
    ("a", "a</w>"),
    ("aaaa", "aaaa"),
    ("ba", "ba"),
    ("aa", "ba"),
    ("aaaa", "ab</w>"),
    ("baba", "baba"),
    ("c", "c"),
];

/// The same, some before what they are made of: no training gives these.
fn shuffled() -> Vec<(&'static str, &'static str)> {
    let mut merges = LEARNED.to_vec();
    merges.reverse();
    merges.swap(2, 7);
    merges
}

fn model(merges: &[(&str, &str)]) -> Value {
    let mut vocab = serde_json::Map::new();
    let characters = ["<unk>", "a", "b", "c", "a</w>", "b</w>", "!</w>", "中</w>"];
    let made = merges.iter().map(|(a, b)| [*a, *b].concat());
    for token in characters.into_iter().map(str::to_owned).chain(made) {
        let id = vocab.len();
        vocab.entry(token).or_insert(json!(id));
    }
    json!({
        "type": "BPE",
        "dropout": null,
        "unk_token": "<unk>",
        "continuing_subword_prefix": null,
        "end_of_word_suffix": "</w>",
        "fuse_unk": false,
        "byte_fallback": false,
        "ignore_merges": false,
        "vocab": vocab,
        "merges": merges,
    })
}

fn family_of(model: &Value) -> Result<Box<dyn Family>, Unsupported> {
    let file = json!({
        "version": "1.0",
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": true,
            "strip_accents": null,
            "lowercase": true,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": model,
    });
    families::of(&TokenizerFile::read(file.to_string().as_bytes())?)
}

fn count(model: &Value, text: &str) -> usize {
    counted_by(&*family_of(model).unwrap(), text)
}

fn counted_by(family: &dyn Family, text: &str) -> usize {
    let memory = Memory::new();
    let first = family.count(text, PLACE, &memory);
    // The second time from what is remembered of the first.
    assert_eq!(family.count(text, PLACE, &memory), first, "{text:?}");
    assert_eq!(
        family.count_normalized(&family.normalize(text), PLACE, &memory),
        first,
        "{text:?}"
    );
    first
}

/// What the model is defined to do: of all pairs the one of the lowest rank, the leftmost first.
fn plain(merges: &[(&str, &str)], word: &str) -> usize {
    let ranks: HashMap<(String, String), usize> = merges
        .iter()
        .enumerate()
        .map(|(rank, (a, b))| (((*a).to_owned(), (*b).to_owned()), rank))
        .collect();
    let length = word.chars().count();
    let mut tokens: Vec<String> = word
        .chars()
        .enumerate()
        .map(|(at, c)| match (c, at + 1 == length) {
            ('a' | 'b', true) => format!("{c}</w>"),
            ('a' | 'b' | 'c', false) => c.to_string(),
            _ => "<unk>".to_owned(),
        })
        .collect();
    loop {
        let lowest = (1..tokens.len())
            .filter_map(|at| {
                let pair = (tokens[at - 1].clone(), tokens[at].clone());
                Some((*ranks.get(&pair)?, at))
            })
            .min();
        let Some((_, at)) = lowest else {
            return tokens.len();
        };
        let right = tokens.remove(at);
        tokens[at - 1].push_str(&right);
    }
}

#[test]
fn merges_go_by_their_place_in_the_list() {
    let model = model(&LEARNED);
    assert_eq!(count(&model, "ab"), 1);
    assert_eq!(count(&model, "aab"), 2, "aa is before ab</w>: aa, b</w>");
    assert_eq!(count(&model, "aa"), 1, "a, a</w>");
    assert_eq!(count(&model, "bab"), 2, "ab</w> is before ba: b, ab</w>");
}

#[test]
fn a_character_without_a_token_is_an_unknown_one() {
    let model = model(&LEARNED);
    assert_eq!(count(&model, "x"), 1);
    assert_eq!(count(&model, "xyz"), 3);
    assert_eq!(
        count(&model, "ac"),
        2,
        "c has a token within a word, and none at its end"
    );
    assert_eq!(count(&model, "中!"), 2);
    assert_eq!(count(&model, "한"), 3, "its three letters");
}

#[test]
fn unknown_characters_are_fused_if_the_file_says_so() {
    let mut model = model(&LEARNED);
    model["fuse_unk"] = json!(true);
    assert_eq!(count(&model, "xyz"), 1);
    assert_eq!(count(&model, "xayz"), 3);
    assert_eq!(count(&model, "x yz"), 2, "words are apart");
    assert_eq!(count(&model, &"xy".repeat(1000)), 1);
}

#[test]
fn without_an_unknown_token_such_characters_are_left_out() {
    let mut model = model(&LEARNED);
    model["unk_token"] = Value::Null;
    assert_eq!(count(&model, "xyz"), 0);
    assert_eq!(count(&model, "axb"), 1, "a and b</w> become neighbours");
    assert_eq!(count(&model, "?中"), 1);
    let long = "axb".repeat(100);
    assert_eq!(count(&model, &long), count(&model, &long.replace('x', "")));
}

#[test]
fn merges_may_be_spelled_as_lines() {
    let mut lines = model(&LEARNED);
    lines["merges"] = LEARNED.iter().map(|(a, b)| format!("{a} {b}")).collect();
    assert_eq!(count(&lines, "aab"), 2);
    lines["merges"] = json!(["a a b"]);
    assert!(family_of(&lines).is_err());
}

#[test]
fn what_is_not_known_exactly_is_left_to_the_reference() {
    for (key, value) in [
        ("dropout", json!(0.5)),
        ("byte_fallback", json!(true)),
        ("ignore_merges", json!(true)),
        ("continuing_subword_prefix", json!("##")),
        ("unk_token", json!("<none>")),
        ("unheard", json!(0)),
        ("merges", json!([["a", "none"]])),
    ] {
        let mut model = model(&LEARNED);
        model[key] = value;
        assert!(family_of(&model).is_err(), "{key}");
    }
    let mut twice = model(&LEARNED);
    twice["vocab"]["again"] = json!(1);
    assert!(family_of(&twice).is_err());
}

#[test]
fn long_words_are_merged_like_short_ones() {
    for merges in [LEARNED.to_vec(), shuffled()] {
        let family = family_of(&model(&merges)).unwrap();
        for part in ["a", "b", "ab", "ba", "aab", "cab", "abx"] {
            for times in [12, 13, 50, 51, 120] {
                let word = part.repeat(times);
                assert_eq!(
                    counted_by(&*family, &word),
                    plain(&merges, &word),
                    "{part} x {times}"
                );
            }
        }
    }
}

#[test]
fn tokens_longer_than_any_window_are_merged_all_the_same() {
    let halves: Vec<String> = (0..9).map(|power| "a".repeat(1 << power)).collect();
    let merges: Vec<(&str, &str)> = halves.iter().map(|half| (&**half, &**half)).collect();
    let family = family_of(&model(&merges)).unwrap();
    for length in [60, 65, 250, 257, 300, 513, 600] {
        let word = "a".repeat(length);
        assert_eq!(
            counted_by(&*family, &word),
            plain(&merges, &word),
            "{length}"
        );
    }
}

#[test]
fn what_a_word_ends_with_may_change_all_of_it() {
    // Each pair waits for the one behind it: the merges are found from the end.
    let merges = [
        ("b", "a</w>"),
        ("a", "ba</w>"),
        ("b", "aba</w>"),
        ("a", "b"),
        ("ab", "ab"),
    ];
    let family = family_of(&model(&merges)).unwrap();
    for times in (1..70).step_by(3) {
        for word in ["ab".repeat(times), "ba".repeat(times), "aba".repeat(times)] {
            assert_eq!(counted_by(&*family, &word), plain(&merges, &word), "{word}");
        }
    }
}

proptest! {
    #[test]
    fn words_count_as_in_the_plain_twin(
        words in prop_oneof!["([abcx]{1,8} {0,2}){0,12}", "[abcx]{30,120}", "(ab|ba|aa){20,80}"],
        learned in any::<bool>(),
    ) {
        static FAMILIES: LazyLock<[Box<dyn Family>; 2]> = LazyLock::new(|| {
            [shuffled(), LEARNED.to_vec()].map(|merges| family_of(&model(&merges)).unwrap())
        });
        let merges = if learned { LEARNED.to_vec() } else { shuffled() };
        let expected: usize = words.split_whitespace().map(|word| plain(&merges, word)).sum();
        prop_assert_eq!(counted_by(&*FAMILIES[usize::from(learned)], &words), expected);
    }
}
