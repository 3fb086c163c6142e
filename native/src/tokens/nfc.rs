//! NFC as the reference has it: by its own crate, for the few stretches of a text that may change.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use unicode_normalization_alignments::UnicodeNormalization;

use super::unicode::nfc::{CLASSES, MARK, STARTER};
use crate::block::{Block, SIZE};

/// The least first byte of a character that NFC may change, that of U+0300.
const FIRST: u8 = 0xcc;

/// First bytes of U+4000 to U+9FFF: Chinese, of three bytes each, and all of them starters.
const HAN: RangeInclusive<u8> = 0xe4..=0xe9;

/// The text in NFC, copied only if it is not yet.
#[must_use]
pub fn normalize(text: &str) -> Cow<'_, str> {
    let mut changed = String::new();
    // Up to where the text is in `changed`; up to where it is known to stay.
    let (mut copied, mut at) = (0, 0);
    while let Some((from, to)) = doubtful(text, at) {
        let stretch = text.get(from..to).unwrap_or_default();
        if !stretch.chars().eq(nfc(stretch)) {
            changed.push_str(text.get(copied..from).unwrap_or_default());
            changed.extend(nfc(stretch));
            copied = to;
        }
        at = to;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    changed.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(changed)
}

fn nfc(text: &str) -> impl Iterator<Item = char> {
    text.nfc().map(|(character, _)| character)
}

/// The first stretch from `at` on that NFC may change: a starter, if there is one, and what follows
/// up to the next, for nothing combines with what stands before a starter. One mark alone after a
/// starter stays where it is.
fn doubtful(text: &str, mut at: usize) -> Option<(usize, usize)> {
    let mut begin = at;
    let mut marked = false;
    loop {
        let skipped = at + low(text.as_bytes().get(at..)?);
        if skipped > at {
            // All of these are starters, and the last of them may combine with what follows.
            (begin, marked) = (before(text, skipped), false);
            at = skipped;
        }
        if text
            .as_bytes()
            .get(at)
            .is_some_and(|byte| HAN.contains(byte))
        {
            (begin, marked) = (at, false);
            at += 3;
            continue;
        }
        let character = text.get(at..)?.chars().next()?;
        match CLASSES.class(character) {
            STARTER => (begin, marked) = (at, false),
            MARK if !marked => marked = true,
            _ => return Some((begin, next_starter(text, at + character.len_utf8()))),
        }
        at += character.len_utf8();
    }
}

/// Bytes of characters below U+0300 at the beginning.
#[inline]
fn low(text: &[u8]) -> usize {
    if text.first().is_none_or(|byte| *byte >= FIRST) {
        return 0;
    }
    let high = |block: &[u8; SIZE]| Block::new(block).from(FIRST);
    let mut at = 0;
    while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let high = high(block);
        if high != 0 {
            return at + high.trailing_zeros() as usize;
        }
        at += SIZE;
    }
    let rest = text.get(at..).unwrap_or_default();
    let mut last = [0; SIZE];
    if let Some(place) = last.get_mut(..rest.len()) {
        place.copy_from_slice(rest);
    }
    at + rest.len().min(high(&last).trailing_zeros() as usize)
}

/// Where the character begins that ends at `end`.
fn before(text: &str, end: usize) -> usize {
    (0..end)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}

fn next_starter(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.char_indices()
        .find(|(_, character)| CLASSES.class(*character) == STARTER)
        .map_or(text.len(), |(at, _)| from + at)
}

#[cfg(test)]
mod tests {
    use super::{CLASSES, HAN, STARTER};

    #[test]
    fn what_begins_as_chinese_is_a_starter_of_three_bytes() {
        for character in '\u{4000}'..='\u{9fff}' {
            let mut utf8 = [0; 4];
            let bytes = character.encode_utf8(&mut utf8).as_bytes();
            assert!(bytes.len() == 3 && bytes.first().is_some_and(|byte| HAN.contains(byte)));
            assert_eq!(CLASSES.class(character), STARTER, "{character:?}");
        }
    }
}
