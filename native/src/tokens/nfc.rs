//! NFC as the reference has it: by its own crate, for the few stretches of a text that may change.

use std::borrow::Cow;

use unicode_normalization_alignments::UnicodeNormalization;

use super::unicode::nfc::{CLASSES, MARK, STARTER};

/// The least first byte of a character that NFC may change, that of U+0300.
const FIRST: u8 = 0xcc;

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
    // Whole steps without a branch for each byte, which the compiler puts into vectors.
    let is_low = |step: &[u8]| step.iter().fold(0, |most, byte| most.max(*byte)) < FIRST;
    let at = 64
        * text
            .chunks_exact(64)
            .take_while(|step| is_low(step))
            .count();
    let rest = text.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .position(|&byte| byte >= FIRST)
        .unwrap_or(rest.len())
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
