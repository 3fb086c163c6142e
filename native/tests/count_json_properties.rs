//! Two readers of strings, one with a pass for the check and one for the text, one with a single
//! pass: they must agree on every byte.

#![allow(clippy::panic, reason = "a broken test should stop")]

use _native::envelope::{Declared, Value, parse};
use _native::json::Kind;
use _native::tokens::json::selector::{Selector, Want};
use _native::tokens::json::{Sink, read};
use proptest::prelude::*;

const OPEN: &[u8] = br#"{"payload":{"prompt":""#;
const CLOSE: &[u8] = br#""}}"#;
const PAYLOAD: usize = 11;

#[derive(Default)]
struct Texts(Vec<String>);

impl Sink for Texts {
    fn take(&mut self, text: &str, _special: bool) {
        self.0.push(text.to_owned());
    }
}

/// Kind and offset of the first mistake, or the text of the prompt.
type Judged = Result<String, (Kind, usize)>;

fn in_two_passes(body: &[u8]) -> Judged {
    let declared = Declared::new(vec!["prompt"]).unwrap_or_else(|bad| panic!("{bad:?}"));
    match parse(body, &declared) {
        Err(error) => Err((error.kind, error.position)),
        Ok(envelope) => match envelope.fields.into_iter().next().flatten() {
            Some(Value::Text(text)) => Ok(text.into_owned()),
            other => panic!("{other:?}"),
        },
    }
}

fn in_one_pass(body: &[u8]) -> Judged {
    let want = vec![("payload.prompt".to_owned(), Want::Prompt { special: true })];
    let selector = Selector::new(want).unwrap_or_else(|why| panic!("{why}"));
    match read(body, 0..body.len(), &selector, Texts::default) {
        Err(error) => Err((error.kind, error.position)),
        Ok((texts, _)) => Ok(texts.into_iter().flat_map(|texts| texts.0).collect()),
    }
}

/// The inside of a string: runs around the sizes at which the readers change their steps, escapes
/// of every kind, halves of pairs, and what may not stand there.
fn inside() -> impl Strategy<Value = Vec<u8>> {
    let run = (0..150_usize, prop::sample::select(&b"x \x7f"[..])).prop_map(|(n, b)| vec![b; n]);
    let words: &[&str] = &[
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\b",
        "\\f",
        "\\r",
        "\\t",
        "\\u0000",
        "\\u00e9",
        "\\u4E2d",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\\uDE00",
        "\\ud83d\\n",
        "\\ud83d\\ud83d\\ude00",
        "é",
        "中",
        "😀",
        "a",
    ];
    let broken: &[&[u8]] = &[
        b"\\x",
        b"\\u12",
        b"\\u12g4",
        b"\\ud83d\\u12",
        b"\\",
        b"\"",
        b"\n",
        b"\0",
        b"\xff",
        b"\xe4\xb8",
        b"\xed\xa0\x80",
        b"\xc0\x80",
    ];
    let piece = prop_oneof![
        3 => run,
        8 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::sample::select(broken).prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn both_readers_agree(inside in inside(), cut in prop::option::weighted(0.2, 0..12_usize)) {
        let mut body = [OPEN, &inside, CLOSE].concat();
        if let Some(cut) = cut {
            body.truncate(body.len() - cut.min(body.len() - PAYLOAD));
        }
        let (two, one) = (in_two_passes(&body), in_one_pass(&body));
        prop_assert_eq!(two, one, "{}", String::from_utf8_lossy(&body));
    }
}
