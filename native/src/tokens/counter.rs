//! A `tokenizer.json` as a whole: from a text to the number of its tokens.

use super::family::{self, Family, Place, Unsupported};
use super::file::TokenizerFile;

/// Counts tokens. Safe from many threads at once.
pub struct Counter {
    family: Box<dyn Family>,
}

impl Counter {
    /// From the bytes of a `tokenizer.json`.
    ///
    /// # Errors
    ///
    /// It is no such file, or has a part that is not counted exactly here.
    pub fn new(json: &[u8]) -> Result<Self, Unsupported> {
        let file = TokenizerFile::read(json)?;
        if !file.added_tokens.is_empty() || !file.post_processor.is_null() {
            return Err(Unsupported("added tokens or a post_processor".to_owned()));
        }
        let family = family::of(&file)?;
        Ok(Self { family })
    }

    /// Tokens of `text`; with `special`, those of the post-processor too.
    #[must_use]
    pub fn count(&self, text: &str, _special: bool) -> usize {
        if text.is_empty() {
            return 0;
        }
        self.family.count(text, Place { first: true })
    }
}
