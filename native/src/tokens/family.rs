//! What a family of models does.

use std::borrow::Cow;
use std::fmt;

use super::cache::Memory;

/// Where a piece of text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The piece begins at the text's first byte.
    pub first: bool,
}

/// Why a file is not counted here, as a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported(pub String);

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unsupported {}

/// A normaliser, a pre-tokeniser and a model as one.
///
/// A piece of text is never empty and holds no added token that is matched before it.
pub trait Family: Send + Sync {
    /// Normalise one piece, as the file's normaliser does.
    ///
    /// Asked for only when the file has added tokens that are matched in normalised text.
    fn normalize<'t>(&self, text: &'t str) -> Cow<'t, str>;

    /// Whether [`Family::count`] looks a piece up in the memory it is given, stretch by stretch, and
    /// keeps there what it counts; if not, its caller may do so with the whole piece.
    fn remembers(&self) -> bool {
        false
    }

    /// Tokens of a piece that is not yet normalised.
    fn count(&self, text: &str, place: Place, memory: &Memory) -> usize;

    /// Tokens of a piece that `normalize` gave.
    fn count_normalized(&self, text: &str, place: Place, memory: &Memory) -> usize;

    /// Heap bytes held, caches included at their limit, roughly.
    fn heap_bytes(&self) -> usize;
}
