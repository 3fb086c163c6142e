//! What becomes of a text's tokens: numbers that the reference gave, and what it refuses.

#![allow(clippy::unwrap_used, reason = "a broken test should stop")]

use _native::tokens::family::Unsupported;
use _native::tokens::file::{Padding, Truncation};
use _native::tokens::post::Post;
use serde_json::{Value, json};

fn post(processor: &Value, truncation: &Value, padding: &Value) -> Result<Post, Unsupported> {
    let truncation: Option<Truncation> = serde_json::from_value(truncation.clone()).unwrap();
    let padding: Option<Padding> = serde_json::from_value(padding.clone()).unwrap();
    Post::new(processor, truncation.as_ref(), padding.as_ref())
}

fn bert() -> Value {
    json!({"type": "BertProcessing", "sep": ["[SEP]", 1], "cls": ["[CLS]", 0]})
}

fn byte_level() -> Value {
    json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true})
}

fn template(single: &Value) -> Value {
    json!({
        "type": "TemplateProcessing",
        "single": single,
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {
            "<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]},
            "<x>": {"id": "<x>", "ids": [2, 3], "tokens": ["<x", ">"]},
        },
    })
}

fn framed() -> Value {
    template(&json!([
        {"SpecialToken": {"id": "<s>", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "<x>", "type_id": 0}},
    ]))
}

fn cut(max_length: usize, stride: usize) -> Value {
    json!({"direction": "Right", "max_length": max_length, "strategy": "LongestFirst", "stride": stride})
}

fn filled(strategy: &Value, multiple: &Value) -> Value {
    json!({"strategy": strategy, "direction": "Left", "pad_to_multiple_of": multiple, "pad_id": 0,
           "pad_type_id": 0, "pad_token": "[PAD]"})
}

/// Tokens of an encoding whose text has 0, 1, 7 and 100 of them.
fn encoded(post: &Post, special: bool) -> [usize; 4] {
    [0, 1, 7, 100].map(|tokens| post.encoded(tokens, special))
}

#[test]
fn special_tokens_are_counted_when_asked_for() {
    let roberta = json!({"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0],
                         "trim_offsets": true, "add_prefix_space": false});
    let sequence =
        json!({"type": "Sequence", "processors": [byte_level(), framed(), byte_level()]});
    let nested = json!({"type": "Sequence", "processors": [sequence]});
    for (processor, expected) in [
        (Value::Null, 0),
        (byte_level(), 0),
        (bert(), 2),
        (roberta, 2),
        (framed(), 3),
        (sequence, 3),
        (nested, 3),
        (json!({"type": "Sequence", "processors": []}), 0),
    ] {
        let post = post(&processor, &Value::Null, &Value::Null).unwrap();
        assert_eq!(encoded(&post, true), [0, 1, 7, 100].map(|n| n + expected));
        assert_eq!(encoded(&post, false), [0, 1, 7, 100]);
    }
}

#[test]
fn a_template_may_have_the_text_twice_or_not_at_all() {
    let text = json!({"Sequence": {"id": "A", "type_id": 0}});
    let special = json!({"SpecialToken": {"id": "<s>", "type_id": 0}});
    let twice = template(&json!([text, special, text]));
    let never = template(&json!([special]));
    let none = Value::Null;
    assert_eq!(
        encoded(&post(&twice, &none, &none).unwrap(), true),
        [1, 3, 15, 201]
    );
    assert_eq!(
        encoded(&post(&twice, &none, &none).unwrap(), false),
        [0, 2, 14, 200]
    );
    assert_eq!(encoded(&post(&never, &none, &none).unwrap(), true), [1; 4]);
    assert_eq!(encoded(&post(&never, &none, &none).unwrap(), false), [0; 4]);
}

#[test]
fn texts_are_cut_so_that_the_special_tokens_fit() {
    let post = |length| post(&bert(), &cut(length, 0), &Value::Null).unwrap();
    assert_eq!(encoded(&post(8), true), [2, 3, 8, 8]);
    assert_eq!(encoded(&post(8), false), [0, 1, 7, 8]);
    assert_eq!(encoded(&post(2), true), [2; 4]);
    assert_eq!(encoded(&post(2), false), [0, 1, 2, 2]);
}

#[test]
fn texts_are_filled_after_all_else() {
    let post = |strategy: Value, multiple: Value| {
        post(&bert(), &cut(90, 0), &filled(&strategy, &multiple)).unwrap()
    };
    let fixed = json!({"Fixed": 10});
    assert_eq!(
        encoded(&post(fixed.clone(), Value::Null), true),
        [10, 10, 10, 90]
    );
    assert_eq!(
        encoded(&post(fixed.clone(), json!(0)), true),
        [10, 10, 10, 90]
    );
    assert_eq!(encoded(&post(fixed, json!(8)), true), [16, 16, 16, 90]);
    assert_eq!(
        encoded(&post(json!({"Fixed": 0}), json!(8)), true),
        [2, 3, 9, 90]
    );
    let longest = json!("BatchLongest");
    assert_eq!(
        encoded(&post(longest.clone(), Value::Null), true),
        [2, 3, 9, 90]
    );
    assert_eq!(
        encoded(&post(longest.clone(), json!(8)), true),
        [8, 8, 16, 96]
    );
    assert_eq!(encoded(&post(longest, json!(8)), false), [0, 8, 8, 96]);
}

#[test]
fn what_the_reference_fails_at_is_refused() {
    let none = Value::Null;
    let only_second = json!({"max_length": 8, "strategy": "OnlySecond", "stride": 0});
    for (processor, truncation) in [
        (bert(), cut(1, 0)),
        (bert(), cut(8, 6)),
        (none.clone(), cut(8, 8)),
        (none.clone(), only_second),
        (
            template(&json!([{"SpecialToken": {"id": "<y>", "type_id": 0}}])),
            none.clone(),
        ),
        (
            template(&json!([{"Sequence": {"id": "B", "type_id": 0}}])),
            none.clone(),
        ),
        (
            json!({"type": "Sequence", "processors": [bert(), framed()]}),
            none.clone(),
        ),
    ] {
        assert!(
            post(&processor, &truncation, &none).is_err(),
            "{processor} {truncation}"
        );
    }
    assert!(post(&bert(), &cut(8, 5), &none).is_ok());
}

#[test]
fn what_is_not_known_is_refused() {
    let (mut more, mut less) = (bert(), byte_level());
    more.as_object_mut()
        .unwrap()
        .insert("more".to_owned(), json!(1));
    less.as_object_mut().unwrap().remove("trim_offsets");
    for processor in [
        more,
        less,
        json!({"type": "New"}),
        json!({}),
        json!("x"),
        json!([]),
    ] {
        assert!(
            post(&processor, &Value::Null, &Value::Null).is_err(),
            "{processor}"
        );
    }
}
