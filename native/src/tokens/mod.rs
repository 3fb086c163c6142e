//! Tokens of a text, counted and never built, for the tokenizers whose every part is known.
//!
//! * [`counter`]: a `tokenizer.json` as a whole
//! * [`file`]: what such a file says
//! * [`added`]: tokens matched in a text before its model sees it
//! * [`cache`]: what was counted before
//! * [`family`]: what a family of models does, and the list of them
//! * [`post`]: special tokens around a text, truncation, padding
//!
//! The count is that of the `tokenizers` package, always; a file with a part that is not known to
//! the last key is [`Unsupported`](family::Unsupported).

pub mod added;
pub mod bpe;
pub mod cache;
pub mod counter;
pub mod family;
pub mod file;
pub mod openai_gpt;
pub mod post;
pub mod sentencepiece;
pub mod unigram;
pub mod wordpiece;
