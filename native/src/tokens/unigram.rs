//! Unigram: T5, ALBERT, XLM-R.

use super::family::{Family, Unsupported};
use super::file::TokenizerFile;

/// None: not of this family.
#[must_use]
pub fn recognise(_file: &TokenizerFile<'_>) -> Option<Result<Box<dyn Family>, Unsupported>> {
    None
}
