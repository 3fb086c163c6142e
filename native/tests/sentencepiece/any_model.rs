//! Any model and any text.

use _native::tokens::counter::Counter;
use proptest::prelude::*;
use proptest::sample::select;

use crate::form::{FORMS, file};
use crate::model::{Model, spelled};
use crate::plain::Plain;

const LETTERS: [&str; 8] = ["▁", "a", "b", "<", ">", "0", "é", "中"];

prop_compose! {
    fn models()(
        letters in proptest::sample::subsequence(&LETTERS[..], 2..=8),
        bytes in select(vec![0, 128, 256]),
        missing in any::<u8>(),
        unknown in select(vec![None, Some("<unk>"), Some("a")]),
        (fuse, fallback, ignore_merges) in any::<(bool, bool, bool)>(),
        picks in proptest::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..24),
        order in any::<u64>(),
    ) -> Model {
        let mut model = Model::new(&letters, &[]);
        model.vocabulary.truncate(letters.len());
        model.vocabulary.extend((0..bytes).map(|byte| spelled(u8::try_from(byte).unwrap())));
        model.vocabulary.retain(|string| *string != spelled(missing));
        model.vocabulary.extend(unknown.filter(|&token| !model.has(token)).map(str::to_owned));
        model.unknown = unknown.map(str::to_owned);
        (model.fuse, model.fallback, model.ignore_merges) = (fuse, fallback, ignore_merges);
        // Letters first, then some of the bytes and what is unknown, then what merges make.
        let count = model.vocabulary.len();
        let mut pool: Vec<String> = (0..letters.len()).chain(count.saturating_sub(3)..count)
            .map(|at| model.vocabulary[at].clone()).collect();
        for (left, right) in picks {
            let (left, right) = (left.get(&pool).clone(), right.get(&pool).clone());
            if left.len() + right.len() <= 24 {
                model.merge(&left, &right);
                pool.push(left + &right);
            }
        }
        // Any order: parts may merge after what is made of them.
        let turn = usize::try_from(order % 24).unwrap() % model.merges.len().max(1);
        if order & 32 == 0 {
            model.merges.rotate_left(turn);
        } else if order & 64 == 0 {
            model.merges.reverse();
        }
        model
    }
}

fn texts() -> impl Strategy<Value = String> {
    let pieces = LETTERS
        .into_iter()
        .chain([" ", " ", "  ", "x", "ü", "😀", "<unk>", "aa", "ab"]);
    let pieces = select(pieces.collect::<Vec<_>>());
    let some = proptest::collection::vec(pieces, 1..40).prop_map(|pieces| pieces.concat());
    (some, 1..6_usize).prop_map(|(text, times)| text.repeat(times))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_model_counts_as_plain_merging(
        model in models(),
        form in select(FORMS.to_vec()),
        texts in proptest::collection::vec(texts(), 1..4),
    ) {
        let counter = Counter::new(&file(form, &model.section()), false).unwrap();
        for text in &texts {
            let count = Plain::new(&model).count(form, text);
            prop_assert_eq!(counter.count(text, false), count, "{:?}", text);
        }
    }
}
