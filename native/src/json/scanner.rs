//! The grammar: steps over a body value by value, without recursion and without building anything.

use std::borrow::Cow;
use std::ops::Range;

use super::error::{JsonError, Kind, Result};
use super::text::{self, Store, Text};
use super::{number, string, unescape};

/// Objects and arrays within one another, the outermost one included.
///
/// Nothing sent to a model server nests this deep, and the tools behind us recurse. The same
/// number as orjson, so that what passes here can be read there.
pub const DEPTH_LIMIT: usize = 1024;

/// What a value is, as far as its spelling tells.
///
/// As wide as its neighbours in [`Token`]: with padding there, moving a token around costs a
/// store-forwarding stall at every key, half of all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Shape {
    Object,
    Array,
    /// A string without a backslash.
    PlainString,
    EscapedString,
    Number,
    True,
    False,
    Null,
}

/// A value that was stepped over: its shape and its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub shape: Shape,
    pub start: usize,
    pub end: usize,
}

impl Token {
    /// The value is of another type than its reader needs.
    #[cold]
    pub fn wrong_type(self, expected: &str, path: &str) -> Box<JsonError> {
        let found = match self.shape {
            Shape::Object => "an object",
            Shape::Array => "an array",
            Shape::PlainString | Shape::EscapedString => "a string",
            Shape::Number => "a number",
            Shape::True | Shape::False => "a boolean",
            Shape::Null => "null",
        };
        JsonError::new(
            Kind::Type,
            format!("expected {expected}, found {found}"),
            self.start,
            path,
        )
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Object,
    Array,
}

/// A position in a body, and the containers that are open there.
pub(crate) struct Scanner<'a> {
    body: &'a [u8],
    at: usize,
    open: Vec<Container>,
    /// Nothing but whitespace stands between the innermost opening bracket and `at`.
    just_opened: bool,
}

impl<'a> Scanner<'a> {
    pub fn new(body: &'a [u8]) -> Self {
        Self::within(body, 0..body.len())
    }

    /// Reads the value that `span` holds; offsets count from the start of `body` all the same.
    pub fn within(body: &'a [u8], span: Range<usize>) -> Self {
        Self {
            body: body.get(..span.end).unwrap_or(body),
            at: span.start,
            open: Vec::with_capacity(16),
            just_opened: false,
        }
    }

