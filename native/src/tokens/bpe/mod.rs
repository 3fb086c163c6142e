//! Byte pair encoding.
//!
//! * [`byte_level`]: the family whose symbols are bytes
//! * [`model`]: what a file says of its model
//! * [`vocabulary`]: its tokens by their bytes
//! * [`places`]: of those, the short ones
//! * [`learned`]: what its merges say before any word is counted
//! * [`trees`]: which tokens their own bytes are merged to
//! * [`pairs`]: which symbols merge, and when
//! * [`ranks`]: when, by pair
//! * [`characters`]: the symbols that a word begins with
//! * [`sides`]: what may merge with parts of them
//! * [`merge`]: the symbols that a word ends up with; [`together`]: those of short words
//! * [`joints`]: where a word comes apart
//! * [`tokens`]: from a word to the number of its tokens
//! * [`batch`]: from many words to theirs

mod alphabet;
mod batch;
pub mod byte_level;
mod characters;
mod joints;
mod learned;
mod long;
mod merge;
pub(super) mod model;
mod pairs;
mod places;
mod ranks;
mod sides;
mod together;
mod tokens;
mod trees;
mod vocabulary;
