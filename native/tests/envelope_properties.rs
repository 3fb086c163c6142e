//! What must hold for any input, with `serde_json` as the second opinion.

#![allow(clippy::panic, reason = "a broken test should stop")]
#![allow(
    clippy::format_push_string,
    reason = "spelling a test document need not be fast"
)]

use std::borrow::Cow;

use _native::envelope::{Declared, Envelope, EnvelopeError, Kind, Number, Value, parse};
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value as Oracle;

const PATHS: [&str; 5] = ["a", "a.b", "b.a.c", "c", "é.\""];

/// A document before it is spelled. Objects are lists, so that keys can stand twice.
#[derive(Clone, Debug)]
enum Json {
    Plain(&'static str),
    Integer(i128),
    Float(f64),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        prop::sample::select(&["null", "true", "false", "0", "-1.50e+3", "1E2"][..])
            .prop_map(Json::Plain),
        any::<i64>().prop_map(|n| Json::Integer(n.into())),
        any::<u64>().prop_map(|n| Json::Integer(i128::from(n) * 3)),
        prop::num::f64::NORMAL.prop_map(Json::Float),
        text().prop_map(Json::Text),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
            prop::collection::vec((key(), inner), 0..6).prop_map(Json::Object),
        ]
    })
}

fn object() -> impl Strategy<Value = Json> {
    prop::collection::vec((key(), json()), 0..6).prop_map(Json::Object)
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(&["a", "b", "c", "é", "\""][..]).prop_map(str::to_owned),
        text(),
    ]
}

/// Short texts, and plain runs around the sizes where the scanner changes its step.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(any::<char>(), 0..6).prop_map(String::from_iter),
        (0..200_usize, any::<char>()).prop_map(|(run, end)| "x".repeat(run) + &end.to_string()),
    ]
}

/// Spells a document with whitespace and escapes that vary with `taste`.
struct Pen {
    out: String,
    taste: u64,
}

impl Pen {
    fn spell(json: &Json, taste: u64) -> String {
        let mut pen = Pen {
            out: String::new(),
            taste,
        };
        pen.value(json);
        pen.out
    }

    fn choose(&mut self, choices: u64) -> u64 {
        self.taste = self
            .taste
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.taste >> 33) % choices
    }

    fn space(&mut self) {
        match self.choose(8) {
            0 => self.out.push_str(" \n"),
            1 => self.out.push_str("\r\t  "),
            _ => {}
        }
    }

    fn value(&mut self, json: &Json) {
        self.space();
        match json {
            Json::Plain(word) => self.out.push_str(word),
            Json::Integer(number) => self.out.push_str(&number.to_string()),
            Json::Float(number) => self.out.push_str(&format!("{number:e}")),
            Json::Text(text) => self.text(text),
            Json::Array(items) => {
                self.out.push('[');
                for (i, item) in items.iter().enumerate() {
                    self.comma(i);
                    self.value(item);
                }
                self.space();
                self.out.push(']');
            }
            Json::Object(members) => {
                self.out.push('{');
                for (i, (key, value)) in members.iter().enumerate() {
                    self.comma(i);
                    self.space();
                    self.text(key);
                    self.space();
                    self.out.push(':');
                    self.value(value);
                }
                self.space();
                self.out.push('}');
            }
        }
        self.space();
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.out.push(',');
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            let must = matches!(character, '"' | '\\' | '\0'..='\x1f');
            if must || self.choose(6) == 0 {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    self.out.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                self.out.push(character);
            }
        }
        self.out.push('"');
    }
}

fn read<'a>(body: &'a [u8], paths: &[&str]) -> Result<Envelope<'a>, EnvelopeError> {
    let declared = Declared::new(paths.to_vec()).unwrap_or_else(|bad| panic!("{bad:?}"));
    parse(body, &declared).map_err(|error| *error)
}

