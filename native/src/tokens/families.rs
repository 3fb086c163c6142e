//! Which families of models there are, and whose a file is.

use super::family::{Family, Unsupported};
use super::file::TokenizerFile;
use super::{bpe, openai_gpt, sentencepiece, unigram, wordpiece};

/// A family's entry: None, the file is of another family; an error, it is of this one but has a
/// part that is not counted exactly.
pub type Recognise = fn(&TokenizerFile<'_>) -> Option<Result<Box<dyn Family>, Unsupported>>;

/// No file is of two families, so the order says nothing.
const FAMILIES: [Recognise; 5] = [
    bpe::byte_level::recognise,
    wordpiece::recognise,
    openai_gpt::recognise,
    unigram::recognise,
    sentencepiece::recognise,
];

/// The family that counts this file.
///
/// # Errors
///
/// No family knows all of its parts.
pub fn of(file: &TokenizerFile<'_>) -> Result<Box<dyn Family>, Unsupported> {
    FAMILIES
        .iter()
        .find_map(|recognise| recognise(file))
        .unwrap_or_else(|| {
            Err(Unsupported(
                "no known combination of model, normalizer and pre_tokenizer".to_owned(),
            ))
        })
}
