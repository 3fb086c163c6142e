//! What must hold for any text and pattern, and NFC beside the crate of the reference.

#![allow(clippy::unwrap_used, reason = "a broken test should stop")]

use _native::tokens::nfc;
use _native::tokens::split::Pattern;
use proptest::prelude::*;
use unicode_normalization_alignments::UnicodeNormalization;

const PATTERNS: [Pattern; 11] = [
    Pattern::Whole,
    Pattern::Gpt2,
    Pattern::Gpt2Digits,
    Pattern::Gpt2Numbers,
    Pattern::Gpt2EachNumber,
    Pattern::Cl100k,
    Pattern::Qwen2,
    Pattern::Qwen35,
    Pattern::O200k,
    Pattern::Tekken,
    Pattern::DeepSeek,
];

/// What patterns tell apart, often.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ \t\r\n\u{85}\u{a0}\u{2003}]{1,4}",
        "[a-zA-Zéßǅʰ中のー]{1,12}",
        "['’](s|S|ſ|t|re|RE|ve|m|ll|d|x)",
        "[0-9٣½Ⅷ\u{11de0}]{1,5}",
        "[!/#$<|>_.…゠・-]{1,3}",
        "[\u{300}\u{323}\u{345}\u{334}\u{93c}\u{3099}\u{20e3}\u{1161}\u{11a8}]{1,3}",
        "[😀\u{200d}\u{fe0f}\0\u{7f}\u{378}\u{e000}]{1,3}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn pieces(pattern: Pattern, text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    pattern.pieces(text.as_bytes(), |text, from, to| {
        let piece = text.get(from..to).unwrap_or_default();
        pieces.push(String::from_utf8(piece.to_vec()).unwrap());
    });
    pieces
}

proptest! {
    #[test]
    fn pieces_are_whole_characters_and_all_of_the_text(text in text()) {
        for pattern in PATTERNS {
            let pieces = pieces(pattern, &text);
            prop_assert_eq!(&pieces.concat(), &text, "{:?}", pattern);
            prop_assert!(text.is_empty() || pieces.iter().all(|piece| !piece.is_empty()));
        }
    }

    /// Where texts are cut to be remembered in stretches.
    #[test]
    fn a_space_after_a_visible_ascii_character_begins_a_piece(a in text(), c in prop::char::range('!', '~'), b in text()) {
        let (before, after) = (format!("{a}{c}"), format!(" {b}"));
        for pattern in PATTERNS.into_iter().filter(|pattern| *pattern != Pattern::Whole) {
            let apart = [pieces(pattern, &before), pieces(pattern, &after)].concat();
            prop_assert_eq!(pieces(pattern, &format!("{before}{after}")), apart, "{:?}", pattern);
        }
        let apart = nfc::normalize(&before) + nfc::normalize(&after);
        let whole = before.clone() + &after;
        prop_assert_eq!(nfc::normalize(&whole), apart);
    }

    #[test]
    fn nfc_is_that_of_the_reference(text in text(), marks in "\\PC{0,40}|[\u{300}-\u{345}a\u{1100}-\u{11ff}가각]{0,30}") {
        for text in [&text, &marks, &format!("{text}{marks}{text}")] {
            let expected: String = text.nfc().map(|(character, _)| character).collect();
            prop_assert_eq!(nfc::normalize(text), expected);
        }
    }
}

/// Where Unicode has marks, and what is made of others; the tables are compared with the reference
/// for all characters in Python.
const MARKED: [std::ops::RangeInclusive<char>; 7] = [
    '\0'..='\u{33ff}',
    '\u{a66f}'..='\u{ac1f}',
    '\u{f900}'..='\u{fe2f}',
    '\u{10a00}'..='\u{119ff}',
    '\u{1d150}'..='\u{1d250}',
    '\u{1e000}'..='\u{1e94f}',
    '\u{2f7f0}'..='\u{2fa1f}',
];

#[test]
fn nfc_of_a_character_among_others_is_that_of_the_reference() {
    for character in MARKED.into_iter().flatten() {
        for text in [
            format!("e{character}\u{301}"),
            format!("\u{4e00}\u{323}{character}\u{334}a{character}\u{1161}"),
        ] {
            let expected = text.nfc().map(|(character, _)| character);
            assert!(expected.eq(nfc::normalize(&text).chars()), "{text:?}");
        }
    }
}

#[test]
fn patterns_split_as_their_models_do() {
    let cases: [(Pattern, &str, &[&str]); 9] = [
        (
            Pattern::Gpt2,
            "It's 2024!\n\n  ok'S",
            &["It", "'s", " 2024", "!", "\n\n ", " ok", "'", "S"],
        ),
        (
            Pattern::Cl100k,
            "It'S 20245!\n\n  ok",
            &["It", "'S", " ", "202", "45", "!\n\n", " ", " ok"],
        ),
        (
            Pattern::Qwen2,
            "a 12\tb\r\n c",
            &["a", " ", "1", "2", "\tb", "\r\n", " c"],
        ),
        (Pattern::Qwen35, "क्या", &["क्या"]),
        (
            Pattern::O200k,
            "HelloWORLDs don't A/\n/",
            &["Hello", "WORLDs", " don't", " A", "/\n/"],
        ),
        (Pattern::Tekken, "don't 12", &["don", "'t", " ", "1", "2"]),
        (Pattern::Gpt2Digits, "ab12 3", &["ab", "1", "2", " ", "3"]),
        (
            Pattern::DeepSeek,
            "中文abc 1234 _x\u{1}",
            &["中文", "abc", " ", "123", "4", " _", "x", "\u{1}"],
        ),
        (Pattern::Gpt2Numbers, "a 12b", &["a", " ", "12", "b"]),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(pieces(pattern, text), expected, "{pattern:?}");
    }
}
