//! Tokens of the texts that a request's JSON holds, counted where they stand.
//!
//! One strict pass over the payload. A string without escapes is handed on as it stands in the
//! body, the text of one with escapes from a buffer that holds those of one message. Nothing else
//! is built. What follows a mistake is not read.
//!
//! * [`selector`]: which values of a payload are texts
//! * `prompt`: strings, lists of them, token ids
//! * `chat`: messages, their parts and calls; tools

mod chat;
mod prompt;
pub mod selector;

use std::ops::Range;

use crate::json::{Result, Scanner, Store, Text};
use crate::tokens::counter::Counter;
use selector::Selector;

/// Takes the selected texts, in the order in which they stand under one entry of a selector.
pub trait Sink {
    /// `special`: the special tokens that the file puts around a text belong to this one.
    fn take(&mut self, text: &str, special: bool);

    /// The same for a text with escapes, `raw` as it stands in the body.
    fn take_escaped(&mut self, text: &str, _raw: &[u8], special: bool) {
        self.take(text, special);
    }

    /// What is known of a text with escapes, as it stands in a body: then it is not read again.
    fn known(&self, _raw: &[u8]) -> Option<usize> {
        None
    }

    /// Takes such a text by what is known of it.
    fn take_known(&mut self, _known: usize, _special: bool) {}
}

/// What stood in a payload besides the texts themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Texts handed on.
    pub strings: usize,
    /// Tokens that came as ids, ready to be used.
    pub ids: usize,
    /// Messages in all chats.
    pub messages: usize,
    /// Lists of messages.
    pub chats: usize,
    /// Parts of messages that are images.
    pub images: usize,
    /// Parts of messages that are sound.
    pub audio: usize,
    /// Parts of messages that are films.
    pub video: usize,
    /// Parts of messages of any other kind that is no text.
    pub other_parts: usize,
}

impl Tally {
    fn add(&mut self, more: Self) {
        self.strings += more.strings;
        self.ids += more.ids;
        self.messages += more.messages;
        self.chats += more.chats;
        self.images += more.images;
        self.audio += more.audio;
        self.video += more.video;
        self.other_parts += more.other_parts;
    }
}

/// Hands every selected text to a sink, one sink for each entry of the selector that is present.
///
/// `span` is where the payload stands in `body`; offsets in errors count from the start of `body`.
/// Of a key that stands twice the last counts, as in every reader behind us: what was found under
/// the first is dropped with its sink.
///
/// # Errors
/// The first mistake in byte order: broken JSON, or a selected value of a type that no model
/// server takes there.
pub fn read<S: Sink>(
    body: &[u8],
    span: Range<usize>,
    selector: &Selector,
    make: impl Fn() -> S,
) -> Result<(Vec<S>, Tally)> {
    let found = selector.find(Scanner::within(body, span), make)?;
    let mut tally = Tally::default();
    let mut sinks = Vec::with_capacity(found.len());
    for found in found.into_iter().flatten() {
        tally.add(found.tally);
        sinks.push(found.sink);
    }
    Ok((sinks, tally))
}

/// Tokens of all selected texts, each counted as a text of its own, and the rest of the payload.
///
/// # Errors
/// As [`read`].
pub fn count(
    counter: &Counter,
    body: &[u8],
    span: Range<usize>,
    selector: &Selector,
) -> Result<(usize, Tally)> {
    let (sums, tally) = read(body, span, selector, || Sum { counter, tokens: 0 })?;
    Ok((sums.iter().map(|sum| sum.tokens).sum(), tally))
}

struct Sum<'c> {
    counter: &'c Counter,
    tokens: usize,
}

impl Sink for Sum<'_> {
    fn take(&mut self, text: &str, special: bool) {
        self.tokens += self.counter.count(text, special);
    }

    fn take_escaped(&mut self, text: &str, raw: &[u8], special: bool) {
        self.tokens += self.counter.count_escaped(text, raw, special);
    }

    fn known(&self, raw: &[u8]) -> Option<usize> {
        self.counter.recall_escaped(raw)
    }

    fn take_known(&mut self, known: usize, special: bool) {
        self.tokens += self.counter.encoded(known, special);
    }
}

/// What one entry of a selector found.
struct Found<S> {
    sink: S,
    tally: Tally,
}

impl<S: Sink> Found<S> {
    fn take(&mut self, store: &Store, text: &Text<'_>, special: bool) {
        self.tally.strings += 1;
        match text {
            Text::Known(known) => self.sink.take_known(*known, special),
            Text::Stored(_, raw @ [_, ..]) => {
                self.sink.take_escaped(store.get(text), raw, special);
            }
            _ => self.sink.take(store.get(text), special),
        }
    }
}
