//! The envelope: facts, one by one. What must hold for any input is in `envelope_properties`.

#![allow(
    clippy::unnecessary_wraps,
    reason = "what is compared is a field that may be absent"
)]

use _native::envelope::{DEPTH_LIMIT, Declared, Envelope, Kind, Number, Value, parse};

/// Kind, position and path of the first mistake.
type Refusal = (Kind, usize, String);

fn read<'a>(body: &'a [u8], paths: &[&str]) -> Result<Envelope<'a>, Refusal> {
    let Ok(declared) = Declared::new(paths.to_vec()) else {
        return Err((Kind::Json, usize::MAX, "bad path in the test".to_owned()));
    };
    parse(body, &declared).map_err(|error| (error.kind, error.position, error.path))
}

fn refusal(body: impl AsRef<[u8]>) -> Refusal {
    match read(body.as_ref(), &["x"]) {
        Err(refusal) => refusal,
        Ok(_) => (Kind::Json, usize::MAX, "accepted".to_owned()),
    }
}

fn field(body: &str, path: &str) -> Option<Value<'static>> {
    let found = read(body.as_bytes(), &[path]).ok()?.fields.pop()??;
    Some(match found {
        Value::Text(text) => Value::Text(text.into_owned().into()),
        Value::Raw(raw) => Value::Raw(raw.to_vec().leak()),
        Value::Null => Value::Null,
        Value::Bool(value) => Value::Bool(value),
        Value::Number(number) => Value::Number(number),
    })
}

fn signed(value: i64) -> Option<Value<'static>> {
    Some(Value::Number(Number::Signed(value)))
}

fn float(value: f64) -> Option<Value<'static>> {
    Some(Value::Number(Number::Float(value)))
}

#[test]
fn a_whole_envelope() {
    let body = br#" {"auth_data": {"signature": "c2ln", "cost": 12.5, "endpoint": "e", "reqnum": 7,
        "request_idx": 3, "url": "http:\/\/h", "more": [1]}, "session_id": "s",
        "payload": {"inputs": "hi", "parameters": {"n": 16}}, "else": {}} "#;
    let read = read(body, &["parameters.n", "absent", "inputs"]).unwrap_or_default();
    let auth = read.auth.unwrap_or_default();
    assert_eq!(auth.signature.as_deref(), Some("c2ln"));
    assert_eq!(auth.cost, Some(Number::Float(12.5)));
    assert_eq!(auth.endpoint.as_deref(), Some("e"));
    assert_eq!(auth.reqnum, Some(7));
    assert_eq!(auth.request_idx, Some(3));
    assert_eq!(auth.url.as_deref(), Some("http://h"));
    assert_eq!(read.session_id.as_deref(), Some("s"));
    assert_eq!(body.get(auth.span.start), Some(&b'{'));
    let payload = read.payload.and_then(|span| body.get(span));
    assert_eq!(
        payload,
        Some(&br#"{"inputs": "hi", "parameters": {"n": 16}}"#[..])
    );
    assert_eq!(
        read.fields,
        [signed(16), None, Some(Value::Text("hi".into()))]
    );
}

