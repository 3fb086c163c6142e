//! Token counters from Python.

#![allow(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands extracted arguments over by value"
)]

use pyo3::create_exception;
use pyo3::exceptions::{PyUnicodeDecodeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::DETACH_COUNT_FROM;
use super::json::{self, Counted, JsonSelector};
use crate::tokens::counter::Counter;

create_exception!(
    pyworker._native,
    UnsupportedTokenizer,
    PyValueError,
    "Why a tokenizer.json is not counted natively."
);

/// Counts the tokens of texts. Never changes, so any thread may ask.
#[pyclass(frozen, module = "pyworker._native")]
pub(super) struct TokenCounter {
    inner: Counter,
}

#[pymethods]
impl TokenCounter {
    #[new]
    #[pyo3(signature = (data, *, whole = false))]
    fn new(data: &Bound<'_, PyBytes>, whole: bool) -> PyResult<Self> {
        let json = data.as_bytes();
        // Always without the lock: this is a tenth of a second, once.
        data.py()
            .detach(|| Counter::new(json, whole))
            .map(|inner| Self { inner })
            .map_err(|unsupported| UnsupportedTokenizer::new_err(unsupported.0))
    }

    #[getter]
    fn heap_bytes(&self) -> usize {
        self.inner.heap_bytes()
    }

    #[pyo3(signature = (text, special = true))]
    fn count(&self, text: &Bound<'_, PyString>, special: bool) -> PyResult<usize> {
        Ok(self.of(text.py(), text.to_str()?, special))
    }

    #[pyo3(signature = (text, special = true))]
    fn count_bytes(&self, text: &Bound<'_, PyBytes>, special: bool) -> PyResult<usize> {
        let (py, bytes) = (text.py(), text.as_bytes());
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(self.of(py, text, special)),
            Err(error) => Err(PyErr::from_value(
                PyUnicodeDecodeError::new_utf8(py, bytes, error)?.into_any(),
            )),
        }
    }

    #[pyo3(signature = (texts, special = true))]
    fn count_many(
        &self,
        py: Python<'_>,
        texts: Vec<Bound<'_, PyString>>,
        special: bool,
    ) -> PyResult<Vec<usize>> {
        let texts = texts
            .iter()
            .map(|text| text.to_str())
            .collect::<PyResult<Vec<_>>>()?;
        let count = || {
            texts
                .iter()
                .map(|text| self.inner.count(text, special))
                .collect()
        };
        if texts.iter().map(|text| text.len()).sum::<usize>() < DETACH_COUNT_FROM {
            Ok(count())
        } else {
            Ok(py.detach(count))
        }
    }

    #[pyo3(signature = (body, selector, span = None))]
    fn count_json(
        &self,
        body: &Bound<'_, PyBytes>,
        selector: &JsonSelector,
        span: Option<(usize, usize)>,
    ) -> PyResult<Counted> {
        json::count(&self.inner, body, selector, span)
    }
}

impl TokenCounter {
    fn of(&self, py: Python<'_>, text: &str, special: bool) -> usize {
        let count = || self.inner.count(text, special);
        if text.len() < DETACH_COUNT_FROM {
            count()
        } else {
            py.detach(count)
        }
    }
}
