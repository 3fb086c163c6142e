//! From tokens to values: what the envelope takes as text, as a number, or as anything.

use std::borrow::Cow;

use crate::json::{JsonError, Kind, Number, Result, Scanner, Shape, Token, number, unescape};

/// The value of a declared payload field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// JSON null.
    Null,
    /// true or false.
    Bool(bool),
    /// A number, finite.
    Number(Number),
    /// A string; lone surrogates are U+FFFD.
    Text(Cow<'a, str>),
    /// An object or array as it stands in the body.
    Raw(&'a [u8]),
}

/// Any value, for the declared payload field `path`.
pub(super) fn any<'a>(scanner: &Scanner<'a>, token: Token, path: &str) -> Result<Value<'a>> {
    Ok(match token.shape {
        Shape::Null => Value::Null,
        Shape::True => Value::Bool(true),
        Shape::False => Value::Bool(false),
        Shape::Number => {
            // The full name is built only for the error.
            let named = |mut error: Box<JsonError>| {
                error.path = format!("payload.{path}");
                error
            };
            Value::Number(number(scanner, token, path).map_err(named)?)
        }
        Shape::PlainString | Shape::EscapedString => {
            Value::Text(unescape::lossy_text(scanner.inside(token), escaped(token)))
        }
        Shape::Object | Shape::Array => Value::Raw(scanner.bytes(token)),
    })
}

/// A string that is proper Unicode.
pub(super) fn text<'a>(scanner: &Scanner<'a>, token: Token, path: &str) -> Result<Cow<'a, str>> {
    if !matches!(token.shape, Shape::PlainString | Shape::EscapedString) {
        return Err(token.wrong_type("a string", path));
    }
    unescape::strict_text(scanner.inside(token), escaped(token)).map_err(|offset| {
        JsonError::new(
            Kind::Utf8,
            "expected Unicode text, found a lone surrogate escape",
            token.start + 1 + offset,
            path,
        )
    })
}

/// A string that is proper Unicode, or null for none.
pub(super) fn optional_text<'a>(
    scanner: &Scanner<'a>,
    token: Token,
    path: &str,
) -> Result<Option<Cow<'a, str>>> {
    match token.shape {
        Shape::Null => Ok(None),
        Shape::PlainString | Shape::EscapedString => text(scanner, token, path).map(Some),
        _ => Err(token.wrong_type("a string or null", path)),
    }
}

/// A finite number.
pub(super) fn number(scanner: &Scanner<'_>, token: Token, path: &str) -> Result<Number> {
    if token.shape != Shape::Number {
        return Err(token.wrong_type("a number", path));
    }
    number::value(scanner.bytes(token)).ok_or_else(|| {
        JsonError::new(
            Kind::Type,
            "expected a finite number, found one too large for a double",
            token.start,
            path,
        )
    })
}

/// An integer literal that fits i64.
pub(super) fn integer(scanner: &Scanner<'_>, token: Token, path: &str) -> Result<i64> {
    if token.shape != Shape::Number {
        return Err(token.wrong_type("an integer", path));
    }
    let literal = scanner.bytes(token);
    let found = match number::value(literal) {
        Some(Number::Signed(value)) => return Ok(value),
        _ if number::is_integer(literal) => "one beyond 64 bits",
        _ => "a fraction or exponent",
    };
    Err(JsonError::new(
        Kind::Type,
        format!("expected an integer, found {found}"),
        token.start,
        path,
    ))
}

fn escaped(token: Token) -> bool {
    token.shape == Shape::EscapedString
}
