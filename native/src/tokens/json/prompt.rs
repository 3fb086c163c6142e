//! A prompt: a string, a list of strings, a list of token ids, or a list of such lists; null is
//! no prompt. Every string is a sequence of its own, with special tokens of its own.

use super::{Found, Sink};
use crate::json::{JsonError, Kind, Result, Scanner, Shape, Store, Token, number};

const EXPECTED: &str = "a string, or a list of strings or of token ids";

/// What the items of a list are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Text,
    Id,
    Ids,
}

/// Reads the prompt at the scanner.
pub(super) fn read<S: Sink>(
    scanner: &mut Scanner<'_>,
    found: &mut Found<S>,
    store: &mut Store,
    special: bool,
    path: &str,
) -> Result<()> {
    match scanner.peek() {
        Some(b'[') => list(scanner, found, store, special, path),
        Some(b'"') => text(scanner, found, store, special),
        _ => match scanner.value()? {
            token if token.shape == Shape::Null => Ok(()),
            token => Err(token.wrong_type(EXPECTED, path)),
        },
    }
}

fn text<S: Sink>(
    scanner: &mut Scanner<'_>,
    found: &mut Found<S>,
    store: &mut Store,
    special: bool,
) -> Result<()> {
    store.clear();
    let text = scanner.text_or(store, |raw| found.sink.known(raw))?;
    found.take(store, &text, special);
    Ok(())
}

fn list<S: Sink>(
    scanner: &mut Scanner<'_>,
    found: &mut Found<S>,
    store: &mut Store,
    special: bool,
    path: &str,
) -> Result<()> {
    let mut kind = None;
    scanner.enter_array()?;
    while scanner.next_item()? {
        let (item, start) = match scanner.peek() {
            Some(b'[') => (Item::Ids, scanner.at()),
            Some(b'"') => (Item::Text, scanner.at()),
            _ => (Item::Id, scanner.at()),
        };
        match item {
            Item::Ids => ids(scanner, found, path)?,
            Item::Text => text(scanner, found, store, special)?,
            Item::Id => {
                let token = scanner.value()?;
                id(scanner, found, token, EXPECTED, path)?;
            }
        }
        if *kind.get_or_insert(item) != item {
            let message = "expected items of one kind, found another kind than the first";
            return Err(JsonError::new(Kind::Type, message, start, path));
        }
    }
    Ok(())
}

/// Reads the list of token ids at the scanner.
fn ids<S: Sink>(scanner: &mut Scanner<'_>, found: &mut Found<S>, path: &str) -> Result<()> {
    scanner.enter_array()?;
    while scanner.next_item()? {
        let token = scanner.value()?;
        id(scanner, found, token, "a token id", path)?;
    }
    Ok(())
}

fn id<S: Sink>(
    scanner: &Scanner<'_>,
    found: &mut Found<S>,
    token: Token,
    expected: &str,
    path: &str,
) -> Result<()> {
    if token.shape != Shape::Number {
        return Err(token.wrong_type(expected, path));
    }
    let literal = scanner.bytes(token);
    if !number::is_integer(literal) || literal.starts_with(b"-") {
        let message = "expected a token id, found a number that is none";
        return Err(JsonError::new(Kind::Type, message, token.start, path));
    }
    found.tally.ids += 1;
    Ok(())
}