    /// Offset of the next byte to read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next byte after any whitespace, which is stepped over.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        match self.body.get(self.at).copied() {
            // Compact JSON: nothing to step over.
            Some(byte) if byte > b' ' => Some(byte),
            _ => self.skip_whitespace(),
        }
    }

    fn skip_whitespace(&mut self) -> Option<u8> {
        let rest = self.body.get(self.at..).unwrap_or_default();
        let is_space = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        self.at += rest.iter().take_while(is_space).count();
        self.body.get(self.at).copied()
    }

    /// The bytes of a token.
    pub fn bytes(&self, token: Token) -> &'a [u8] {
        self.body.get(token.start..token.end).unwrap_or_default()
    }

    /// The bytes between the quotes of a string token.
    pub fn inside(&self, token: Token) -> &'a [u8] {
        self.body
            .get(token.start + 1..token.end.saturating_sub(1))
            .unwrap_or_default()
    }

    /// A key as it compares: with its escapes undone.
    pub fn key(&self, token: Token) -> Cow<'a, [u8]> {
        unescape::key(self.inside(token), token.shape == Shape::EscapedString)
    }

    /// Steps into the object at the next byte, which the caller has peeked.
    pub fn enter_object(&mut self) -> Result<()> {
        self.enter(Container::Object)
    }

    /// Steps into the array at the next byte, which the caller has peeked.
    pub fn enter_array(&mut self) -> Result<()> {
        self.enter(Container::Array)
    }

    /// Steps to the next value of the innermost object and returns its key; at the closing brace
    /// steps out and returns `None`.
    pub fn next_key(&mut self) -> Result<Option<Token>> {
        match self.peek() {
            Some(b'}') => {
                self.leave();
                Ok(None)
            }
            Some(b'"') if self.just_opened => self.read_key().map(Some),
            Some(b',') if !self.just_opened => {
                self.at += 1;
                match self.peek() {
                    Some(b'"') => self.read_key().map(Some),
                    found => self.refuse("an object key in quotes after ','", found),
                }
            }
            found if self.just_opened => self.refuse("an object key in quotes or '}'", found),
            found => self.refuse("',' or '}' after an object value", found),
        }
    }

    /// Steps over the next value, whatever it is, checking all of it.
    pub fn value(&mut self) -> Result<Token> {
        let shape = match self.peek() {
            Some(b'{') => Shape::Object,
            Some(b'[') => Shape::Array,
            first => return self.scalar(first),
        };
        let start = self.at;
        self.skip_container()?;
        Ok(Token {
            shape,
            start,
            end: self.at,
        })
    }

    /// Steps over the string at the next byte, which the caller has peeked.
    pub fn text(&mut self, store: &mut Store) -> Result<Text<'a>> {
        self.text_or(store, |_| None)
    }

    /// The same, or what is `known` of the string, as it stands in the body.
    pub fn text_or(
        &mut self,
        store: &mut Store,
        known: impl FnOnce(&[u8]) -> Option<usize>,
    ) -> Result<Text<'a>> {
        let (text, end) = text::read(self.body, self.at, store, known)?;
        self.at = end;
        Ok(text)
    }

    /// Nothing but whitespace may follow the outermost value.
    pub fn finish(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            found => self.refuse("the end of the body after the outermost object", found),
        }
    }

    fn skip_container(&mut self) -> Result<()> {
        let floor = self.open.len();
        loop {
            // At a value.
            match self.peek() {
                Some(b'{') => self.enter(Container::Object)?,
                Some(b'[') => self.enter(Container::Array)?,
                first => {
                    self.scalar(first)?;
                }
            }
            // To the next value, out of every container that ends here.
            loop {
                let more = match self.open.last() {
                    Some(Container::Object) => self.next_key()?.is_some(),
                    Some(Container::Array) => self.next_item()?,
                    None => false,
                };
                if more {
                    break;
                }
                if self.open.len() <= floor {
                    return Ok(());
                }
            }
        }
    }

    /// Steps to the next value of the innermost array; at its end steps out and returns false.
    pub fn next_item(&mut self) -> Result<bool> {
        match self.peek() {
            Some(b']') => {
                self.leave();
                Ok(false)
            }
            Some(b',') if !self.just_opened => {
                self.at += 1;
                Ok(true)
            }
            _ if self.just_opened => {
                self.just_opened = false;
                Ok(true)
            }
            found => self.refuse("',' or ']' after an array item", found),
        }
    }

    fn read_key(&mut self) -> Result<Token> {
        self.just_opened = false;
        let key = self.string()?;
        match self.peek() {
            Some(b':') => {
                self.at += 1;
                Ok(key)
            }
            found => self.refuse("':' after an object key", found),
        }
    }

    /// Steps over the scalar at the next byte, which is `first`.
    fn scalar(&mut self, first: Option<u8>) -> Result<Token> {
        match first {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                let end = number::skip(self.body, start)?;
                Ok(self.token(Shape::Number, end))
            }
            Some(b't') => self.literal(b"true", Shape::True),
            Some(b'f') => self.literal(b"false", Shape::False),
            Some(b'n') => self.literal(b"null", Shape::Null),
            found => self.refuse("a value", found),
        }
    }

    fn string(&mut self) -> Result<Token> {
        let (end, escaped) = string::skip(self.body, self.at)?;
        let shape = if escaped {
            Shape::EscapedString
        } else {
            Shape::PlainString
        };
        Ok(self.token(shape, end))
    }

    fn literal(&mut self, word: &'static [u8], shape: Shape) -> Result<Token> {
        let rest = self.body.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            return Ok(self.token(shape, self.at + word.len()));
        }
        let same = rest.iter().zip(word).take_while(|(a, b)| a == b).count();
        self.at += same;
        let expected = format!("'{}'", String::from_utf8_lossy(word));
        self.refuse(&expected, rest.get(same).copied())
    }

    /// The token from here to `end`, stepped over.
    fn token(&mut self, shape: Shape, end: usize) -> Token {
        let start = std::mem::replace(&mut self.at, end);
        Token { shape, start, end }
    }

    fn enter(&mut self, container: Container) -> Result<()> {
        if self.open.len() >= DEPTH_LIMIT {
            return Err(JsonError::new(
                Kind::Depth,
                format!("expected at most {DEPTH_LIMIT} objects and arrays within one another"),
                self.at,
                "",
            ));
        }
        self.open.push(container);
        self.at += 1;
        self.just_opened = true;
        Ok(())
    }

    fn leave(&mut self) {
        self.open.pop();
        self.at += 1;
        self.just_opened = false;
    }

    #[cold]
    fn refuse<T>(&self, expected: &str, found: Option<u8>) -> Result<T> {
        Err(JsonError::syntax(expected, found, self.at))
    }
}
