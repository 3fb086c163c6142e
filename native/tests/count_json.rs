//! Which texts of a payload are handed to the counter, and what is refused.

#![allow(clippy::panic, reason = "a broken test should stop")]

use _native::json::{DEPTH_LIMIT, JsonError, Kind};
use _native::tokens::json::selector::{MOST_ENTRIES, Selector, Want};
use _native::tokens::json::{Sink, Tally, read};

#[derive(Default)]
struct Texts(Vec<(String, bool)>);

impl Sink for Texts {
    fn take(&mut self, text: &str, special: bool) {
        self.0.push((text.to_owned(), special));
    }
}

fn selector(paths: &[(&str, Want)]) -> Selector {
    let paths = paths.iter().map(|(path, want)| ((*path).to_owned(), *want));
    Selector::new(paths.collect()).unwrap_or_else(|why| panic!("{why}"))
}

/// Every kind of entry, one under a dotted path.
fn usual() -> Selector {
    selector(&[
        ("prompt", Want::Prompt { special: true }),
        ("input.prompt", Want::Prompt { special: false }),
        ("messages", Want::Messages),
        ("tools", Want::Tools),
    ])
}

fn found(payload: &str) -> Result<(Vec<(String, bool)>, Tally), JsonError> {
    let span = 0..payload.len();
    let (texts, tally) =
        read(payload.as_bytes(), span, &usual(), Texts::default).map_err(|e| *e)?;
    Ok((texts.into_iter().flat_map(|texts| texts.0).collect(), tally))
}

fn texts(payload: &str) -> Vec<String> {
    match found(payload) {
        Ok((texts, _)) => texts.into_iter().map(|(text, _)| text).collect(),
        Err(error) => panic!("{payload}: {error}"),
    }
}

fn tally(payload: &str) -> Tally {
    found(payload).map_or_else(|error| panic!("{payload}: {error}"), |found| found.1)
}

fn refusal(payload: &str) -> (Kind, usize, String) {
    match found(payload) {
        Ok(found) => panic!("{payload}: accepted as {found:?}"),
        Err(error) => (error.kind, error.position, error.to_string()),
    }
}

