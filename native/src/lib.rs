//! The byte work of pyworker. Pure modules; only `python` knows that Python exists.
//!
//! * [`envelope`]: one strict pass over a request body
//! * [`markers`]: which log lines hold which marker

pub mod envelope;
pub mod markers;

#[cfg(feature = "pyo3")]
mod python;
