//! Numbers: the grammar of RFC 8259, and what a literal is worth.

use super::error::{JsonError, Result};

/// What a number literal is worth, in the narrowest type that holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer literal within i64.
    Signed(i64),
    /// An integer literal above i64 and within u64.
    Unsigned(u64),
    /// Any other literal: the nearest double, always finite.
    Float(f64),
}

/// Steps over the number at `start`, which is a digit or a minus sign.
///
/// Returns the offset after it.
pub(crate) fn skip(body: &[u8], start: usize) -> Result<usize> {
    let whole = start + usize::from(body.get(start) == Some(&b'-'));
    let mut at = digits(body, whole, "a digit in a number")?;
    if body.get(whole) == Some(&b'0') && at > whole + 1 {
        let found = body.get(whole + 1).copied();
        return Err(JsonError::syntax(
            "no digit after a leading zero",
            found,
            whole + 1,
        ));
    }
    if body.get(at) == Some(&b'.') {
        at = digits(body, at + 1, "a digit after the decimal point")?;
    }
    if let Some(b'e' | b'E') = body.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = body.get(at) {
            at += 1;
        }
        at = digits(body, at, "a digit in the exponent")?;
    }
    Ok(at)
}

/// Steps over one or more digits.
fn digits(body: &[u8], start: usize, expected: &str) -> Result<usize> {
    let mut at = start;
    while let Some(b'0'..=b'9') = body.get(at) {
        at += 1;
    }
    if at == start {
        return Err(JsonError::syntax(expected, body.get(at).copied(), at));
    }
    Ok(at)
}

/// The value of a literal that [`skip`] accepted; `None` when it is too large for a double.
pub(crate) fn value(literal: &[u8]) -> Option<Number> {
    let literal = std::str::from_utf8(literal).ok()?;
    // Only integer literals parse as integers: 1.0 and 1e2 go on to be floats.
    if let Ok(signed) = literal.parse() {
        return Some(Number::Signed(signed));
    }
    if let Ok(unsigned) = literal.parse() {
        return Some(Number::Unsigned(unsigned));
    }
    let float: f64 = literal.parse().ok()?;
    float.is_finite().then_some(Number::Float(float))
}

/// Whether a literal that [`skip`] accepted has neither fraction nor exponent.
pub(crate) fn is_integer(literal: &[u8]) -> bool {
    !literal
        .iter()
        .any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}
