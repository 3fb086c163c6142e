//! Tokens of a text, counted and never built, for the tokenizers whose every part is known.
//!
//! * [`counter`]: a `tokenizer.json` as a whole
//! * [`file`]: what such a file says
//! * [`added`]: tokens matched in a text before its model sees it
//! * [`vocabulary`]: which of those the model knows
//! * [`bert`]: BERT's words, for the two families that have them
//! * [`family`]: what a family of models does; [`families`]: whose a file is
//! * [`post`]: what becomes of a text's tokens: cut, special ones put around them, filled up
//! * [`json`]: the texts that a request holds
//! * [`cache`]: what was counted before
//! * [`unicode`]: properties of characters, as the reference has them
//!
//! The count is that of the `tokenizers` package, always; a file with a part that is not known to
//! the last key is [`Unsupported`](family::Unsupported).

pub mod added;
pub mod bert;
pub mod bpe;
pub mod cache;
pub mod counter;
pub mod families;
pub mod family;
pub mod file;
pub mod json;
pub mod nfc;
pub mod openai_gpt;
pub mod post;
pub mod sentencepiece;
pub mod split;
mod trie;
pub mod unicode;
pub mod unigram;
pub mod vocabulary;
pub mod wordpiece;
