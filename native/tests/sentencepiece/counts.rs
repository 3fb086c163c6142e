//! Models and texts that are known to be trouble.

use _native::tokens::counter::Counter;
use serde_json::json;

use crate::form::{FORMS, Form, file};
use crate::model::{Model, model};
use crate::plain::Plain;

const TEXTS: [&str; 12] = [
    "a",
    " ",
    "ab abc  abc",
    "▁a ▁ a",
    "   a    b\n\n\nc",
    "ab中国中国国abc😀é",
    "<0x61><0xE4>",
    "cab abcab abcabc cab",
    "\u{2580}\u{2581}\u{2582} \u{2581}",
    "x",
    "a\tb",
    "aaaabbbbcccc    aabbcc",
];

#[track_caller]
fn check(form: Form, model: &Model, texts: &[&str]) {
    let counter = Counter::new(&file(form, &model.section()), false).unwrap();
    let plain = Plain::new(model);
    for text in texts {
        let count = plain.count(form, text);
        assert_eq!(counter.count(text, false), count, "{form:?} {text:?}");
        // Looked up this time.
        assert_eq!(counter.count(text, false), count, "{form:?} {text:?}");
    }
}

#[test]
fn every_form_of_file_counts_as_plain_merging() {
    for form in FORMS {
        check(form, &model(), &TEXTS);
    }
}

#[test]
fn unknown_characters_are_spelled_fused_or_dropped() {
    for (fallback, unknown) in [
        (true, None),
        (true, Some("?")),
        (false, Some("?")),
        (false, None),
    ] {
        for fuse in [false, true] {
            let mut model = model();
            model.vocabulary.push("?".to_owned());
            // é, 中 and 国 of the texts have two of their bytes at most.
            model
                .vocabulary
                .retain(|string| string != "<0xC3>" && string != "<0xAD>");
            (model.fallback, model.fuse) = (fallback, fuse);
            model.unknown = unknown.map(str::to_owned);
            for form in FORMS {
                check(form, &model, &TEXTS);
                check(
                    form,
                    &model,
                    &[
                        "aüöü😀üb 中华í国",
                        "üab",
                        "bü",
                        "ü",
                        "aüb",
                        "ü😀😀",
                        "😀ü a",
                    ],
                );
            }
        }
    }
}

#[test]
fn symbols_of_bytes_and_of_the_unknown_can_merge() {
    let mut model = model();
    model.vocabulary.retain(|string| string != "<0xBC>");
    model.vocabulary.push("?".to_owned());
    model.unknown = Some("?".to_owned());
    model.merge("<0xF0>", "<0x9F>");
    model.merge("b", "<0xF0>");
    model.merge("?", "a");
    model.merge("?", "?");
    for form in FORMS {
        check(form, &model, &TEXTS);
        check(form, &model, &["b😀", "üa?", "ab😀a", "??ü😀üü?a"]);
    }
}

#[test]
fn a_space_without_a_symbol_is_spelled() {
    let mut model = model();
    model.merges.clear();
    model.vocabulary.retain(|string| !string.contains('▁'));
    for form in FORMS {
        check(form, &model, &TEXTS);
    }
}

#[test]
fn words_of_the_vocabulary_are_taken_where_merges_are_ignored() {
    let mut model = model();
    model.ignore_merges = true;
    model
        .vocabulary
        .extend(["▁cab", "ca", "▁", "c▁a"].map(str::to_owned));
    model.vocabulary.sort();
    model.vocabulary.dedup();
    for form in FORMS {
        check(form, &model, &TEXTS);
        check(
            form,
            &model,
            &["cab", " cab", "cab cab", "ca", "c a", "c▁a"],
        );
    }
}

#[test]
fn long_stretches_count_as_plain_merging() {
    let mut model = model();
    for (left, right) in [
        ("a", "a"),
        ("aa", "aa"),
        ("aa", "a"),
        ("c", "b"),
        ("cb", "cb"),
        ("b", "a"),
    ] {
        model.merge(left, right);
    }
    for length in [63, 64, 65, 200, 1200] {
        for unit in [
            "a", "ab", "cb", "abc", "cbba", " ", "\n", "aab", "中", "aaaaaaab",
        ] {
            let text = unit.repeat(length / unit.len() + 1);
            check(Form::Gemma, &model, &[&text]);
            check(Form::Legacy, &model, &[&text]);
        }
    }
}

#[test]
fn tokens_longer_than_windows_count_as_plain_merging() {
    let mut model = Model::new(&["a", "b", "▁"], &[("b", "a")]);
    for length in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] {
        let half = "a".repeat(length);
        model.merge(&half, &half);
        let text = "a".repeat(length * 2 + 1) + &"a".repeat(150) + "b" + &"a".repeat(length * 3);
        check(Form::Gemma, &model, &[&text]);
    }
}

#[test]
fn merges_may_be_written_with_a_space() {
    let mut section = model().section();
    for merge in section["merges"].as_array_mut().unwrap() {
        *merge = json!(format!(
            "{} {}",
            merge[0].as_str().unwrap(),
            merge[1].as_str().unwrap()
        ));
    }
    let counter = Counter::new(&file(Form::Legacy, &section), false).unwrap();
    let model = model();
    for text in TEXTS {
        let count = Plain::new(&model).count(Form::Legacy, text);
        assert_eq!(counter.count(text, false), count, "{text:?}");
    }
}
