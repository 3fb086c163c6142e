//! BERT's normaliser and splitting, one step after the other, as the reference takes them.
//!
//! Exact for every text and slow: what the pass over the raw text cannot decide comes here.

use super::Switches;
use crate::tokens::unicode::bert::{
    CHINESE, CLASSES, DECOMPOSED, DECOMPOSES, FLAGS, LOWERED, LOWERS, MARK, PUNCTUATION, REMOVED,
    REORDERED, SPACE,
};

/// Adds what the normaliser makes of `text` to `out`.
///
/// NFD sorts the marks between two characters without a combining class by that class. So nothing
/// else has to be remembered than the marks that are still to be sorted.
pub fn normalize(text: &str, switches: Switches, out: &mut String) {
    let mut steps = Steps {
        switches,
        strips: switches.strips(),
        unsorted: Vec::new(),
        out,
    };
    for c in text.chars() {
        let flags = FLAGS.class(c);
        if switches.clean_text && flags & REMOVED != 0 {
            continue;
        }
        if switches.handle_chinese_chars && flags & CHINESE != 0 {
            steps.strip(' ');
            steps.strip(c);
            steps.strip(' ');
        } else if switches.clean_text && flags & SPACE != 0 {
            steps.strip(' ');
        } else {
            steps.strip(c);
        }
    }
    steps.sort();
}

struct Steps<'o> {
    switches: Switches,
    strips: bool,
    /// Characters with a combining class, each behind it.
    unsorted: Vec<(u8, char)>,
    out: &'o mut String,
}

impl Steps<'_> {
    fn strip(&mut self, c: char) {
        if self.strips {
            decompose(c, |part| self.order(part));
        } else {
            self.lower(c);
        }
    }

    fn order(&mut self, c: char) {
        if FLAGS.class(c) & REORDERED == 0 {
            self.sort();
            self.unmark(c);
        } else {
            self.unsorted.push((class_of(c), c));
        }
    }

    fn sort(&mut self) {
        // Stable: marks of one class keep their order.
        self.unsorted.sort_by_key(|&(class, _)| class);
        let mut sorted = std::mem::take(&mut self.unsorted);
        for &(_, c) in &sorted {
            self.unmark(c);
        }
        sorted.clear();
        self.unsorted = sorted;
    }

    fn unmark(&mut self, c: char) {
        if FLAGS.class(c) & MARK == 0 {
            self.lower(c);
        }
    }

    fn lower(&mut self, c: char) {
        if self.switches.lowercase && FLAGS.class(c) & LOWERS != 0 {
            self.out.push_str(mapped(&LOWERED, c).unwrap_or_default());
        } else {
            self.out.push(c);
        }
    }
}

/// NFD of one character, part by part.
pub fn decompose(c: char, mut part: impl FnMut(char)) {
    if FLAGS.class(c) & DECOMPOSES == 0 {
        part(c);
    } else if let Some(parts) = mapped(&DECOMPOSED, c) {
        parts.chars().for_each(part);
    } else {
        hangul(c).into_iter().flatten().for_each(part);
    }
}

/// The two or three letters of a Hangul syllable.
#[inline]
pub fn hangul(c: char) -> [Option<char>; 3] {
    const SYLLABLES: u32 = 0xac00;
    const TAILS: u32 = 28;
    const VOWELS: u32 = 21;
    let index = (c as u32).wrapping_sub(SYLLABLES);
    let (lead, vowel, tail) = (
        index / (VOWELS * TAILS),
        index / TAILS % VOWELS,
        index % TAILS,
    );
    [
        char::from_u32(0x1100 + lead),
        char::from_u32(0x1161 + vowel),
        char::from_u32(0x11a7 + tail).filter(|_| tail > 0),
    ]
}

fn mapped(map: &'static [(char, &'static str)], c: char) -> Option<&'static str> {
    let at = map.binary_search_by_key(&c, |&(from, _)| from).ok()?;
    map.get(at).map(|&(_, to)| to)
}

fn class_of(c: char) -> u8 {
    CLASSES
        .binary_search_by_key(&c, |&(from, _)| from)
        .ok()
        .and_then(|at| CLASSES.get(at))
        .map_or(0, |&(_, class)| class)
}

/// The words of a normalised text: white space separates, punctuation is a word each.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| FLAGS.class(c) & SPACE != 0);
        let first = rest.chars().next()?;
        let end = if FLAGS.class(first) & PUNCTUATION == 0 {
            rest.find(|c| FLAGS.class(c) & (SPACE | PUNCTUATION) != 0)
                .unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}
