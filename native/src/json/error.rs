//! The one error of every reader here: what is wrong, where in the bytes, and where in the document.

use std::fmt;

/// What sort of mistake the client made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The bytes break the JSON grammar (RFC 8259).
    Json,
    /// The JSON is fine, but a value is not what its reader needs.
    Type,
    /// A key stands twice where two readers could disagree on the winner.
    Duplicate,
    /// Nested deeper than [`super::DEPTH_LIMIT`].
    Depth,
    /// A string that is not Unicode: invalid UTF-8, or a lone surrogate where text is needed.
    Utf8,
}

impl Kind {
    /// The name that Python sees.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Type => "type",
            Self::Duplicate => "duplicate",
            Self::Depth => "depth",
            Self::Utf8 => "utf8",
        }
    }
}

/// The first thing that is wrong with a body, in the order of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What sort of mistake.
    pub kind: Kind,
    /// One short sentence: what was expected and what was found.
    pub message: String,
    /// Byte offset into the body.
    pub position: usize,
    /// Dotted name of the value, such as `auth_data.cost`; empty for plain syntax errors.
    pub path: String,
}

/// Boxed, because an error is rare and the results of the hot loops should stay one word.
pub type Result<T> = std::result::Result<T, Box<JsonError>>;

impl JsonError {
    #[cold]
    pub(crate) fn new(
        kind: Kind,
        message: impl Into<String>,
        position: usize,
        path: impl Into<String>,
    ) -> Box<Self> {
        Box::new(Self {
            kind,
            message: message.into(),
            position,
            path: path.into(),
        })
    }

    /// A break of the grammar; `found` is the byte at `position`, `None` at the end.
    #[cold]
    pub(crate) fn syntax(expected: &str, found: Option<u8>, position: usize) -> Box<Self> {
        let found = describe(found);
        Self::new(
            Kind::Json,
            format!("expected {expected}, found {found}"),
            position,
            "",
        )
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{} (byte {})", self.message, self.position)
    }
}

impl std::error::Error for JsonError {}

/// Names a byte without ever copying client text beyond one printable character.
fn describe(found: Option<u8>) -> String {
    match found {
        None => "the end of the body".to_owned(),
        Some(byte) if byte.is_ascii_graphic() => format!("'{}'", char::from(byte)),
        Some(b' ') => "a space".to_owned(),
        Some(byte) => format!("byte 0x{byte:02x}"),
    }
}
