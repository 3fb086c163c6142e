//! `SentencePiece`'s BPE: every file and text counts as plain merging does, one merge at a time over
//! the whole text.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken test should stop"
)]

mod any_model;
mod counts;
mod form;
mod model;
mod plain;
mod refused;
