//! `WordPiece` with BERT's normaliser and splitting: the longest piece first.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::bert::{self, Bert};
use super::family::{Family, Unsupported};
use super::file::TokenizerFile;
use super::trie::Trie;

/// The model as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    unk_token: Cow<'a, str>,
    #[serde(borrow)]
    continuing_subword_prefix: Cow<'a, str>,
    max_input_chars_per_word: usize,
    #[serde(borrow)]
    vocab: HashMap<Cow<'a, str>, u32>,
}

/// None: not of this family.
#[must_use]
pub fn recognise(file: &TokenizerFile<'_>) -> Option<Result<Box<dyn Family>, Unsupported>> {
    let switches = bert::switches_of(file)?;
    if !is_wordpiece(file) {
        return None;
    }
    Some(WordPiece::read(file.model.get()).map(|model| {
        let family: Box<dyn Family> = Box::new(Bert::new(switches, model));
        family
    }))
}

/// Whether the model says so itself: files without a type are left to the reference.
fn is_wordpiece(file: &TokenizerFile<'_>) -> bool {
    #[derive(Deserialize)]
    struct Type<'a> {
        #[serde(borrow, rename = "type")]
        kind: Option<Cow<'a, str>>,
    }
    serde_json::from_str(file.model.get())
        .is_ok_and(|Type { kind }| kind.as_deref() == Some("WordPiece"))
}

/// Pieces of words, the ones inside a word behind a prefix.
pub struct WordPiece {
    pieces: Trie,
    /// Where the pieces begin that stand inside a word; None if there are none.
    inside: Option<u32>,
    max_chars: usize,
}

impl WordPiece {
    fn read(model: &str) -> Result<Self, Unsupported> {
        let file: File<'_> =
            serde_json::from_str(model).map_err(|error| Unsupported(error.to_string()))?;
        if file.kind != "WordPiece" {
            return Err(Unsupported(format!("a model of type {:?}", file.kind)));
        }
        // The reference raises at the first word that needs it; so it counts nothing we could count.
        if !file.vocab.contains_key(&file.unk_token) {
            return Err(Unsupported("unk_token is not in the vocabulary".to_owned()));
        }
        let pieces = Trie::new(file.vocab.keys().map(|piece| piece.as_bytes()))
            .ok_or_else(|| Unsupported("a vocabulary of more than 16 million bytes".to_owned()))?;
        Ok(Self {
            inside: pieces.descend(Trie::ROOT, file.continuing_subword_prefix.as_bytes()),
            pieces,
            max_chars: file.max_input_chars_per_word,
        })
    }
}

impl bert::Model for WordPiece {
    type Scratch = ();

    /// A word that is too long, or of which a part is no piece, is one unknown token.
    fn count(&self, word: &str, (): &mut ()) -> usize {
        const UNKNOWN: usize = 1;
        // A character has four bytes at most, so most words need not be counted through.
        if word.len() > self.max_chars && word.chars().count() > self.max_chars {
            return UNKNOWN;
        }
        let mut rest = word.as_bytes();
        let mut from = Some(Trie::ROOT);
        let mut count = 0;
        while !rest.is_empty() {
            let longest = from.map_or(0, |from| self.pieces.longest(from, rest));
            let Some(after) = rest.get(longest..).filter(|_| longest > 0) else {
                return UNKNOWN;
            };
            rest = after;
            from = self.inside;
            count += 1;
        }
        count
    }

    fn counts_every_character(&self) -> bool {
        true
    }

    fn heap_bytes(&self) -> usize {
        self.pieces.heap_bytes()
    }
}
