//! The chunked coding, fed from Python.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::chunks;

/// Takes the chunked coding off one body, as it comes.
#[pyclass(module = "pyworker._native")]
pub(super) struct ChunkDecoder {
    inner: chunks::ChunkDecoder,
    #[pyo3(get)]
    excess: usize,
    #[pyo3(get)]
    broken: Option<String>,
}

#[pymethods]
impl ChunkDecoder {
    #[new]
    fn new() -> Self {
        Self {
            inner: chunks::ChunkDecoder::default(),
            excess: 0,
            broken: None,
        }
    }

    #[getter]
    fn done(&self) -> bool {
        self.inner.done()
    }

    /// The body's bytes in what came.
    fn feed<'py>(&mut self, data: &Bound<'py, PyBytes>) -> Bound<'py, PyBytes> {
        let input = data.as_bytes();
        let mut body = Vec::with_capacity(input.len());
        if self.broken.is_none() {
            match self.inner.feed(input, &mut body) {
                Ok(used) => self.excess += input.len() - used,
                Err(error) => self.broken = Some(error.to_string()),
            }
        }
        PyBytes::new(data.py(), &body)
    }
}