#[test]
fn absent_and_null_are_the_same_where_the_contract_says_so() {
    for body in [
        r"{}",
        r#"{"auth_data":null,"payload":null,"session_id":null}"#,
    ] {
        let expected = Envelope {
            fields: vec![None],
            ..Envelope::default()
        };
        assert_eq!(read(body.as_bytes(), &["x"]), Ok(expected));
    }
    let auth = read(br#"{"auth_data":{"request_idx":null}}"#, &[])
        .unwrap_or_default()
        .auth;
    assert_eq!(auth.map(|auth| auth.request_idx), Some(None));
    for key in ["signature", "cost", "endpoint", "reqnum", "url"] {
        let body = format!(r#"{{"auth_data":{{"{key}":null}}}}"#);
        let position = body.find("null").unwrap_or_default();
        assert_eq!(
            refusal(body),
            (Kind::Type, position, format!("auth_data.{key}"))
        );
    }
}

#[test]
fn wrong_types_name_the_value() {
    let cases = [
        (r"[]", 0, ""),
        (r"  5", 2, ""),
        (r#"{"auth_data":5}"#, 13, "auth_data"),
        (r#"{"auth_data":[]}"#, 13, "auth_data"),
        (r#"{"payload":"p"}"#, 11, "payload"),
        (r#"{"session_id":5}"#, 14, "session_id"),
        (r#"{"session_id":{}}"#, 14, "session_id"),
        (r#"{"auth_data":{"cost":"5"}}"#, 21, "auth_data.cost"),
        (r#"{"auth_data":{"cost":true}}"#, 21, "auth_data.cost"),
        (r#"{"auth_data":{"cost":1e999}}"#, 21, "auth_data.cost"),
        (r#"{"auth_data":{"reqnum":1.0}}"#, 23, "auth_data.reqnum"),
        (r#"{"auth_data":{"reqnum":1e2}}"#, 23, "auth_data.reqnum"),
        (
            r#"{"auth_data":{"reqnum":9223372036854775808}}"#,
            23,
            "auth_data.reqnum",
        ),
        (
            r#"{"auth_data":{"request_idx":"0"}}"#,
            28,
            "auth_data.request_idx",
        ),
        (r#"{"auth_data":{"url":{}}}"#, 20, "auth_data.url"),
        (r#"{"payload":{"x":1e999}}"#, 16, "payload.x"),
    ];
    for (body, position, path) in cases {
        assert_eq!(
            refusal(body),
            (Kind::Type, position, path.to_owned()),
            "{body}"
        );
    }
}

#[test]
fn a_value_is_checked_as_json_before_its_type_is_judged() {
    assert_eq!(refusal(r#"{"auth_data":[1,]}"#).0, Kind::Json);
    assert_eq!(refusal(r#"{"session_id":nul}"#).0, Kind::Json);
}

#[test]
fn broken_grammar_is_placed_to_the_byte() {
    let cases = [
        ("", 0),
        ("{", 1),
        (r#"{"a""#, 4),
        (r#"{"a" 1}"#, 5),
        (r#"{"a":}"#, 5),
        (r#"{"a":1"#, 6),
        (r#"{"a":1,}"#, 7),
        (r"{,}", 1),
        (r#"{"a":1 "b":2}"#, 7),
        (r#"{"a":[1,]}"#, 8),
        (r#"{"a":[,]}"#, 6),
        (r#"{"a":[1 2]}"#, 8),
        (r#"{"a":[1}}"#, 7),
        (r"{'a':1}", 1),
        (r"{a:1}", 1),
        (r#"{"a":NaN}"#, 5),
        (r#"{"a":-Infinity}"#, 6),
        (r#"{"a":01}"#, 6),
        (r#"{"a":-01}"#, 7),
        (r#"{"a":1.}"#, 7),
        (r#"{"a":.5}"#, 5),
        (r#"{"a":1e}"#, 7),
        (r#"{"a":+1}"#, 5),
        (r#"{"a":0x1}"#, 6),
        (r#"{"a":tru}"#, 8),
        (r#"{"a":truth}"#, 8),
        (r#"{"a":"\x"}"#, 7),
        (r#"{"a":"\u12g4"}"#, 10),
        ("{\"a\":\"\t\"}", 6),
        ("{\"a\":\"\0\"}", 6),
        (r#"{"a":"b"#, 7),
        (r#"{"a":"b\""#, 9),
        (r"{} x", 3),
        (r"{}{}", 2),
        ("\u{feff}{}", 0),
        ("{\u{a0}}", 1),
        ("{} // c", 3),
    ];
    for (body, position) in cases {
        assert_eq!(
            refusal(body),
            (Kind::Json, position, String::new()),
            "{body}"
        );
    }
}

#[test]
fn any_byte_at_any_place_in_a_string_is_judged_alike() {
    let start = br#"{"a":""#;
    for at in 0..150 {
        for byte in 0..=u8::MAX {
            let run = vec![b'x'; at];
            let body = [start, run.as_slice(), &[byte], &[b'x'; 90], br#""}"#].concat();
            let place = start.len() + at;
            let expected = match byte {
                0..0x20 => Some((Kind::Json, place)),
                b'"' | b'\\' => Some((Kind::Json, place + 1)),
                0x80.. => Some((Kind::Utf8, place)),
                _ => None,
            };
            let found = read(&body, &[])
                .err()
                .map(|(kind, position, _)| (kind, position));
            assert_eq!(found, expected, "byte {byte} after {at}");
        }
    }
}

#[test]
fn utf8_is_checked_where_strings_are_only_skipped() {
    let wrong: [&[u8]; 9] = [
        b"\x80",
        b"\xC0\x80",
        b"\xC3",
        b"\xE0\x80\x80",
        b"\xED\xA0\x80",
        b"\xF0\x80\x80\x80",
        b"\xF4\x90\x80\x80",
        b"\xF5\x80\x80\x80",
        b"\xFF",
    ];
    // At both ends of the short run and of the SIMD blocks.
    for before in [0, 1, 15, 16, 17, 79, 80, 81, 200] {
        for bytes in wrong {
            let start = [br#"{"payload":{"y":""#, "a".repeat(before).as_bytes()].concat();
            let body = [&start, bytes, br#""}}"#].concat();
            assert_eq!(refusal(body), (Kind::Utf8, start.len(), String::new()));
        }
    }
    for text in [
        "\u{80}",
        "\u{7ff}",
        "\u{800}",
        "\u{d7ff}",
        "\u{e000}",
        "\u{ffff}",
        "\u{10ffff}",
    ] {
        let body = format!(r#"{{"payload":{{"x":"{text}"}}}}"#);
        assert_eq!(field(&body, "x"), Some(Value::Text(text.into())));
    }
}

#[test]
fn lone_surrogates_pass_when_skipped_and_are_replaced_in_fields() {
    let lone = |key: &str| format!(r#"{{"{key}":{{"x":"a\ud800b\udc00\ud83d\ude00"}}}}"#);
    assert_eq!(field(&lone("payload"), "y"), None);
    let replaced = "a\u{fffd}b\u{fffd}\u{1f600}";
    assert_eq!(
        field(&lone("payload"), "x"),
        Some(Value::Text(replaced.into()))
    );
    assert!(read(lone("auth_data").as_bytes(), &[]).is_ok());
    let grant = r#"{"auth_data":{"url":"ab\udead"}}"#;
    assert_eq!(refusal(grant), (Kind::Utf8, 23, "auth_data.url".to_owned()));
    let session = r#"{"session_id":"\ud800"}"#;
    assert_eq!(refusal(session), (Kind::Utf8, 15, "session_id".to_owned()));
}

#[test]
fn keys_compare_with_their_escapes_undone() {
    let body = br#"{"a\u0075th_data":{"co\u0073t":3}}"#;
    let auth = read(body, &[]).unwrap_or_default().auth.unwrap_or_default();
    assert_eq!(auth.cost, Some(Number::Signed(3)));
    assert_eq!(
        field(r#"{"payload":{"\u00e9":{"\"":1}}}"#, "\u{e9}.\""),
        signed(1)
    );
}

#[test]
fn no_key_stands_twice_in_the_envelope_or_the_grant() {
    let cases = [
        (r#"{"payload":{},"payload":{}}"#, 14, "payload"),
        (r#"{"auth_data":null,"auth_data":{}}"#, 18, "auth_data"),
        (r#"{"a":1,"\u0061":2}"#, 7, ""),
        (
            r#"{"auth_data":{"cost":1,"co\u0073t":2}}"#,
            23,
            "auth_data.cost",
        ),
        (r#"{"auth_data":{"":1,"":2}}"#, 19, "auth_data"),
        (r#"{"\ud800":1,"\uD800":2}"#, 12, ""),
    ];
    for (body, position, path) in cases {
        assert_eq!(
            refusal(body),
            (Kind::Duplicate, position, path.to_owned()),
            "{body}"
        );
    }
    for fine in [
        r#"{"\ud800":1,"\ud801":2}"#,
        r#"{"auth_data":{"a":{"b":1,"b":2}}}"#,
    ] {
        assert!(read(fine.as_bytes(), &[]).is_ok(), "{fine}");
    }
    let many: Vec<String> = (0..100).map(|i| format!(r#""k{i}":{i}"#)).collect();
    let many = many.join(",");
    assert!(read(format!("{{{many}}}").as_bytes(), &[]).is_ok());
    for again in ["k3", "k50", "k99"] {
        let body = format!(r#"{{{many},"{again}":0}}"#);
        assert_eq!(
            refusal(&body),
            (Kind::Duplicate, many.len() + 2, String::new())
        );
    }
}

#[test]
fn of_a_payload_key_that_stands_twice_the_last_counts() {
    assert_eq!(field(r#"{"payload":{"a":1,"a":2}}"#, "a"), signed(2));
    assert_eq!(field(r#"{"payload":{"a":{"b":1},"a":{}}}"#, "a.b"), None);
    assert_eq!(field(r#"{"payload":{"a":{"b":1},"a":7}}"#, "a.b"), None);
    assert_eq!(
        field(r#"{"payload":{"a":7,"a":{"b":1}}}"#, "a.b"),
        signed(1)
    );
    assert_eq!(field(r#"{"payload":{"a":1e999,"a":1}}"#, "a"), signed(1));
}

#[test]
fn paths_descend_objects_only() {
    assert_eq!(field(r#"{"payload":{"a":[{"b":1}]}}"#, "a.b"), None);
    assert_eq!(field(r#"{"payload":{"a.b":1}}"#, "a.b"), None);
    assert_eq!(
        field(r#"{"payload":{"a":{"a":{"b":1}},"b":2}}"#, "a.b"),
        None
    );
    let both = read(br#"{"payload":{"a":{"b": 1 }}}"#, &["a", "a.b", "a.b"]).unwrap_or_default();
    assert_eq!(
        both.fields.first(),
        Some(&Some(Value::Raw(br#"{"b": 1 }"#)))
    );
    assert_eq!(both.fields.get(1), Some(&signed(1)));
    for path in ["", ".", "a.", ".a", "a..b"] {
        assert!(Declared::new(vec![path]).is_err(), "{path}");
    }
}

#[test]
fn numbers_keep_their_type() {
    let number = |literal: &str| field(&format!(r#"{{"payload":{{"x":{literal}}}}}"#), "x");
    assert_eq!(number("0"), signed(0));
    assert_eq!(number("-0"), signed(0));
    assert_eq!(number("-9223372036854775808"), signed(i64::MIN));
    assert_eq!(
        number("18446744073709551615"),
        Some(Value::Number(Number::Unsigned(u64::MAX)))
    );
    assert_eq!(
        number("18446744073709551616"),
        float(18_446_744_073_709_551_616.0)
    );
    assert_eq!(number("1.0"), float(1.0));
    assert_eq!(number("1E+2"), float(100.0));
    assert_eq!(number("-0.0"), float(-0.0));
    assert_eq!(number("5e-324"), float(5e-324));
    assert_eq!(number("1e-999"), float(0.0));
    assert_eq!(number("null"), Some(Value::Null));
    assert_eq!(number("[1, {}]"), Some(Value::Raw(b"[1, {}]")));
}

#[test]
fn a_nesting_bomb_ends_at_the_limit() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!(
            r#"{{"payload":{}1{}}}"#,
            open.repeat(depth),
            close.repeat(depth)
        )
    };
    let inside = DEPTH_LIMIT - 1;
    assert!(read(nested(r#"{"x":"#, "}", inside).as_bytes(), &["x.x"]).is_ok());
    for (open, close) in [(r#"{"x":"#, "}"), (r#"{"y":"#, "}")] {
        let body = nested(open, close, inside + 1);
        let position = r#"{"payload":"#.len() + inside * open.len();
        assert_eq!(refusal(body), (Kind::Depth, position, String::new()));
    }
    let body = [br#"{"a":"#, "[".repeat(10_000_000).as_bytes()].concat();
    assert_eq!(refusal(body), (Kind::Depth, 5 + inside, String::new()));
    let deep_path = vec!["x"; 1_000_000].join(".");
    assert_eq!(field(r#"{"payload":{"x":{}}}"#, &deep_path), None);
}
