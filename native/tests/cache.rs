//! What the memories must hold to for any words and texts: never a count of other bytes.

#![allow(clippy::unwrap_used, reason = "a broken test should stop")]

use std::cell::Cell;
use std::collections::HashMap;

use _native::tokens::cache::{Cache, Kind, Memory, Packed, Tiny, TinyWord};
use proptest::prelude::*;

/// Lengths around the sizes where words change their place, few letters and zeros among them.
fn word() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(0_u8..3, 1..5),
        prop::collection::vec(0_u8..2, 1..40),
        prop::collection::vec(any::<u8>(), 14..18),
        prop::collection::vec(any::<u8>(), 1..200),
    ]
}

/// Texts that differ in little, some of them too short to be kept.
fn text() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(0_u8..3, 1..4), 1_usize..300).prop_map(|(mut text, length)| {
        text.resize(length, b'a');
        text
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![
        Kind::Inner,
        Kind::First,
        Kind::InnerPiece,
        Kind::FirstPiece,
        Kind::Escaped,
    ])
}

proptest! {
    // Each case zeroes megabytes.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_word_has_the_count_it_was_put_with_last_or_none(
        steps in prop::collection::vec((word(), 0_u32..20), 1..200),
    ) {
        let mut oracle = HashMap::new();
        Cache::new().with(|words| {
            for (word, count) in &steps {
                if let Some(known) = words.get(word) {
                    prop_assert_eq!(Some(&known), oracle.get(word));
                } else {
                    words.put(word, *count);
                    oracle.insert(word.clone(), *count);
                    if *count < 16 || word.len() > Packed::LIMIT {
                        prop_assert_eq!(words.get(word), Some(*count));
                    }
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_tiny_word_is_told_from_all_others(
        steps in prop::collection::vec((prop::collection::vec(0_u8..3, 1..8), 0_u32..8), 1..200),
    ) {
        let mut oracle = HashMap::new();
        // Fewer than there are words, so that some are pushed out.
        let mut tiny = Tiny::for_words(64);
        for (bytes, count) in &steps {
            let word = TinyWord::new(bytes).unwrap();
            let (unpacked, length) = word.unpack();
            prop_assert_eq!(unpacked.get(..length), Some(bytes.as_slice()));
            if let Some(known) = tiny.get(word) {
                prop_assert_eq!(Some(&known), oracle.get(bytes));
            } else {
                tiny.put(word, *count);
                oracle.insert(bytes.clone(), *count);
                prop_assert_eq!(tiny.get(word), Some(*count));
            }
        }
    }

    #[test]
    fn a_text_has_the_count_of_its_bytes_and_kind(
        steps in prop::collection::vec((text(), kind()), 1..100),
    ) {
        let memory = Memory::new();
        let mut oracle = HashMap::new();
        for (text, kind) in steps {
            let next = oracle.len();
            let expected = *oracle.entry((text.clone(), kind as u8)).or_insert(next);
            prop_assert_eq!(memory.count(&text, kind, || expected), expected);
            let is_kept = text.len() >= Memory::SHORTEST;
            prop_assert_eq!(memory.recall(&text, kind), is_kept.then_some(expected));
            if is_kept {
                prop_assert_eq!(memory.count(&text, kind, || usize::MAX), expected);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_prefix_is_packed_as_the_word_itself(bytes: [u8; 16], length in 1..=Packed::LIMIT) {
        prop_assert_eq!(Some(Packed::prefix(&bytes, length)), bytes.get(..length).and_then(Packed::new));
    }

    #[test]
    fn packed_words_are_equal_when_the_words_are(a in word(), b in word()) {
        if let (Some(packed_a), Some(packed_b)) = (Packed::new(&a), Packed::new(&b)) {
            prop_assert_eq!(packed_a == packed_b, a == b);
        }
    }
}

#[test]
fn words_that_no_longer_fit_are_counted_again() {
    let (mut kept_short, mut kept_wide, mut kept_long) = (0, 0, 0);
    Cache::new().with(|words| {
        for number in 0..200_000_u32 {
            let short = number.to_le_bytes();
            for word in [&short[..], &short.repeat(6), &short.repeat(16)] {
                assert_eq!(words.get(word), None);
                words.put(word, number % 16);
            }
        }
        for number in 0..200_000_u32 {
            let short = number.to_le_bytes();
            for (word, kept) in [
                (&short[..], &mut kept_short),
                (&short.repeat(6), &mut kept_wide),
                (&short.repeat(16), &mut kept_long),
            ] {
                if let Some(count) = words.get(word) {
                    assert_eq!(count, number % 16);
                    *kept += 1;
                }
            }
        }
    });
    assert!((25_000..=32_768).contains(&kept_short), "{kept_short}");
    assert!((12_500..=16_384).contains(&kept_wide), "{kept_wide}");
    assert!((12_500..=16_384).contains(&kept_long), "{kept_long}");
}

#[test]
fn a_word_of_no_bytes_is_nothing() {
    Cache::new().with(|words| {
        words.put(b"", 1);
        assert_eq!(words.get(b""), None);
    });
}

#[test]
fn words_of_more_threads_than_there_are_slots_are_counted_without() {
    fn nested(cache: &Cache, depth: usize) -> usize {
        cache.with(|words| {
            words.put(b"word", 1);
            let found = usize::from(words.get(b"word").is_some());
            found
                + if depth == 0 {
                    0
                } else {
                    nested(cache, depth - 1)
                }
        })
    }
    assert_eq!(nested(&Cache::new(), 9), 4);
}

#[test]
fn words_outlive_a_panic() {
    let cache = Cache::new();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        cache.with(|words| {
            words.put(b"word", 3);
            std::panic::resume_unwind(Box::new(()));
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(cache.with(|words| words.get(b"word")), Some(3));
}

#[test]
fn the_oldest_texts_are_forgotten_first() {
    let memory = Memory::new();
    let text = |number: usize| format!("{number:08}").repeat(512);
    let fitting = Memory::TEXT / text(0).len();
    for number in 0..fitting + 10 {
        memory.count(text(number).as_bytes(), Kind::Inner, || number);
    }
    let counted = Cell::new(0);
    let ask = |number: usize| {
        let count = || {
            counted.set(counted.get() + 1);
            number
        };
        assert_eq!(
            memory.count(text(number).as_bytes(), Kind::Inner, count),
            number
        );
    };
    (fitting - 100..fitting + 10).for_each(&ask);
    assert_eq!(counted.get(), 0, "the newest are known");
    (0..5).for_each(ask);
    assert_eq!(counted.get(), 5, "the oldest are not");
}

#[test]
fn a_text_too_long_to_keep_is_counted_each_time() {
    let memory = Memory::new();
    let text = vec![b'a'; Memory::TEXT / 8 + 1];
    assert_eq!(memory.count(&text, Kind::Inner, || 1), 1);
    assert_eq!(memory.count(&text, Kind::Inner, || 2), 2);
}

#[test]
fn the_bounds_are_what_the_documentation_says() {
    const { assert!(Cache::BYTES <= 4 * (3 << 20)) };
    const { assert!(Memory::BYTES <= 9 << 20) };
}
