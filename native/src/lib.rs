//! The byte work of pyworker. Pure modules; only `python` knows that Python exists.
//!
//! * `block`: 64 bytes at once
//! * [`chunks`]: the chunked coding of HTTP/1.1, taken off as it comes
//! * [`envelope`]: one strict pass over a request body
//! * [`image`]: what images cost
//! * [`json`]: what reads JSON from bytes, for the envelope and the counter
//! * [`markers`]: which log lines hold which marker
//! * [`tokens`]: how many tokens a text has

mod block;
pub mod chunks;
pub mod envelope;
pub mod image;
pub mod json;
pub mod markers;
pub mod tokens;

#[cfg(feature = "pyo3")]
mod python;
