//! A chat: messages in the shape of the `OpenAI` API, as vLLM, TGI and their clients speak it.
//!
//! Counted of a message: `role`, `name`, `content` (a string, or parts that hold text), and of its
//! calls the function's name and arguments. The rest - `tool_call_id` and what servers add - is a
//! few tokens at most that some templates write and others do not.

use super::{Found, Sink};
use crate::json::{JsonError, Kind, Result, Scanner, Shape, Store, Text, Token};

/// Texts of one message, at most: they wait for its end, 24 bytes each. A body of nothing but empty
/// parts would take eight times its size; the longest real messages have some hundred.
const MOST_TEXTS: usize = 1 << 16;

/// Reads the list of messages at the scanner; null is no chat.
pub(super) fn messages<S: Sink>(
    scanner: &mut Scanner<'_>,
    found: &mut Found<S>,
    store: &mut Store,
    path: &str,
) -> Result<()> {
    let mut reader = Reader {
        scanner,
        store,
        found,
        path,
    };
    if !reader.array("a list of messages or null")? {
        return Ok(());
    }
    reader.found.tally.chats += 1;
    let mut message = Message::default();
    while reader.scanner.next_item()? {
        reader.message(&mut message)?;
        message.hand_on(reader.store, reader.found);
    }
    Ok(())
}

/// Reads the list of tools at the scanner, each a text: the JSON that a template writes.
pub(super) fn tools<S: Sink>(
    scanner: &mut Scanner<'_>,
    found: &mut Found<S>,
    store: &mut Store,
    path: &str,
) -> Result<()> {
    let mut reader = Reader {
        scanner,
        store,
        found,
        path,
    };
    if !reader.array("a list of tools or null")? {
        return Ok(());
    }
    while reader.scanner.next_item()? {
        reader.object("a tool, which is an object")?;
        reader.store.clear();
        let tool = reader.scanner.value()?;
        let tool = reader.store.json(reader.scanner.bytes(tool));
        reader.found.take(reader.store, &tool, false);
    }
    Ok(())
}

/// Texts of one message, handed on at its end: a key that stands twice replaces its first value.
#[derive(Default)]
struct Message<'a> {
    role: Option<Text<'a>>,
    name: Option<Text<'a>>,
    content: Vec<Text<'a>>,
    calls: Vec<Text<'a>>,
    media: Media,
}

/// Parts that are no text.
#[derive(Default)]
struct Media {
    images: usize,
    audio: usize,
    video: usize,
    other: usize,
}

impl Media {
    /// By the names of `OpenAI` (`image_url`, `input_audio`), vLLM (`video_url`) and transformers
    /// (`image`).
    fn add(&mut self, kind: &str) {
        let kind = kind.strip_prefix("input_").unwrap_or(kind);
        let count = match kind.split('_').next() {
            Some("image") => &mut self.images,
            Some("audio") => &mut self.audio,
            Some("video") => &mut self.video,
            _ => &mut self.other,
        };
        *count += 1;
    }
}

impl Message<'_> {
    fn clear(&mut self) {
        self.role = None;
        self.name = None;
        self.content.clear();
        self.calls.clear();
        self.media = Media::default();
    }

    fn hand_on<S: Sink>(&self, store: &Store, found: &mut Found<S>) {
        let texts = self.role.iter().chain(&self.name).chain(&self.content);
        for text in texts.chain(&self.calls) {
            found.take(store, text, false);
        }
        found.tally.images += self.media.images;
        found.tally.audio += self.media.audio;
        found.tally.video += self.media.video;
        found.tally.other_parts += self.media.other;
        found.tally.messages += 1;
    }
}

/// A scanner, with what every step of reading a chat needs beside it.
struct Reader<'r, 'a, S> {
    scanner: &'r mut Scanner<'a>,
    /// Texts of the message that is being read.
    store: &'r mut Store,
    found: &'r mut Found<S>,
    /// The list's, for errors.
    path: &'r str,
}