/// `serde_json` says that the body is JSON. It skips strings without looking at their UTF-8.
fn oracle_accepts(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok() && serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

fn agrees(value: Option<&Value<'_>>, oracle: Option<&Oracle>) -> bool {
    let (value, oracle) = match (value, oracle) {
        (None, None) => return true,
        (Some(value), Some(oracle)) => (value, oracle),
        _ => return false,
    };
    match value {
        Value::Null => oracle.is_null(),
        Value::Bool(value) => oracle.as_bool() == Some(*value),
        // The oracle reads the literal -0 as a float, as JavaScript does; Python and we as an int.
        Value::Number(Number::Signed(0)) => oracle.as_f64() == Some(0.0),
        Value::Number(Number::Signed(value)) => oracle.as_i64() == Some(*value),
        Value::Number(Number::Unsigned(value)) => oracle.as_u64() == Some(*value),
        // The last bit is not the oracle's to say: without float_roundtrip it is off by two at most
        // (of 20 million doubles).
        Value::Number(Number::Float(value)) => oracle
            .as_f64()
            .is_some_and(|known| oracle.is_f64() && known.to_bits().abs_diff(value.to_bits()) <= 2),
        Value::Text(text) => oracle.as_str() == Some(text),
        Value::Raw(raw) => serde_json::from_slice::<Oracle>(raw).is_ok_and(|raw| raw == *oracle),
    }
}

/// Descends objects by the parts of a path.
fn lookup<'a>(payload: &'a Oracle, path: &str) -> Option<&'a Oracle> {
    path.split('.')
        .try_fold(payload, |here, part| here.as_object()?.get(part))
}

/// Mostly grammar, with bytes that break it.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let alphabet = br#"{}{}[][]"""",,,::\\u0123456789eE+-.truefalsn  /bdD8"#;
    let byte = prop_oneof![8 => prop::sample::select(&alphabet[..]), 1 => any::<u8>()];
    prop::collection::vec(byte, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn reads_what_the_oracle_reads(payload in object(), taste: u64) {
        let text = Pen::spell(&payload, taste);
        let body = format!(r#"{{"skipped":{text},"payload":{text}}}"#);
        let read = read(body.as_bytes(), &PATHS).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let span = read.payload.clone().unwrap_or_default();
        let sent = text.trim_matches([' ', '\n', '\r', '\t']);
        prop_assert_eq!(body.get(span), Some(sent));
        let oracle: Oracle = serde_json::from_str(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
        for (path, value) in PATHS.iter().zip(&read.fields) {
            prop_assert!(agrees(value.as_ref(), lookup(&oracle, path)), "{path}: {value:?}");
        }
    }

    #[test]
    fn refuses_what_the_oracle_refuses(
        payload in object(), taste: u64, at: prop::sample::Index, cut in 0..3_usize, paste in noise(),
    ) {
        let mut body = format!(r#"{{"payload":{}}}"#, Pen::spell(&payload, taste)).into_bytes();
        let from = at.index(body.len());
        let to = (from + cut).min(body.len());
        let paste: Vec<u8> = paste.into_iter().take(2).collect();
        body.splice(from..to, paste);
        judge_like_the_oracle(&body)?;
    }

    #[test]
    fn judges_noise_like_the_oracle(noise in noise(), tail in noise()) {
        judge_like_the_oracle(&noise)?;
        judge_like_the_oracle(&[br#"{"":"#, noise.as_slice(), b"}"].concat())?;
        judge_like_the_oracle(&[br#"{"":""#, noise.as_slice(), br#"":"#, tail.as_slice(), b"}"].concat())?;
    }

    #[test]
    fn a_cut_body_is_refused_at_its_end_at_the_latest(payload in object(), taste: u64, at: prop::sample::Index) {
        let body = format!(r#"{{"payload":{}}}"#, Pen::spell(&payload, taste)).into_bytes();
        let cut = body.get(..at.index(body.len())).unwrap_or_default();
        match read(cut, &PATHS) {
            Ok(_) => prop_assert!(false, "accepted"),
            Err(error) => prop_assert!(error.position <= cut.len()),
        }
    }

    #[test]
    fn text_of_a_grant_is_what_was_spelled(text in text(), taste: u64) {
        let spelled = Pen::spell(&Json::Text(text.clone()), taste);
        let body = format!(r#"{{"auth_data":{{"url":{spelled}}}}}"#);
        let url = read(body.as_bytes(), &[]).ok().and_then(|read| read.auth?.url.map(Cow::into_owned));
        prop_assert_eq!(url, Some(text));
    }
}

fn judge_like_the_oracle(body: &[u8]) -> Result<(), TestCaseError> {
    let accepted = oracle_accepts(body);
    match read(body, &[]) {
        Ok(_) => prop_assert!(accepted, "accepted, but the oracle refuses"),
        // Valid JSON may still be no envelope; then the mistake is not one of grammar.
        Err(error) => {
            prop_assert!(error.position <= body.len());
            let grammar = matches!(error.kind, Kind::Json | Kind::Utf8);
            prop_assert!(!(accepted && grammar), "the oracle accepts: {error}");
        }
    }
    Ok(())
}
