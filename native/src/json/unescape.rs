//! Text: undoing the escapes of a string, for the few that somebody asks for.

use std::borrow::Cow;

/// A stretch of a string's inside, as [`pieces`] yields it.
#[derive(Clone, Copy, Debug)]
enum Piece<'a> {
    /// Bytes that stand for themselves.
    Plain(&'a [u8]),
    /// A character that was escaped.
    Char(char),
    /// Half of a surrogate pair without the other half, and its offset in the string's inside.
    Lone(u16, usize),
}

/// Undoes the escapes of a string's inside that [`super::string::skip`] has already accepted.
fn pieces(inside: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = inside.get(at..).filter(|rest| !rest.is_empty())?;
        let run = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        if run > 0 {
            at += run;
            return rest.get(..run).map(Piece::Plain);
        }
        let (piece, length) = escape(rest, at);
        at += length;
        Some(piece)
    })
}

/// Reads the escape at the start of `rest`; `at` is its offset, for the report.
fn escape(rest: &[u8], at: usize) -> (Piece<'_>, usize) {
    let simple = match rest.get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(rest, at),
        Some(byte) => char::from(*byte),
        None => char::REPLACEMENT_CHARACTER,
    };
    (Piece::Char(simple), 2)
}

fn unicode_escape(rest: &[u8], at: usize) -> (Piece<'_>, usize) {
    let first = code_unit(rest);
    let second = match rest.get(6..8) {
        Some(b"\\u") => code_unit(rest.get(6..).unwrap_or_default()),
        _ => 0,
    };
    let mut decoded = char::decode_utf16([first, second]);
    match decoded.next() {
        Some(Ok(character)) => (Piece::Char(character), character.len_utf16() * 6),
        _ => (Piece::Lone(first, at), 6),
    }
}

/// The number in `\uXXXX` at the start of `rest`.
fn code_unit(rest: &[u8]) -> u16 {
    rest.iter().skip(2).take(4).fold(0, |unit, digit| {
        let value = char::from(*digit).to_digit(16).unwrap_or_default();
        unit << 4 | u16::try_from(value).unwrap_or_default()
    })
}

/// A key with its escapes undone, for comparison only.
///
/// Lone surrogates are kept as three generalised UTF-8 bytes, so that two keys are equal exactly
/// when their code units are.
pub(crate) fn key(inside: &[u8], escaped: bool) -> Cow<'_, [u8]> {
    if !escaped {
        return Cow::Borrowed(inside);
    }
    let mut text = Vec::with_capacity(inside.len());
    for piece in pieces(inside) {
        match piece {
            Piece::Plain(run) => text.extend_from_slice(run),
            Piece::Char(character) => {
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Piece::Lone(unit, _) => text.extend(surrogate_bytes(unit)),
        }
    }
    Cow::Owned(text)
}

fn surrogate_bytes(unit: u16) -> [u8; 3] {
    let six_bits = |shift: u16| 0x80 | u8::try_from(unit >> shift & 0x3F).unwrap_or_default();
    [0xED, six_bits(6), six_bits(0)]
}

/// Text where a lone surrogate is an error; the error is its offset in `inside`.
pub(crate) fn strict_text(inside: &[u8], escaped: bool) -> Result<Cow<'_, str>, usize> {
    if escaped {
        for piece in pieces(inside) {
            if let Piece::Lone(_, at) = piece {
                return Err(at);
            }
        }
    }
    Ok(lossy_text(inside, escaped))
}

/// Text where every lone surrogate becomes U+FFFD.
pub(crate) fn lossy_text(inside: &[u8], escaped: bool) -> Cow<'_, str> {
    if !escaped {
        return utf8(inside);
    }
    let mut text = String::with_capacity(inside.len());
    lossy_onto(&mut text, inside);
    Cow::Owned(text)
}

/// Adds text with its escapes undone, every lone surrogate as U+FFFD.
pub(crate) fn lossy_onto(text: &mut String, inside: &[u8]) {
    for piece in pieces(inside) {
        match piece {
            Piece::Plain(run) => text.push_str(&utf8(run)),
            Piece::Char(character) => text.push(character),
            Piece::Lone(..) => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
}

/// Bytes that [`super::string::skip`] found to be UTF-8. Asking std again is a fast scan and needs no `unsafe`.
pub(crate) fn utf8(checked: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(checked) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(checked),
    }
}