#[test]
fn a_prompt_is_a_string_or_strings_or_ids() {
    assert_eq!(texts(r#"{"prompt": "a b"}"#), ["a b"]);
    assert_eq!(texts(r#"{"prompt": ["a", "", "b"]}"#), ["a", "", "b"]);
    assert!(texts(r#"{"prompt": null, "messages": null, "tools": null}"#).is_empty());
    assert!(texts("{}").is_empty());
    assert_eq!(tally(r#"{"prompt": [1, 20, 0]}"#).ids, 3);
    assert_eq!(tally(r#"{"prompt": [[1, 2], [], [3]]}"#).ids, 3);
    assert_eq!(tally(r#"{"prompt": []}"#), Tally::default());
}

#[test]
fn a_path_descends_objects_and_says_what_is_special() {
    let body = r#"{"input": {"x": {"prompt": "no"}, "prompt": "in"}, "prompt": "out", "p": 1}"#;
    let expected = [("out".to_owned(), true), ("in".to_owned(), false)];
    assert_eq!(found(body).map(|found| found.0), Ok(expected.to_vec()));
    assert!(texts(r#"{"input": "prompt"}"#).is_empty());
}

#[test]
fn escapes_are_undone_and_lone_surrogates_replaced() {
    assert_eq!(
        texts(r#"{"pr\u006fmpt": "\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00|\ud83d|\ude00\ud83dx"}"#),
        ["\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{1f600}|\u{fffd}|\u{fffd}\u{fffd}x"]
    );
}

#[test]
fn a_message_gives_its_role_name_content_and_calls() {
    let body = r#"{"messages": [
        {"content": "hello", "role": "user", "name": "ann", "x": ["skipped"]},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "1", "type": "function", "function": {"arguments": "{\"q\": 1}", "name": "f"}},
            {"function": {"name": "g", "arguments": {"q": "\u00e9"}}}, {"function": {"name": null}}
        ]},
        {"role": "tool", "tool_call_id": "1", "content": []}
    ]}"#;
    let expected = [
        "user",
        "ann",
        "hello",
        "assistant",
        "f",
        "{\"q\": 1}",
        "g",
        "{\"q\": \"é\"}",
        "tool",
    ];
    assert_eq!(texts(body), expected);
    let tally = tally(body);
    assert_eq!((tally.messages, tally.chats, tally.strings), (3, 1, 9));
}

#[test]
fn parts_are_texts_or_counted_by_kind() {
    let body = r#"{"messages": [{"content": [
        "bare", {"text": "a", "type": "text"}, {"type": "input_text", "text": "b"},
        {"type": "output_text", "text": null}, {"type": "refusal", "refusal": "c"},
        {"type": "thinking", "thinking": "d", "text": "no"}, {"text": "e"}, {"type": null},
        {"type": "image_url", "image_url": {"url": "data:"}}, {"type": "image", "text": "no"},
        {"type": "input_image"}, {"type": "input_audio"}, {"type": "video_url"},
        {"type": "file", "text": "no"}
    ]}]}"#;
    assert_eq!(texts(body), ["bare", "a", "b", "c", "d", "e"]);
    let tally = tally(body);
    assert_eq!(
        (tally.images, tally.audio, tally.video, tally.other_parts),
        (3, 1, 1, 2)
    );
}

#[test]
fn a_tool_is_the_json_that_it_is() {
    let body = "{\"tools\": [{\"function\":\t{\"name\": \"f\\u00e9\\n\"}}, {}]}";
    assert_eq!(texts(body), ["{\"function\":\t{\"name\": \"fé\n\"}}", "{}"]);
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts() {
    assert_eq!(texts(r#"{"prompt": ["a", "b"], "prompt": "c"}"#), ["c"]);
    assert_eq!(
        tally(r#"{"prompt": [1, 2], "prompt": null}"#),
        Tally::default()
    );
    assert!(texts(r#"{"input": {"prompt": "a"}, "input": 1}"#).is_empty());
    let body = r#"{"messages": [{"role": "a", "content": [{"type": "image"}, "b"],
        "content": "c", "role": "d", "tool_calls": [{"function": {"name": "e"}}],
        "tool_calls": [{"function": {"name": "f"}, "function": {"name": "g", "name": "h"}}]}]}"#;
    assert_eq!(texts(body), ["d", "c", "h"]);
    assert_eq!(tally(body).images, 0);
    let tail = br#"{"messages": [{"role": "a"}], "messages": [{"role": "b"}, {}]}"#;
    assert_eq!(tally(&String::from_utf8_lossy(tail)).messages, 2);
}

#[test]
fn a_wrong_type_is_named_with_its_place() {
    let cases = [
        ("[]", 0, "expected an object, found an array (byte 0)"),
        (
            r#"{"prompt": 1}"#,
            11,
            "prompt: expected a string, or a list of strings or of token ids, found a number (byte 11)",
        ),
        (
            r#"{"prompt": [1.5]}"#,
            12,
            "prompt: expected a token id, found a number that is none (byte 12)",
        ),
        (
            r#"{"prompt": [[-1]]}"#,
            13,
            "prompt: expected a token id, found a number that is none (byte 13)",
        ),
        (
            r#"{"prompt": [["a"]]}"#,
            13,
            "prompt: expected a token id, found a string (byte 13)",
        ),
        (
            r#"{"prompt": [1, "a"]}"#,
            15,
            "prompt: expected items of one kind, found another kind than the first (byte 15)",
        ),
        (
            r#"{"input": {"prompt": {}}}"#,
            21,
            "input.prompt: expected a string, or a list of strings or of token ids, found an object (byte 21)",
        ),
        (
            r#"{"messages": "hi"}"#,
            13,
            "messages: expected a list of messages or null, found a string (byte 13)",
        ),
        (
            r#"{"messages": [["hi"]]}"#,
            14,
            "messages: expected a message, which is an object, found an array (byte 14)",
        ),
        (
            r#"{"messages": [{"role": 1}]}"#,
            23,
            "messages: expected a string or null, found a number (byte 23)",
        ),
        (
            r#"{"messages": [{"content": {}}]}"#,
            26,
            "messages: expected a string, a list of parts, or null, found an object (byte 26)",
        ),
        (
            r#"{"messages": [{"content": [1]}]}"#,
            27,
            "messages: expected a part, which is an object or a string, found a number (byte 27)",
        ),
        (
            r#"{"messages": [{"content": [{"type": 1}]}]}"#,
            36,
            "messages: expected a string or null, found a number (byte 36)",
        ),
        (
            r#"{"messages": [{"content": [{"type": "text", "text": 1}]}]}"#,
            52,
            "messages: expected a string or null, found a number (byte 52)",
        ),
        (
            r#"{"messages": [{"tool_calls": {}}]}"#,
            29,
            "messages: expected a list of calls or null, found an object (byte 29)",
        ),
        (
            r#"{"messages": [{"tool_calls": [1]}]}"#,
            30,
            "messages: expected a call, which is an object, found a number (byte 30)",
        ),
        (
            r#"{"messages": [{"tool_calls": [{"function": 1}]}]}"#,
            43,
            "messages: expected a function, which is an object, found a number (byte 43)",
        ),
        (
            r#"{"tools": {}}"#,
            10,
            "tools: expected a list of tools or null, found an object (byte 10)",
        ),
        (
            r#"{"tools": ["f"]}"#,
            11,
            "tools: expected a tool, which is an object, found a string (byte 11)",
        ),
    ];
    for (payload, position, text) in cases {
        assert_eq!(refusal(payload), (Kind::Type, position, text.to_owned()));
    }
}

#[test]
fn broken_json_is_refused_wherever_it_stands() {
    for (payload, position) in [
        ("", 0),
        (r#"{"prompt": "a"#, 13),
        (r#"{"prompt": ["a" "b"]}"#, 16),
        (r#"{"prompt": [1,]}"#, 14),
        (r#"{"messages": [{"role": "a",}]}"#, 27),
        (r#"{"x": tru}"#, 9),
        (r#"{"prompt": "a"} x"#, 16),
    ] {
        let (kind, at, text) = refusal(payload);
        assert_eq!((kind, at), (Kind::Json, position), "{payload}: {text}");
    }
    let bytes = b"{\"prompt\": \"\xff\"}";
    let error = read(bytes, 0..bytes.len(), &usual(), Texts::default).map(|found| found.1);
    assert_eq!(
        error.map_err(|error| (error.kind, error.position)),
        Err((Kind::Utf8, 12))
    );
}

#[test]
fn depth_is_bounded() {
    for open in [
        r#"{"prompt": "#,
        r#"{"messages": "#,
        r#"{"tools": [{"x": "#,
        r#"{"x": "#,
    ] {
        let payload = open.to_owned() + &"[".repeat(DEPTH_LIMIT + 1);
        assert_eq!(refusal(&payload).0, Kind::Depth);
    }
    let deep = format!(r#"{{"tools": [{{"x": {}"#, "[".repeat(DEPTH_LIMIT));
    assert_eq!(refusal(&deep).0, Kind::Depth);
}

#[test]
fn the_texts_of_a_message_are_bounded() {
    let parts = |count: usize| vec!["\"\""; count].join(",");
    assert_eq!(
        texts(&format!(
            r#"{{"messages":[{{"content":[{}]}}]}}"#,
            parts(1 << 16)
        ))
        .len(),
        1 << 16
    );
    let body = format!(
        r#"{{"messages":[{{"content":[{}]}}]}}"#,
        parts((1 << 16) + 1)
    );
    assert_eq!(refusal(&body).0, Kind::Type);
}

#[test]
fn only_the_span_is_read() {
    let body = br#"{"payload": {"prompt": "a"}, "prompt": "b"} trailing"#;
    let read = |span| read(body, span, &usual(), Texts::default);
    let texts =
        read(12..27).map(|(texts, _)| texts.into_iter().flat_map(|texts| texts.0).collect());
    assert_eq!(texts, Ok(vec![("a".to_owned(), true)]));
    let cut = read(12..26)
        .map(|(_, tally)| tally)
        .map_err(|error| error.position);
    assert_eq!(cut, Err(26));
    assert!(read(60..70).is_err());
}

#[test]
fn paths_that_cannot_be_meant_are_refused() {
    let paths = |paths: &[&str]| {
        let want = |path: &&str| ((*path).to_owned(), Want::Prompt { special: true });
        Selector::new(paths.iter().map(want).collect()).err()
    };
    assert_eq!(
        paths(&["prompt", "inputs", "input.prompt", "input.messages"]),
        None
    );
    for bad in [
        &["a", "a"][..],
        &["a", "a.b"],
        &["a.b", "a"],
        &[""],
        &["a..b"],
        &["."],
    ] {
        assert!(paths(bad).is_some(), "{bad:?}");
    }
    let many: Vec<String> = (0..=MOST_ENTRIES).map(|at| at.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(paths(&many).is_some());
    assert_eq!(paths(many.get(1..).unwrap_or_default()), None);
    assert!(
        paths(&[
            &"a.".repeat(16).as_str()[..31],
            &"b.".repeat(17).as_str()[..33]
        ])
        .is_some()
    );
}
