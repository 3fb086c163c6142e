//! Strings whose text is wanted: found, checked and their escapes undone in one pass.

#![allow(
    clippy::indexing_slicing,
    reason = "tables of 256 entries, indexed by a byte"
)]

use std::ops::Range;

use super::error::{JsonError, Result};
use super::string;
use super::unescape;
use crate::block::{Block, SIZE};

/// The text of a string. Lone surrogates are U+FFFD.
#[derive(Clone, Debug)]
pub(crate) enum Text<'a> {
    /// As it stands in the body.
    Plain(&'a str),
    /// Without its escapes, in the [`Store`] that it was read with; and as it stands in the body, if
    /// it is long, or nothing.
    Stored(Range<usize>, &'a [u8]),
    /// Not read, since this is known of it.
    Known(usize),
}

/// Bytes of the shortest strings with escapes that may be known: what is shorter is read as fast.
const KNOWN_FROM: usize = 1024;

/// Texts that stand nowhere in the body. Holds no more bytes than were read since it was cleared.
#[derive(Default)]
pub(crate) struct Store {
    text: String,
    /// One string while its escapes are undone; only the beginning that was written is meant.
    raw: Vec<u8>,
}

impl Store {
    /// Forgets the texts.
    pub fn clear(&mut self) {
        self.text.clear();
    }

    /// A text that was read with this store and not yet forgotten.
    pub fn get<'t>(&'t self, text: &Text<'t>) -> &'t str {
        match text {
            Text::Plain(text) => text,
            Text::Stored(place, _) => self.text.get(place.clone()).unwrap_or_default(),
            Text::Known(_) => "",
        }
    }

    /// A value as the JSON that it is, with the escapes in its strings undone.
    pub fn json<'a>(&mut self, json: &'a [u8]) -> Text<'a> {
        match std::str::from_utf8(json) {
            Ok(plain) if memchr::memchr(b'\\', json).is_none() => Text::Plain(plain),
            _ => {
                let start = self.text.len();
                unescape::lossy_onto(&mut self.text, json);
                Text::Stored(start..self.text.len(), &[])
            }
        }
    }
}

/// Steps over the string whose opening quote is at `start`; returns its text and the offset after
/// its closing quote.
///
/// What [`string::skip`] accepts, and its error for what it does not. `known` says what is known of a
/// long string with escapes, as it stands in the body, which then was accepted before.
pub(super) fn read<'a>(
    body: &'a [u8],
    start: usize,
    store: &mut Store,
    known: impl FnOnce(&[u8]) -> Option<usize>,
) -> Result<(Text<'a>, usize)> {
    let first = start + 1;
    let rest = body.get(first..).unwrap_or_default();
    let run = string::text_run(rest);
    let done = match rest.get(run) {
        Some(b'"') => plain(rest, run).map(|text| (text, first + run + 1)),
        Some(b'\\') => escaped(rest, run, store, known).map(|(text, end)| (text, first + end + 1)),
        _ => None,
    };
    match done {
        Some(done) => Ok(done),
        // Looked for only now that there is one: the first mistake in the order of the bytes.
        None => match string::skip(body, start) {
            Err(error) => Err(error),
            Ok((end, _)) => Err(JsonError::syntax("a string", None, end)),
        },
    }
}

fn plain(rest: &[u8], run: usize) -> Option<Text<'_>> {
    let text = simdutf8::basic::from_utf8(rest.get(..run)?).ok()?;
    Some(Text::Plain(text))
}

/// The text whose first escape is at `escape`, and where the quote after it is.
fn escaped<'a>(
    rest: &'a [u8],
    escape: usize,
    store: &mut Store,
    known: impl FnOnce(&[u8]) -> Option<usize>,
) -> Option<(Text<'a>, usize)> {
    let end = end(rest, escape)?;
    let inside = rest.get(..end)?;
    let known = if end < KNOWN_FROM {
        None
    } else {
        known(inside)
    };
    let text = match known {
        Some(known) => Text::Known(known),
        None => decoded(inside, escape, store)?,
    };
    Some((text, end))
}

/// Where the first quote from `at` on is that no backslash stands before.
fn end(rest: &[u8], mut at: usize) -> Option<usize> {
    let mut is_escaped = false;
    while at < rest.len() {
        let block = Block::new(&bytes_at(rest, at));
        let mut backslashes = block.equal(b'\\') & !u64::from(is_escaped);
        let mut escaped = u64::from(is_escaped);
        is_escaped = false;
        while backslashes != 0 {
            let backslash = backslashes.trailing_zeros();
            is_escaped = backslash == u64::BITS - 1;
            let next = 2 << backslash;
            escaped |= next;
            backslashes &= (backslashes - 1) & !next;
        }
        let quotes = block.equal(b'"') & !escaped;
        if quotes != 0 {
            return Some(at + quotes.trailing_zeros() as usize);
        }
        at += SIZE;
    }
    None
}

/// With zeros after the last.
#[inline]
fn bytes_at(bytes: &[u8], at: usize) -> [u8; SIZE] {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut last = [0; SIZE];
        if let Some(last) = last.get_mut(..rest.len()) {
            last.copy_from_slice(rest);
        }
        last
    })
}

