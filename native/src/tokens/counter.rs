//! A `tokenizer.json` as a whole: from a text to the number of its tokens.

use serde_json::Value;

use super::added::{Added, Part};
use super::cache::{Kind, Memory};
use super::families;
use super::family::{Family, Place, Unsupported};
use super::file::TokenizerFile;
use super::post::Post;

/// Counts tokens. Safe from many threads at once.
pub struct Counter {
    family: Box<dyn Family>,
    added: Added,
    post: Post,
    /// Counts of pieces between added tokens, or of the stretches that a family makes of them. Each
    /// is counted for itself, so a chat that grows finds all but its last messages here.
    memory: Memory,
    /// Whether pieces are remembered as a whole: a family's stretches are instead of that, unless
    /// the text must be normalised to find them.
    remembers_pieces: bool,
}

impl Counter {
    /// From the bytes of a `tokenizer.json`. Its truncation and padding are left out if the `whole`
    /// of each text is to be counted, and nothing else.
    ///
    /// # Errors
    ///
    /// It is no such file, or has a part that is not counted exactly here.
    pub fn new(json: &[u8], whole: bool) -> Result<Self, Unsupported> {
        let file = TokenizerFile::read(json)?;
        let family = families::of(&file)?;
        let added = Added::new(&file.added_tokens, file.model, |content| {
            family.normalize(content)
        })?;
        let normalizes = added.normalized.is_some() && !file.normalizer.is_null();
        if normalizes && asks_for_first(&file) {
            return Err(Unsupported(
                "prepend_scheme \"first\" after a normalizer and added tokens".to_owned(),
            ));
        }
        let (truncation, padding) = (file.truncation.as_ref(), file.padding.as_ref());
        let post = if whole {
            Post::new(&file.post_processor, None, None)?
        } else {
            Post::new(&file.post_processor, truncation, padding)?
        };
        Ok(Self {
            remembers_pieces: normalizes || !family.remembers(),
            family,
            added,
            post,
            memory: Memory::ready(),
        })
    }

    /// Tokens of `text`; with `special`, those that the post-processor puts around them, too.
    #[must_use]
    pub fn count(&self, text: &str, special: bool) -> usize {
        self.post.encoded(self.content(text), special)
    }

    /// The same for a text with escapes in JSON, `raw` as it stands there: remembered by that.
    #[must_use]
    pub fn count_escaped(&self, text: &str, raw: &[u8], special: bool) -> usize {
        // Not the pieces of what it says, too: that would be all of it twice.
        let count = || self.parts(text, Self::piece);
        self.encoded(self.memory.count(raw, Kind::Escaped, count), special)
    }

    /// What [`Counter::count_escaped`] remembers of `raw`, for [`Counter::encoded`].
    #[must_use]
    pub fn recall_escaped(&self, raw: &[u8]) -> Option<usize> {
        self.memory.recall(raw, Kind::Escaped)
    }

    /// Tokens of a text whose content has so many.
    #[must_use]
    pub fn encoded(&self, content: usize, special: bool) -> usize {
        self.post.encoded(content, special)
    }

    /// Tokens of `text` alone, before anything is cut or put around them.
    fn content(&self, text: &str) -> usize {
        self.parts(text, Self::remembered)
    }

    /// The same, with what counts a piece between tokens that are matched in the text as it is.
    fn parts(&self, text: &str, count: impl Fn(&Self, &str, Place) -> usize) -> usize {
        if text.is_empty() {
            return 0;
        }
        let Some(raw) = &self.added.raw else {
            return count(self, text, Place { first: true });
        };
        let mut tokens = 0;
        raw.split(text, |part| {
            tokens += match part {
                Part::Token => 1,
                Part::Text(piece, start) => count(self, piece, Place { first: start == 0 }),
            };
        });
        tokens
    }

    fn remembered(&self, text: &str, place: Place) -> usize {
        if !self.remembers_pieces {
            return self.piece(text, place);
        }
        let kind = if place.first {
            Kind::FirstPiece
        } else {
            Kind::InnerPiece
        };
        self.memory
            .count(text.as_bytes(), kind, || self.piece(text, place))
    }

    /// Heap bytes held, memories included at their limit, roughly.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.family.heap_bytes() + self.added.heap_bytes() + Memory::BYTES
    }

    /// Tokens of a piece between tokens that are matched in the text as it is.
    fn piece(&self, text: &str, place: Place) -> usize {
        let Some(normalized) = &self.added.normalized else {
            return self.family.count(text, place, &self.memory);
        };
        let text = self.family.normalize(text);
        let mut tokens = 0;
        normalized.split(&text, |part| {
            tokens += match part {
                Part::Token => 1,
                Part::Text(piece, start) => {
                    let first = place.first && start == 0;
                    self.family
                        .count_normalized(piece, Place { first }, &self.memory)
                }
            };
        });
        tokens
    }
}

/// Whether the pre-tokeniser looks at where in the original text a piece begins: after a normaliser
/// that is no longer to be seen at a piece.
fn asks_for_first(file: &TokenizerFile<'_>) -> bool {
    fn says_first(value: &Value) -> bool {
        match value {
            Value::Object(object) => {
                object
                    .get("prepend_scheme")
                    .is_some_and(|scheme| scheme == "first")
                    || object.values().any(says_first)
            }
            Value::Array(items) => items.iter().any(says_first),
            _ => false,
        }
    }
    says_first(&file.pre_tokenizer)
}
