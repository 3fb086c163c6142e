//! A request envelope `{"auth_data": {...}, "session_id": ..., "payload": {...}}`, read in one
//! strict pass: the grant's fields, the place of the payload, and the few payload fields asked for.
//!
//! The first mistake in byte order is the one reported. Unknown keys are skipped, but checked.

mod auth;
mod fields;
mod names;
mod value;

use std::borrow::Cow;
use std::ops::Range;

pub use auth::Auth;
pub use fields::{BadPath, Declared};
pub use value::Value;

pub use crate::json::{DEPTH_LIMIT, JsonError as EnvelopeError, Kind, Number, Result};

use crate::json::{Scanner, Shape, Token};
use names::Names;

/// What a body says. Text borrows from the body where it holds no escapes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope<'a> {
    /// The grant; `None` when absent or null.
    pub auth: Option<Auth<'a>>,
    /// Where the payload object stands; `None` when absent or null.
    pub payload: Option<Range<usize>>,
    /// `None` when absent or null.
    pub session_id: Option<Cow<'a, str>>,
    /// One entry per declared path, in their order; `None` when absent.
    pub fields: Vec<Option<Value<'a>>>,
}

/// Reads a body.
///
/// # Errors
/// The first mistake in byte order; a value is checked as JSON before its type is judged. Only a
/// declared field too large for a double waits for the end of the body, because a later spelling
/// of its key may replace it.
pub fn parse<'a>(body: &'a [u8], declared: &Declared<'_>) -> Result<Envelope<'a>> {
    let mut scanner = Scanner::new(body);
    let mut envelope = Envelope::default();
    let mut found = Vec::new();
    let mut names = Names::new();
    required_object(&mut scanner, "")?;
    scanner.enter_object()?;
    while let Some(key) = scanner.next_key()? {
        let name = scanner.key(key);
        let path = known_path(&name);
        names.add(name, key.start, path)?;
        match path {
            AUTH_DATA => {
                if optional_object(&mut scanner, path)? {
                    envelope.auth = Some(auth::read(&mut scanner)?);
                }
            }
            PAYLOAD => {
                if optional_object(&mut scanner, path)? {
                    let start = scanner.at();
                    found = fields::read(&mut scanner, declared)?;
                    envelope.payload = Some(start..scanner.at());
                }
            }
            SESSION_ID => {
                let token = scanner.value()?;
                envelope.session_id = value::optional_text(&scanner, token, path)?;
            }
            _ => {
                scanner.value()?;
            }
        }
    }
    scanner.finish()?;
    envelope.fields = values(&scanner, &found, declared.paths())?;
    Ok(envelope)
}

const AUTH_DATA: &str = "auth_data";
const PAYLOAD: &str = "payload";
const SESSION_ID: &str = "session_id";

/// The name of a key that the envelope knows, else the empty path: client text stays out of errors.
fn known_path(name: &[u8]) -> &'static str {
    [AUTH_DATA, PAYLOAD, SESSION_ID]
        .into_iter()
        .find(|known| known.as_bytes() == name)
        .unwrap_or_default()
}

/// Moves to an object, without stepping into it.
fn required_object(scanner: &mut Scanner<'_>, path: &str) -> Result<()> {
    match scanner.peek() {
        Some(b'{') => Ok(()),
        _ => Err(scanner.value()?.wrong_type("an object", path)),
    }
}

/// Moves to an object, without stepping into it, or steps over null and returns false.
fn optional_object(scanner: &mut Scanner<'_>, path: &str) -> Result<bool> {
    if scanner.peek() == Some(b'{') {
        return Ok(true);
    }
    match scanner.value()? {
        Token {
            shape: Shape::Null, ..
        } => Ok(false),
        token => Err(token.wrong_type("an object or null", path)),
    }
}

/// The values of the declared paths; all absent when there was no payload to find them in.
fn values<'a>(
    scanner: &Scanner<'a>,
    found: &[Option<Token>],
    paths: &[&str],
) -> Result<Vec<Option<Value<'a>>>> {
    let value_at = |(slot, path): (usize, &&str)| {
        let token = found.get(slot).copied().flatten();
        token
            .map(|token| value::any(scanner, token, path))
            .transpose()
    };
    paths.iter().enumerate().map(value_at).collect()
}
