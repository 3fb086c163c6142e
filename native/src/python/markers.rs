//! Log markers from Python.

#![allow(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands extracted arguments over by value"
)]

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::DETACH_FROM;
use crate::markers;

/// Patterns in the order of their priority, ready to be searched for in a log.
#[pyclass(frozen, module = "pyworker._native")]
pub(super) struct MarkerSet {
    inner: markers::MarkerSet,
}

#[pymethods]
impl MarkerSet {
    #[new]
    fn new(patterns: Vec<Bound<'_, PyBytes>>) -> PyResult<Self> {
        let patterns: Vec<&[u8]> = patterns.iter().map(PyBytesMethods::as_bytes).collect();
        let inner = markers::MarkerSet::new(&patterns)
            .map_err(|bad| PyValueError::new_err(bad.to_string()))?;
        Ok(Self { inner })
    }

    /// For each line that holds a match: the lowest index that matches, and the line's offsets.
    fn scan(&self, lines: &Bound<'_, PyBytes>) -> Vec<(usize, usize, usize)> {
        let bytes = lines.as_bytes();
        let scan = || {
            let as_tuple = |hit: markers::Hit| (hit.pattern, hit.start, hit.end);
            self.inner.scan(bytes).map(as_tuple).collect()
        };
        if bytes.len() < DETACH_FROM {
            scan()
        } else {
            lines.py().detach(scan)
        }
    }
}