impl<'a, S: Sink> Reader<'_, 'a, S> {
    fn message(&mut self, message: &mut Message<'a>) -> Result<()> {
        message.clear();
        self.store.clear();
        self.object("a message, which is an object")?;
        self.scanner.enter_object()?;
        while let Some(key) = self.scanner.next_key()? {
            match self.scanner.key(key).as_ref() {
                b"role" => message.role = self.text("a string or null")?,
                b"name" => message.name = self.text("a string or null")?,
                b"content" => self.content(message)?,
                b"tool_calls" => self.calls(&mut message.calls)?,
                _ => {
                    self.scanner.value()?;
                }
            }
        }
        Ok(())
    }

    /// Reads a string, a list of parts, or null.
    fn content(&mut self, message: &mut Message<'a>) -> Result<()> {
        message.content.clear();
        message.media = Media::default();
        if self.scanner.peek() != Some(b'[') {
            let text = self.long_text("a string, a list of parts, or null")?;
            message.content.extend(text);
            return Ok(());
        }
        self.scanner.enter_array()?;
        while self.scanner.next_item()? {
            if self.scanner.peek() == Some(b'"') {
                let text = self.string()?;
                self.add(&mut message.content, text)?;
            } else {
                self.object("a part, which is an object or a string")?;
                self.part(message)?;
            }
        }
        Ok(())
    }

    /// Reads the part at the scanner: its text, by whatever name its type has, or what else it is.
    fn part(&mut self, message: &mut Message<'a>) -> Result<()> {
        let (mut kind, mut body, mut refusal, mut thinking) = (None, None, None, None);
        self.scanner.enter_object()?;
        while let Some(key) = self.scanner.next_key()? {
            match self.scanner.key(key).as_ref() {
                b"type" => kind = self.text("a string or null")?,
                b"text" => body = self.long_text("a string or null")?,
                b"refusal" => refusal = self.long_text("a string or null")?,
                b"thinking" => thinking = self.long_text("a string or null")?,
                _ => {
                    self.scanner.value()?;
                }
            }
        }
        let text = match kind.as_ref().map(|kind| self.store.get(kind)) {
            Some("text" | "input_text" | "output_text") => body,
            Some("refusal") => refusal,
            Some("thinking") => thinking,
            None if body.is_some() => body,
            other => {
                message.media.add(other.unwrap_or_default());
                None
            }
        };
        match text {
            Some(text) => self.add(&mut message.content, text),
            None => Ok(()),
        }
    }

    /// Reads a list of calls: of each the function's name and arguments.
    fn calls(&mut self, calls: &mut Vec<Text<'a>>) -> Result<()> {
        calls.clear();
        if !self.array("a list of calls or null")? {
            return Ok(());
        }
        while self.scanner.next_item()? {
            self.object("a call, which is an object")?;
            self.scanner.enter_object()?;
            let before = calls.len();
            while let Some(key) = self.scanner.next_key()? {
                if self.scanner.key(key).as_ref() == b"function" {
                    calls.truncate(before);
                    self.object("a function, which is an object")?;
                    self.function(calls)?;
                } else {
                    self.scanner.value()?;
                }
            }
        }
        Ok(())
    }

    fn function(&mut self, calls: &mut Vec<Text<'a>>) -> Result<()> {
        let (mut name, mut arguments) = (None, None);
        self.scanner.enter_object()?;
        while let Some(key) = self.scanner.next_key()? {
            match self.scanner.key(key).as_ref() {
                b"name" => name = self.text("a string or null")?,
                b"arguments" => arguments = self.arguments()?,
                _ => {
                    self.scanner.value()?;
                }
            }
        }
        for text in name.into_iter().chain(arguments) {
            self.add(calls, text)?;
        }
        Ok(())
    }

    /// A string that holds JSON, by the API; the JSON itself, by some of its clients.
    fn arguments(&mut self) -> Result<Option<Text<'a>>> {
        if self.scanner.peek() == Some(b'"') {
            return self.string().map(Some);
        }
        let token = self.scanner.value()?;
        let json = || self.store.json(self.scanner.bytes(token));
        Ok((token.shape != Shape::Null).then(json))
    }

    fn add(&self, texts: &mut Vec<Text<'a>>, text: Text<'a>) -> Result<()> {
        if texts.len() >= MOST_TEXTS {
            let message = format!("expected at most {MOST_TEXTS} texts in a message, found more");
            let position = self.scanner.at();
            return Err(JsonError::new(Kind::Type, message, position, self.path));
        }
        texts.push(text);
        Ok(())
    }

    /// Steps over a string that may be known.
    fn string(&mut self) -> Result<Text<'a>> {
        let sink = &self.found.sink;
        self.scanner.text_or(self.store, |raw| sink.known(raw))
    }

    /// Steps over a string that may be known, or null for none.
    fn long_text(&mut self, expected: &str) -> Result<Option<Text<'a>>> {
        if self.scanner.peek() == Some(b'"') {
            return self.string().map(Some);
        }
        self.null(expected)?;
        Ok(None)
    }

    /// Steps over a string, or null for none.
    fn text(&mut self, expected: &str) -> Result<Option<Text<'a>>> {
        if self.scanner.peek() == Some(b'"') {
            return self.scanner.text(self.store).map(Some);
        }
        self.null(expected)?;
        Ok(None)
    }

    /// Steps into the array at the scanner, or over null and returns false.
    fn array(&mut self, expected: &str) -> Result<bool> {
        if self.scanner.peek() == Some(b'[') {
            self.scanner.enter_array()?;
            return Ok(true);
        }
        self.null(expected)?;
        Ok(false)
    }

    /// Moves to an object, without stepping into it.
    fn object(&mut self, expected: &str) -> Result<()> {
        match self.scanner.peek() {
            Some(b'{') => Ok(()),
            _ => Err(self.scanner.value()?.wrong_type(expected, self.path)),
        }
    }

    fn null(&mut self, expected: &str) -> Result<()> {
        match self.scanner.value()? {
            Token {
                shape: Shape::Null, ..
            } => Ok(()),
            token => Err(token.wrong_type(expected, self.path)),
        }
    }
}
