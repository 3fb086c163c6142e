//! JSON as bytes: stepped over and checked against RFC 8259, never built. What reads request
//! bodies here - [`crate::envelope`], [`crate::tokens::json`] - reads them through this.

mod error;
pub(crate) mod number;
mod scanner;
mod string;
mod text;
pub(crate) mod unescape;

pub use error::{JsonError, Kind, Result};
pub use number::Number;
pub use scanner::DEPTH_LIMIT;
pub(crate) use scanner::{Scanner, Shape, Token};
pub(crate) use text::{Store, Text};
