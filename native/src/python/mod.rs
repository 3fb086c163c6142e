//! The Python edge: copies arguments in, lets other threads run while long input is read, and
//! turns results and errors into Python objects. Nothing is decided here.

mod chunks;
mod envelope;
mod image;
mod json;
mod markers;
mod tokens;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::chunks::ChunkDecoder;
    #[pymodule_export]
    use super::envelope::{Envelope, EnvelopeError, parse_envelope};
    #[pymodule_export]
    use super::image::ImageCosts;
    #[pymodule_export]
    use super::json::{JsonError, JsonSelector, count_json_by};
    #[pymodule_export]
    use super::markers::MarkerSet;
    #[pymodule_export]
    use super::tokens::{TokenCounter, UnsupportedTokenizer};
}

/// Bytes from which the interpreter lock is released.
///
/// Taking it back beside a thread that computes costs 5 ms, its switch interval. This much JSON of
/// small tokens takes 30 ms to read, so there the others gain more than we lose; one long string
/// of this size takes 1 ms.
const DETACH_FROM: usize = 16 << 20;

/// Bytes of text from which the interpreter lock is released.
///
/// This much takes 1 to 4 ms when none of its words was counted before: from here on a server counts
/// in a thread (`pyworker/workload/served.py` has the same number), which helps nobody while that
/// thread holds the lock.
const DETACH_COUNT_FROM: usize = 64 << 10;
