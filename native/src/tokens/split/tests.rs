//! Windows beside the same pattern piece by piece.

use super::Split;
use super::cl100k::Cl100k;
use super::gpt2::Gpt2;
use proptest::prelude::*;

fn one_by_one<S: Split>(text: &[u8]) -> Vec<Vec<u8>> {
    let (mut at, mut pieces) = (0, Vec::new());
    while at < text.len() {
        let end = S::end(text, at);
        pieces.push(text.get(at..end).unwrap_or_default().to_vec());
        at = end;
    }
    pieces
}

fn at_once<S: Split>(text: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    S::pieces(text, &mut |text, from, to| {
        pieces.push(text.get(from..to).unwrap_or_default().to_vec());
    });
    pieces
}

/// Characters of every kind, those that decide most often.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[ a]{1,3}|[ -~]{1,6}|[a-z]{1,20}",
        4 => "[ \t\r\n]{1,5}|[ \n]{1,9}",
        4 => "'(s|t|re|ve|m|ll|d|S|LL|rE|x|l)?",
        3 => "[0-9]{1,7}|[-'.!]{1,4}|[\u{0}-\u{20}\u{7f}]{1,3}",
        1 => "[\u{e9}\u{17f}\u{a0}\u{3000}\u{4e2d}\u{1f600}\u{301}\u{661}]{1,2}",
        1 => " {60,70}|\n{60,70}|a{60,70}|-{60,70}",
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn windows_find_the_pieces_that_are_found_one_by_one(text in text()) {
        let text = text.as_bytes();
        prop_assert_eq!(at_once::<Gpt2>(text), one_by_one::<Gpt2>(text));
        prop_assert_eq!(at_once::<Cl100k<1, false>>(text), one_by_one::<Cl100k<1, false>>(text));
        prop_assert_eq!(at_once::<Cl100k<3, false>>(text), one_by_one::<Cl100k<3, false>>(text));
        prop_assert_eq!(at_once::<Cl100k<1, true>>(text), one_by_one::<Cl100k<1, true>>(text));
    }
}
