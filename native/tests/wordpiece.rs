//! `WordPiece` with BERT's words: facts about single texts, and the longest match against a plain
//! twin that tries every length.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken test should stop"
)]

use std::sync::LazyLock;

use _native::tokens::cache::Memory;
use _native::tokens::families;
use _native::tokens::family::{Family, Place, Unsupported};
use _native::tokens::file::TokenizerFile;
use proptest::prelude::*;
use serde_json::{Value, json};

const PLACE: Place = Place { first: true };
const PIECES: [&str; 16] = [
    "[UNK]", "a", "b", "ab", "abc", "c", "##a", "##b", "##ba", "##bab", "##c", "é", "##é", "!",
    "中", "##",
];

fn normalizer() -> Value {
    json!({
        "type": "BertNormalizer",
        "clean_text": true,
        "handle_chinese_chars": true,
        "strip_accents": null,
        "lowercase": true,
    })
}

fn model() -> Value {
    let vocab: serde_json::Map<String, Value> = PIECES
        .iter()
        .enumerate()
        .map(|(id, piece)| ((*piece).to_owned(), json!(id)))
        .collect();
    json!({
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 6,
        "vocab": vocab,
    })
}

fn family_of(normalizer: &Value, model: &Value) -> Result<Box<dyn Family>, Unsupported> {
    let file = json!({
        "version": "1.0",
        "normalizer": normalizer,
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": model,
    });
    families::of(&TokenizerFile::read(file.to_string().as_bytes())?)
}

fn count(text: &str) -> usize {
    static FAMILY: LazyLock<Box<dyn Family>> =
        LazyLock::new(|| family_of(&normalizer(), &model()).unwrap());
    let family = &FAMILY;
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

#[test]
fn the_longest_piece_is_taken_first() {
    assert_eq!(count("abc"), 1);
    assert_eq!(count("abcb"), 2);
    assert_eq!(count("abab"), 3, "ab, ##a, ##b");
    assert_eq!(count("abbab"), 2, "ab, ##bab");
}

#[test]
fn a_word_with_a_part_that_is_no_piece_is_one_unknown_token() {
    assert_eq!(count("abxab"), 1);
    assert_eq!(count("x"), 1);
    assert_eq!(count("ab abx ab"), 3);
}

#[test]
fn the_prefix_alone_is_no_piece_within_a_word() {
    assert_eq!(count("ab##c"), 4, "ab, #, #, c: punctuation is a word each");
}

#[test]
fn too_long_is_counted_in_characters_after_normalising() {
    assert_eq!(count("aaaaaa"), 6);
    assert_eq!(count("aaaaaaa"), 1);
    assert_eq!(count("aaaaaa\u{301}"), 6, "the accent is gone");
    assert_eq!(count("중중"), 1);
}

#[test]
fn case_accents_and_control_characters_do_not_count() {
    assert_eq!(count("ABC"), 1);
    assert_eq!(count("a\u{301}bc"), 1);
    assert_eq!(count("a\u{200d}b\0c\u{feff}"), 1);
    assert_eq!(count("\u{301}\u{200d}"), 0);
    assert_eq!(count(" \t\r\n\u{a0}\u{3000}\u{2028}"), 0);
}

#[test]
fn chinese_characters_and_punctuation_are_words() {
    assert_eq!(count("a中b"), 3);
    assert_eq!(count("中中"), 2);
    assert_eq!(count("a!!b"), 4);
    assert_eq!(count("a\u{37e}b"), 3, "NFD makes a semicolon of it");
    assert_eq!(
        count("a\u{2260}b"),
        3,
        "an equals sign, and a mark that is taken away"
    );
}

#[test]
fn marks_that_stay_are_put_in_order() {
    // Two spacing marks of the classes 226 and 216: their order is that of the classes, and the
    // nonspacing mark between them changes nothing.
    let family = family_of(&normalizer(), &model()).unwrap();
    assert_eq!(
        family.normalize("a\u{1d16d}\u{301}\u{1d165}"),
        "a\u{1d165}\u{1d16d}"
    );
    assert_eq!(
        family.normalize("a\u{1d16d}b\u{1d165}"),
        "a\u{1d16d}b\u{1d165}"
    );
}

#[test]
fn without_its_unknown_token_a_vocabulary_is_left_to_the_reference() {
    let mut model = model();
    model["unk_token"] = json!("[unk]");
    assert!(family_of(&normalizer(), &model).is_err());
}

#[test]
fn a_part_that_is_not_known_is_left_to_the_reference() {
    let mut more = model();
    more["dropout"] = json!(0.1);
    assert!(family_of(&normalizer(), &more).is_err());
    let mut more = normalizer();
    more["strip"] = json!(true);
    assert!(family_of(&more, &model()).is_err());
    assert!(family_of(&json!({"type": "Lowercase"}), &model()).is_err());
}

#[test]
fn a_million_letters_are_one_token() {
    assert_eq!(count(&"a".repeat(1_000_000)), 1);
    assert_eq!(count(&"\u{302e}\u{1d165}".repeat(100_000)), 1);
}

/// What the model is defined to do: the longest piece at each place, all lengths tried.
fn plain(word: &str) -> usize {
    let chars: Vec<char> = word.chars().collect();
    if chars.len() > 6 {
        return 1;
    }
    let (mut at, mut count) = (0, 0);
    while at < chars.len() {
        let prefix = if at == 0 { "" } else { "##" };
        let known = |end: &usize| {
            let piece: String = prefix
                .chars()
                .chain(chars[at..*end].iter().copied())
                .collect();
            PIECES.contains(&piece.as_str())
        };
        match (at + 1..=chars.len()).rev().find(known) {
            Some(end) => at = end,
            None => return 1,
        }
        count += 1;
    }
    count
}

proptest! {
    #[test]
    fn words_of_letters_count_as_in_the_plain_twin(words in "([abcx]{1,8} {0,2}){0,12}") {
        let expected: usize = words.split_whitespace().map(plain).sum();
        prop_assert_eq!(count(&words), expected);
    }

    #[test]
    fn a_text_counts_as_its_normalised_text(text in "\\PC{0,40}|[aé\u{301}\u{302e}\u{1d165}\u{345}中각 !]{0,20}") {
        // `count` asserts it: the pass over raw text against the normaliser step by step.
        count(&text);
    }

    #[test]
    fn what_white_space_separates_counts_alone(left in "\\PC{0,20}", right in "\\PC{0,20}") {
        prop_assert_eq!(count(&format!("{left} {right}")), count(&left) + count(&right));
    }
}
