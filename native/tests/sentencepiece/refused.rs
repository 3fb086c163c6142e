//! What is not known exactly is not counted.

use _native::tokens::counter::Counter;
use serde_json::{Value, json};

use crate::form::{Form, file};
use crate::model::model;

#[test]
fn what_is_not_known_exactly_is_refused() {
    let refused = |form: Form, edit: &dyn Fn(&mut Value)| {
        let bytes = file(form, &model().section());
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        edit(&mut value);
        Counter::new(&serde_json::to_vec(&value).unwrap(), false)
            .err()
            .map(|why| why.0)
    };
    let legacy = Form::Legacy;
    let split = Form::Metaspace("always", true);
    assert_eq!(refused(legacy, &|_| ()), None);
    for (form, pointer, value) in [
        (legacy, "/model/dropout", json!(0.1)),
        (legacy, "/model/continuing_subword_prefix", json!("##")),
        (legacy, "/model/end_of_word_suffix", json!("</w>")),
        (legacy, "/model/unk_token", json!("▁")),
        (legacy, "/model/merges/0", json!(["▁", "z"])),
        (legacy, "/model/merges/0", json!("▁ a")),
        (legacy, "/model/merges/0", json!(["a", "b", "c"])),
        (legacy, "/model/vocab/a", json!(2)),
        (legacy, "/model/vocab/a", json!(-1)),
        (legacy, "/model/vocab/a", json!(4_000_000_000_u32)),
        (legacy, "/normalizer/normalizers/1/content", json!("_")),
        (
            legacy,
            "/normalizer/normalizers/1/pattern",
            json!({"Regex": " "}),
        ),
        (legacy, "/pre_tokenizer", json!({"type": "Whitespace"})),
        (
            Form::NewerGemma,
            "/pre_tokenizer/behavior",
            json!("Isolated"),
        ),
        (split, "/pre_tokenizer/replacement", json!("_")),
        (split, "/pre_tokenizer/prepend_scheme", json!("last")),
        (split, "/pre_tokenizer/split", json!("yes")),
        (
            Form::OlderMetaspace,
            "/pre_tokenizer/add_prefix_space",
            json!(false),
        ),
        (Form::OlderMetaspace, "/pre_tokenizer/str_rep", json!("_")),
    ] {
        let why = refused(form, &|file| {
            *file.pointer_mut(pointer).unwrap() = value.clone();
        });
        assert!(why.is_some(), "{pointer} {value}");
    }
    let unknown = |file: &mut Value| file["model"]["new"] = json!(1);
    assert!(refused(legacy, &unknown).unwrap().contains("new"));
    let mut missing = model();
    missing.vocabulary.retain(|string| string != "<0xE4>");
    missing.unknown = Some("<unk>".to_owned());
    let why = Counter::new(&file(legacy, &missing.section()), false)
        .err()
        .unwrap();
    assert!(why.0.contains("unk_token"), "{why}");
}
