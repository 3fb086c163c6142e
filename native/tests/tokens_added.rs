//! Added tokens against a twin that follows the reference word by word, and by examples of it.

#![allow(clippy::unwrap_used, reason = "a broken test should stop")]

use std::borrow::Cow;

use _native::tokens::added::{Added, Part};
use _native::tokens::file::AddedToken;
use proptest::prelude::*;
use serde_json::value::RawValue;

fn token(content: &str) -> AddedToken {
    AddedToken {
        id: 0,
        content: content.to_owned(),
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: false,
    }
}

fn model(vocab: &str) -> Box<RawValue> {
    RawValue::from_string(format!(r#"{{"type":"BPE","vocab":{vocab},"merges":[]}}"#)).unwrap()
}

fn added(tokens: &[AddedToken]) -> Added {
    Added::new(tokens, &model("{}"), Cow::Borrowed).unwrap()
}

/// Each part as it would be printed: tokens as `<>`.
fn parts(tokens: &[AddedToken], text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    added(tokens).raw.unwrap().split(text, |part| {
        parts.push(match part {
            Part::Token => "<>".to_owned(),
            Part::Text(text, _) => text.to_owned(),
        });
    });
    parts
}

#[test]
fn the_longest_of_the_leftmost_is_taken() {
    let tokens = [token("ab"), token("abc"), token("bcdefgh"), token("c")];
    assert_eq!(parts(&tokens, "xabcdabcc"), ["x", "<>", "d", "<>", "<>"]);
}

#[test]
fn white_space_beside_a_token_is_part_of_it_when_it_says_so() {
    let both = AddedToken {
        lstrip: true,
        rstrip: true,
        ..token("X")
    };
    assert_eq!(parts(&[both], "a \u{3000}X\n\u{85} b"), ["a", "<>", "b"]);
}

#[test]
fn no_word_character_may_stand_beside_a_single_word() {
    let word = AddedToken {
        single_word: true,
        ..token("X")
    };
    let tokens = [word];
    assert_eq!(
        parts(&tokens, "X X.X-X"),
        ["<>", " ", "<>", ".", "<>", "-", "<>"]
    );
    for beside in ["a", "é", "語", "_", "1", "\u{301}", "\u{200d}", "Ⓐ"] {
        for text in [format!("{beside}X"), format!("X{beside}")] {
            assert_eq!(parts(&tokens, &text), [text]);
        }
    }
    // A match that is refused is not tried again as a shorter one.
    let tokens = [
        AddedToken {
            single_word: true,
            ..token("XY")
        },
        token("X"),
    ];
    assert_eq!(parts(&tokens, "XYz"), ["XYz"]);
}

#[test]
fn spaces_taken_on_the_right_are_matched_again() {
    let taking = AddedToken {
        rstrip: true,
        ..token("X")
    };
    // The two spaces are a token though X has taken them, and what follows begins after them.
    assert_eq!(
        parts(&[taking.clone(), token("  ")], "X   a"),
        ["<>", "<>", " a"]
    );
    let gone = AddedToken {
        lstrip: true,
        rstrip: true,
        ..token("  ")
    };
    assert_eq!(parts(&[taking, gone], "X   a"), ["<>", "a"]);
}

#[test]
fn what_stands_twice_counts_as_it_stands_last() {
    let word = AddedToken {
        single_word: true,
        ..token("X")
    };
    assert_eq!(parts(&[word.clone(), token("X")], "aXa"), ["a", "<>", "a"]);
    assert_eq!(parts(&[token("X"), word], "aXa"), ["aXa"]);
}

#[test]
fn an_empty_token_is_no_token() {
    assert!(added(&[token("")]).raw.is_none());
}

#[test]
fn tokens_that_are_in_each_others_place_are_refused() {
    let refused = |tokens: &[AddedToken], vocab: &str| {
        Added::new(tokens, &model(vocab), |content| {
            content.to_lowercase().into()
        })
        .is_err()
    };
    let tokens = [token("A"), token("B")];
    assert!(!refused(&tokens, r#"{"A":0,"B":1}"#));
    assert!(!refused(&tokens, r#"{"c":0,"B":1}"#));
    assert!(!refused(&tokens, r#"[["c",0],["B",-1.5]]"#));
    // A gets 2, the size of the vocabulary, which is B's.
    assert!(refused(&tokens, r#"{"c":0,"B":2}"#));
    assert!(!refused(&tokens, r#"{"c":0,"B":3}"#));
    assert!(refused(&tokens, r#"{"A":0,"B":0}"#));
    // Keys that stand twice make the size uncertain.
    assert!(refused(&tokens, r#"{"c":0,"c":0,"B":2}"#));
    assert!(refused(&tokens, r#"{"c":0,"c":0,"B":3}"#));
    assert!(refused(&tokens, r#"{"A":4294967295}"#));
    assert!(refused(&tokens, "null"));
    let normalized = |content: &str| AddedToken {
        normalized: true,
        ..token(content)
    };
    let alone = AddedToken {
        single_word: true,
        ..normalized("a")
    };
    assert!(!refused(&[normalized("A"), normalized("a")], "{}"));
    assert!(refused(&[normalized("A"), alone.clone()], "{}"));
    assert!(!refused(&[token("A"), alone], "{}"));
}

#[test]
fn a_run_of_spaces_is_measured_once() {
    let tokens = [AddedToken {
        lstrip: true,
        rstrip: true,
        ..token(" ")
    }];
    // Measured at each of its spaces, 2 MB would take an hour.
    let spaces = " ".repeat(2 << 20);
    assert_eq!(parts(&tokens, &spaces), ["<>"]);
}

/// The reference's loop, over bytes and in squares.
fn twin(tokens: &[AddedToken], text: &str) -> Vec<Option<(usize, usize)>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut parts = Vec::new();
    let (mut from, mut done) = (0, 0);
    while from < text.len() {
        let found = tokens
            .iter()
            .filter(|token| text[from..].starts_with(&token.content))
            .max_by_key(|token| token.content.len());
        let Some(token) = found else {
            from += text[from..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        let (mut start, mut end) = (from, from + token.content.len());
        from = end;
        if token.single_word
            && (text[..start].ends_with(is_word) || text[end..].starts_with(is_word))
        {
            continue;
        }
        if token.lstrip {
            start = text[..start].trim_end().len().max(done);
        }
        if token.rstrip {
            end = text.len() - text[end..].trim_start().len();
        }
        if done < start {
            parts.push(Some((done, start)));
        }
        if start < end {
            parts.push(None);
        }
        done = end;
    }
    if done < text.len() {
        parts.push(Some((done, text.len())));
    }
    parts
}

prop_compose! {
    fn some_token()(
        content in prop::sample::select(&["a", "ab", "b", " ", "  ", " a", "é", "<a>", "<", "bé "][..]),
        [single_word, lstrip, rstrip] in any::<[bool; 3]>(),
    ) -> AddedToken {
        AddedToken { single_word, lstrip, rstrip, ..token(content) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]
    #[test]
    fn parts_are_those_of_the_reference(
        tokens in prop::collection::vec(some_token(), 1..6),
        text in "[ab é<>_\\n-]{0,24}",
    ) {
        let mut distinct = tokens.clone();
        distinct.reverse();
        let mut seen = Vec::new();
        distinct.retain(|token| {
            let new = !seen.contains(&token.content);
            seen.push(token.content.clone());
            new
        });
        let mut parts = Vec::new();
        added(&tokens).raw.unwrap().split(&text, |part| parts.push(match part {
            Part::Token => None,
            Part::Text(piece, start) => Some((start, start + piece.len())),
        }));
        prop_assert_eq!(parts, twin(&distinct, &text));
    }
}
