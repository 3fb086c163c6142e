//! Byte pair encoding.
//!
//! * [`byte_level`]: the family whose symbols are bytes
//! * [`model`]: what a file says of its model
//! * [`vocabulary`]: its tokens by their bytes
//! * [`pairs`]: which symbols merge, and when
//! * [`merge`]: the symbols that a word ends up with

mod alphabet;
pub mod byte_level;
mod long;
mod merge;
pub(super) mod model;
mod pairs;
mod vocabulary;