/// Undoes the escapes in the inside of a string, of which the first is at `escape`. None: it has a
/// mistake.
fn decoded<'a>(inside: &'a [u8], escape: usize, store: &mut Store) -> Option<Text<'a>> {
    let mut pen = Pen::new(&mut store.raw, inside.len());
    pen.append(inside.get(..escape)?);
    let mut at = escape;
    while let Some(rest @ [first, ..]) = inside.get(at..) {
        at += match first {
            b'\\' => pen.escape(rest)?,
            0..0x20 => return None,
            _ => pen.run(rest),
        };
    }
    let text = simdutf8::basic::from_utf8(pen.raw.get(..pen.filled)?).ok()?;
    let start = store.text.len();
    store.text.push_str(text);
    let raw = Some(inside).filter(|it| it.len() >= KNOWN_FROM);
    let place = start..store.text.len();
    Some(Text::Stored(place, raw.unwrap_or_default()))
}

/// Writes text where room was made before: no escape is shorter than what it stands for.
struct Pen<'s> {
    raw: &'s mut Vec<u8>,
    filled: usize,
}

impl<'s> Pen<'s> {
    /// For as many bytes, and a block that is written whole.
    fn new(raw: &'s mut Vec<u8>, bytes: usize) -> Self {
        if raw.len() < bytes + SIZE {
            // Anew: that comes zeroed from the system where it is long.
            *raw = vec![0; bytes + SIZE];
        }
        Self { raw, filled: 0 }
    }

    fn append(&mut self, bytes: &[u8]) {
        if let Some(to) = self.raw.get_mut(self.filled..self.filled + bytes.len()) {
            to.copy_from_slice(bytes);
            self.filled += bytes.len();
        }
    }

    /// Writes bytes up to the next that ends a run, or a block of them; returns how many, of a rest
    /// that does not begin with one that ends it at least one.
    ///
    /// Blocks are written whole, whatever is in them: what comes next writes over the excess.
    #[inline]
    fn run(&mut self, rest: &[u8]) -> usize {
        let bytes = bytes_at(rest, 0);
        if let Some(to) = self.raw.get_mut(self.filled..self.filled + SIZE) {
            to.copy_from_slice(&bytes);
        }
        let ends = Block::new(&bytes).text_ends();
        let done = (ends.trailing_zeros() as usize).min(rest.len());
        self.filled += done;
        done
    }

    /// Writes the character of the escape that `rest` begins with; returns the escape's length.
    #[inline]
    fn escape(&mut self, rest: &[u8]) -> Option<usize> {
        let byte = *rest.get(1)?;
        let simple = SIMPLE[usize::from(byte)];
        if simple != 0 {
            *self.raw.get_mut(self.filled)? = simple;
            self.filled += 1;
            return Some(2);
        }
        if byte == b'u' {
            self.unicode(rest)
        } else {
            None
        }
    }

    fn unicode(&mut self, rest: &[u8]) -> Option<usize> {
        let first = code_unit(rest.get(2..6)?)?;
        let mut length = 6;
        let mut character = char::from_u32(first);
        if character.is_none() && first < 0xDC00 {
            if let Some([b'\\', b'u', digits @ ..]) = rest.get(6..12) {
                // No hex digits there: a mistake, which is found when its turn comes.
                let low = code_unit(digits).filter(|low| (0xDC00..0xE000).contains(low));
                if let Some(low) = low {
                    character =
                        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00));
                    length = 12;
                }
            }
        }
        let mut bytes = [0; 4];
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        let width = character.encode_utf8(&mut bytes).len();
        *self.raw.get_mut(self.filled..)?.first_chunk_mut()? = bytes;
        self.filled += width;
        Some(length)
    }
}

/// The number of four hex digits; None when one is none.
fn code_unit(digits: &[u8]) -> Option<u32> {
    let digit = |byte: u8| u32::from(HEX[usize::from(byte)]);
    let &[a, b, c, d] = digits else { return None };
    let (a, b, c, d) = (digit(a), digit(b), digit(c), digit(d));
    // A byte that is no digit has bits above the lowest four.
    ((a | b | c | d) < 16).then_some(a << 12 | b << 8 | c << 4 | d)
}

/// What a byte after a backslash stands for; 0 where nothing does.
const SIMPLE: [u8; 256] = {
    let mut table = [0; 256];
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table[b'/' as usize] = b'/';
    table[b'b' as usize] = 8;
    table[b'f' as usize] = 12;
    table[b'n' as usize] = b'\n';
    table[b'r' as usize] = b'\r';
    table[b't' as usize] = b'\t';
    table
};

/// Values of the hex digits; 255 for the rest.
const HEX: [u8; 256] = {
    let mut table = [255; 256];
    let mut value = 0;
    while value < 16 {
        let upper = b"0123456789ABCDEF"[value as usize];
        table[upper as usize] = value;
        table[upper.to_ascii_lowercase() as usize] = value;
        value += 1;
    }
    table
};
