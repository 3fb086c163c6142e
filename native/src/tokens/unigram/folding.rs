//! NFKD with `StripAccents`, and Lowercase, as the reference does them.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::tokens::unicode::folding::{DECOMPOSED, LOWERED};

/// What characters become, in the order of the characters.
type Changes = Vec<(char, &'static str)>;

fn read(table: &'static str) -> Changes {
    let lines = table.split_terminator('\n');
    lines
        .filter_map(|line| {
            let first = line.chars().next()?;
            Some((first, line.get(first.len_utf8()..)?))
        })
        .collect()
}

fn change(changes: &Changes, c: char) -> Option<&'static str> {
    let at = changes.binary_search_by_key(&c, |(from, _)| *from).ok()?;
    changes.get(at).map(|(_, to)| *to)
}

/// NFKD, then `StripAccents`: no marks are left, so none has to be put in order.
pub fn decompose(text: &str) -> Cow<'_, str> {
    static CHANGES: LazyLock<Changes> = LazyLock::new(|| read(DECOMPOSED));
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else if let Some(jamo) = syllable(c) {
            out.extend(jamo.into_iter().flatten());
        } else if let Some(to) = change(&CHANGES, c) {
            out.push_str(to);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// What is left of a syllable of Hangul: two or three jamo, by the arithmetic of Unicode.
fn syllable(c: char) -> Option<[Option<char>; 3]> {
    let index = u32::from(c)
        .checked_sub(0xAC00)
        .filter(|index| *index < 11172)?;
    let (lead, vowel, trail) = (index / 588, index % 588 / 28, index % 28);
    let trail = (trail > 0)
        .then(|| char::from_u32(0x11A7 + trail))
        .flatten();
    Some([
        char::from_u32(0x1100 + lead),
        char::from_u32(0x1161 + vowel),
        trail,
    ])
}

/// Lowercase.
pub fn lower(text: &str) -> Cow<'_, str> {
    static CHANGES: LazyLock<Changes> = LazyLock::new(|| read(LOWERED));
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else if let Some(to) = change(&CHANGES, c) {
            out.push_str(to);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}
