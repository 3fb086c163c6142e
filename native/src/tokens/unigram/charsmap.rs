//! The precompiled charsmap of `SentencePiece`: a double array of what is replaced by what.
//!
//! Applied as the reference does it, which is not how `SentencePiece` does: to whole grapheme clusters
//! of less than 6 bytes, where the shortest key that the cluster begins with replaces all of it,
//! and to the characters of any other cluster.

use std::borrow::Cow;
use std::ops::Range;

use super::base64;
use super::chars::{CLASS, Chars, MAPPED, OPENS, STOPS};
use super::clusters::{Clusters, may_join};
use crate::tokens::unicode::graphemes::{CR, L, OTHER, PREPEND};

/// Bytes of the longest cluster that is looked up as a whole.
const WHOLE: usize = 5;

/// A charsmap, ready to be applied.
#[derive(Debug)]
pub struct Charsmap {
    keys: Keys,
    /// What keys are replaced by: strings that end with a zero.
    values: String,
    /// What has to be looked at in a text at all.
    chars: Chars,
}

/// The double array of the format: units of a label, an offset, and whether a key ends.
#[derive(Debug)]
pub struct Keys(Vec<u32>);

/// What a byte leads to.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// No key goes on like that.
    Dead,
    /// Keys go on; the place of their next byte.
    Alive(u32),
    /// A key ends; the place of its value.
    Ends(u32),
}

impl Keys {
    /// Where every key begins.
    pub fn start(&self) -> Option<u32> {
        self.0.first().map(|unit| offset(*unit))
    }

    /// One byte further.
    #[inline]
    pub fn step(&self, at: u32, byte: u8) -> Step {
        let at = at ^ u32::from(byte);
        let Some(&unit) = self.0.get(at as usize) else {
            return Step::Dead;
        };
        if byte == 0 || unit & (1 << 31 | 0xFF) != u32::from(byte) {
            return Step::Dead;
        }
        let next = at ^ offset(unit);
        if unit >> 8 & 1 == 0 {
            return Step::Alive(next);
        }
        let value = self.0.get(next as usize);
        value.map_or(Step::Dead, |value| Step::Ends(value & (u32::MAX >> 1)))
    }

    /// The value of the shortest key that `text` begins with.
    #[inline]
    fn find(&self, text: &str) -> Option<u32> {
        let mut at = self.start()?;
        for byte in text.bytes() {
            match self.step(at, byte) {
                Step::Dead => return None,
                Step::Alive(next) => at = next,
                Step::Ends(value) => return Some(value),
            }
        }
        None
    }
}

#[inline]
fn offset(unit: u32) -> u32 {
    (unit >> 10) << ((unit & 1 << 9) >> 6)
}

impl Charsmap {
    /// From the file's base64; None if it is no charsmap.
    pub fn read(spelled: &str) -> Option<Self> {
        let bytes = base64::decode(spelled)?;
        let (size, rest) = bytes.split_first_chunk()?;
        let units = usize::try_from(u32::from_le_bytes(*size)).ok()? / 4;
        let (units, values) = rest.split_at_checked(units.checked_mul(4)?)?;
        let units = units.chunks_exact(4).filter_map(<[u8]>::first_chunk);
        let keys = Keys(units.map(|unit| u32::from_le_bytes(*unit)).collect());
        keys.start()?;
        Some(Self {
            chars: Chars::of(&keys),
            values: String::from_utf8(values.to_vec()).ok()?,
            keys,
        })
    }

