//! Strings whose text is wanted: found, checked and their escapes undone in one pass.

#![allow(
    clippy::indexing_slicing,
    reason = "tables of 256 entries, indexed by a byte"
)]

use std::ops::Range;

use super::error::{JsonError, Result};
use super::string;
use super::unescape;

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
        Some(b'\\') => recalled(body, first, first + run, known)
            .or_else(|| decoded(body, first, first + run, store)),
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

/// What is known of the string whose inside begins at `first`, if it is long enough. Only where it
/// ends is looked for: at the first quote after an even number of backslashes.
fn recalled<'a>(
    body: &[u8],
    first: usize,
    escape: usize,
    known: impl FnOnce(&[u8]) -> Option<usize>,
) -> Option<(Text<'a>, usize)> {
    let rest = body.get(escape..)?;
    let is_end = |&quote: &usize| {
        let before = rest.get(..quote).unwrap_or_default().iter().rev();
        before.take_while(|byte| **byte == b'\\').count() % 2 == 0
    };
    let end = escape + memchr::memchr_iter(b'"', rest).find(is_end)?;
    let inside = body.get(first..end).filter(|it| it.len() >= KNOWN_FROM)?;
    Some((Text::Known(known(inside)?), end + 1))
}

/// Undoes the escapes of the string whose inside begins at `first` and whose first escape is at
/// `escape`. None: it has a mistake.
fn decoded<'a>(
    body: &'a [u8],
    first: usize,
    escape: usize,
    store: &mut Store,
) -> Option<(Text<'a>, usize)> {
    let mut pen = Pen {
        raw: &mut store.raw,
        filled: 0,
    };
    pen.reserve(escape - first);
    pen.append(body.get(first..escape)?);
    let mut at = escape;
    loop {
        let rest = body.get(at..)?;
        match rest.first()? {
            b'"' => {
                let text = simdutf8::basic::from_utf8(pen.raw.get(..pen.filled)?).ok()?;
                let start = store.text.len();
                store.text.push_str(text);
                let raw = body.get(first..at).filter(|it| it.len() >= KNOWN_FROM);
                let text = Text::Stored(start..store.text.len(), raw.unwrap_or_default());
                return Some((text, at + 1));
            }
            b'\\' => at += pen.escape(rest)?,
            0..0x20 => return None,
            _ => at += pen.run(rest),
        }
    }
}

const WORD: usize = 8;
/// Bytes that are always free before something is written: a word, and what an escape may add.
const ROOM: usize = 2 * WORD;

/// Writes text where room was made before.
struct Pen<'s> {
    raw: &'s mut Vec<u8>,
    filled: usize,
}

impl Pen<'_> {
    fn reserve(&mut self, more: usize) {
        let needed = self.filled + more + ROOM;
        if self.raw.len() < needed {
            // Doubled, so that a long string is not zeroed and moved again and again.
            self.raw.resize(needed.max(2 * self.raw.len()), 0);
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        if let Some(to) = self.raw.get_mut(self.filled..self.filled + bytes.len()) {
            to.copy_from_slice(bytes);
            self.filled += bytes.len();
        }
    }

    /// Writes bytes up to the next that ends a run, or fewer; returns how many, of a rest that
    /// does not begin with one that ends it at least one.
    ///
    /// Words are written whole, whatever is in them: what comes next writes over the excess.
    fn run(&mut self, rest: &[u8]) -> usize {
        self.reserve(0);
        let room = self.raw.get_mut(self.filled..).unwrap_or_default();
        let mut done = 0;
        for (from, to) in rest.chunks_exact(WORD).zip(room.chunks_exact_mut(WORD)) {
            to.copy_from_slice(from);
            let word = from.first_chunk().copied().unwrap_or_default();
            let marks = string::mark_stop(u64::from_le_bytes(word));
            if marks != 0 {
                done += marks.trailing_zeros() as usize / 8;
                break;
            }
            done += WORD;
        }
        if done == 0 {
            // The last bytes of a body that has no closing quote.
            self.append(rest.get(..1).unwrap_or_default());
            return 1;
        }
        self.filled += done;
        done
    }

    /// Writes the character of the escape that `rest` begins with; returns the escape's length.
    #[inline]
    fn escape(&mut self, rest: &[u8]) -> Option<usize> {
        self.reserve(0);
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
