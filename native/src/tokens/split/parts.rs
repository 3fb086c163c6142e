//! What several patterns have in common.

use super::class::{self, LETTERS, NEWLINE, NUMBER, Set, WHITES};

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)`, and what the engine's folding of case adds: U+017F is an s.
///
/// The end of it, or None; the apostrophe is at `at`.
#[inline]
pub(super) fn contraction(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at + 1)? {
        b's' | b'S' | b't' | b'T' | b'm' | b'M' | b'd' | b'D' => Some(at + 2),
        0xc5 if text.get(at + 2) == Some(&0xbf) => Some(at + 3),
        b'r' | b'R' | b'v' | b'V' => matches!(text.get(at + 2)?, b'e' | b'E').then_some(at + 3),
        b'l' | b'L' => matches!(text.get(at + 2)?, b'l' | b'L').then_some(at + 3),
        _ => None,
    }
}

/// `\p{N}{1,LIMIT}`, of which the first `length` bytes are known.
#[inline]
pub(super) fn numbers<const LIMIT: usize>(text: &[u8], at: usize, length: usize) -> usize {
    let mut end = at + length;
    for _ in 1..LIMIT {
        let (class, length) = class::at(text, end);
        if class & NUMBER == 0 {
            break;
        }
        end += length;
    }
    end
}

/// ` ?[REST]+[TAIL]*` from where its first character of `rest` ends; `tail` are ASCII characters.
#[inline]
pub(super) fn others(text: &[u8], from: usize, rest: Set, tail: &[u8]) -> usize {
    let mut end = class::run(text, from, rest);
    while text.get(end).is_some_and(|byte| tail.contains(byte)) {
        end += 1;
    }
    end
}

/// `\s*[\r\n]+|\s+(?!\S)|\s+`, or without NEWLINES only the last two, at a white space that nothing
/// else takes.
///
/// The run up to its last line end; without one, all of it at the end of the text, and else all but
/// its last character, which belongs to what follows, unless it is the only one.
#[inline]
pub(super) fn white_space<const NEWLINES: bool>(text: &[u8], at: usize) -> usize {
    let (mut end, mut last, mut line_end) = (at, at, at);
    loop {
        let (class, length) = class::at(text, end);
        if class & WHITES == 0 {
            break;
        }
        last = end;
        end += length;
        if NEWLINES && class & NEWLINE != 0 {
            line_end = end;
        }
    }
    if line_end > at {
        line_end
    } else if end < text.len() && last > at {
        last
    } else {
        end
    }
}

/// The letters from `from`, of which the first is known to be one.
#[inline]
pub(super) fn word(text: &[u8], from: usize) -> usize {
    class::letters(text, from, LETTERS)
}