    /// `text` with everything replaced.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = Replaced::new(text);
        // Everything before it is decided, and a cluster begins there.
        let mut decided = 0;
        let mut at = 0;
        while let Some((found, what)) = self.chars.find(text, at, STOPS) {
            let class = what & CLASS;
            let next = end_of_char(text, found);
            if what & STOPS == MAPPED && !may_join(class, self.class_at(text, next)) {
                self.look_up(&mut out, found..next);
                (decided, at) = (next, next);
                continue;
            }
            let start = match class {
                // They join what follows.
                CR | L | PREPEND => found,
                _ if what & STOPS == MAPPED => found,
                _ => start_of_char_before(text, found, decided),
            };
            at = self.joined(&mut out, start);
            decided = at;
        }
        out.finish()
    }

    /// Replaces in a stretch of characters that may be joined, and says where it ends.
    fn joined(&self, out: &mut Replaced<'_>, start: usize) -> usize {
        let text = out.text;
        let (mut end, mut before, mut any) = (start, None, 0);
        while let Some(what) = self.chars.at(text, end) {
            if before.is_some_and(|before| !may_join(before, what & CLASS)) {
                break;
            }
            before = Some(what & CLASS);
            any |= what;
            end = end_of_char(text, end);
        }
        if any & (MAPPED | OPENS) != 0 {
            let mut clusters = Clusters::new();
            let (mut cluster, mut at) = (start, start);
            while at < end {
                let what = self.chars.at(text, at).unwrap_or(OTHER);
                if clusters.begins(what & CLASS) && at > cluster {
                    self.cluster(out, cluster..at);
                    cluster = at;
                }
                at = end_of_char(text, at);
            }
            self.cluster(out, cluster..end);
        }
        end
    }

    fn cluster(&self, out: &mut Replaced<'_>, cluster: Range<usize>) {
        if cluster.len() <= WHOLE && self.look_up(out, cluster.clone()) {
            return;
        }
        let within = out.text.get(..cluster.end).unwrap_or_default();
        let mut at = cluster.start;
        while let Some((found, _)) = self.chars.find(within, at, MAPPED) {
            at = end_of_char(within, found);
            self.look_up(out, found..at);
        }
    }

    /// Replaces what is in `range` if a key says so.
    fn look_up(&self, out: &mut Replaced<'_>, range: Range<usize>) -> bool {
        let key = out.text.get(range.clone());
        let value = key.and_then(|key| self.value(self.keys.find(key)?));
        if let Some(value) = value {
            out.replace(range, value);
        }
        value.is_some()
    }

    fn value(&self, start: u32) -> Option<&str> {
        let value = self.values.get(usize::try_from(start).ok()?..)?;
        // Values have a few bytes: nothing finds the end of one quicker than a look at each.
        let end = value.bytes().position(|byte| byte == 0);
        value.get(..end.unwrap_or(value.len()))
    }

    fn class_at(&self, text: &str, at: usize) -> u8 {
        self.chars.at(text, at).map_or(OTHER, |what| what & CLASS)
    }

    /// Heap bytes.
    pub fn heap_bytes(&self) -> usize {
        4 * self.keys.0.capacity() + self.values.capacity() + self.chars.heap_bytes()
    }
}

/// A text with parts of it replaced, from left to right; not copied before the first of them.
struct Replaced<'t> {
    text: &'t str,
    out: String,
    /// `text` up to here is in `out`.
    copied: usize,
}

impl<'t> Replaced<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            out: String::new(),
            copied: 0,
        }
    }

    fn replace(&mut self, range: Range<usize>, by: &str) {
        if self.copied == 0 {
            self.out.reserve(self.text.len());
        }
        self.out
            .push_str(self.text.get(self.copied..range.start).unwrap_or_default());
        self.out.push_str(by);
        self.copied = range.end;
    }

    fn finish(mut self) -> Cow<'t, str> {
        if self.copied == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out
            .push_str(self.text.get(self.copied..).unwrap_or_default());
        Cow::Owned(self.out)
    }
}

#[inline]
fn end_of_char(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at + match rest.first() {
        None => 0,
        Some(0..0xC0) => 1,
        Some(0xC0..0xE0) => 2,
        Some(0xE0..0xF0) => 3,
        Some(0xF0..) => 4,
    }
}

/// The start of the character that ends at `at`, unless that is before `limit`.
fn start_of_char_before(text: &str, at: usize, limit: usize) -> usize {
    let before = text.get(limit..at).unwrap_or_default();
    let last = before.chars().next_back();
    at - last.map_or(0, char::len_utf8)
}
