//! Byte pair encoding over the bytes of a text: GPT-2, Qwen2, Llama 3, `cl100k`, `o200k`.

use super::super::family::{Family, Unsupported};
use super::super::file::TokenizerFile;

/// None: not of this family.
#[must_use]
pub fn recognise(_file: &TokenizerFile<'_>) -> Option<Result<Box<dyn Family>, Unsupported>> {
    None
}
