//! Counting the texts of a request's JSON from Python, and the error of whatever reads JSON.

#![allow(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands extracted arguments over by value"
)]

use std::ops::Range;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use pyo3::{PyTypeInfo, create_exception, intern};

use super::DETACH_COUNT_FROM;
use crate::json;
use crate::tokens::counter::Counter;
use crate::tokens::json::selector::{Selector, Want};
use crate::tokens::json::{self as texts, Sink, Tally};

create_exception!(
    pyworker._native,
    JsonError,
    PyValueError,
    "The first mistake in JSON that a client sent."
);

/// An exception of class `E` with its four attributes.
pub(super) fn raise<E: PyTypeInfo>(py: Python<'_>, error: &json::JsonError) -> PyResult<PyErr> {
    let class: Bound<'_, PyType> = py.get_type::<E>();
    let value = class.call1((error.to_string(),))?;
    value.setattr(intern!(py, "kind"), error.kind.name())?;
    value.setattr(intern!(py, "message"), &error.message)?;
    value.setattr(intern!(py, "position"), error.position)?;
    value.setattr(intern!(py, "path"), &error.path)?;
    Ok(PyErr::from_value(value))
}

/// Which values of a payload are texts, ready to be searched for.
#[pyclass(frozen, module = "pyworker._native")]
pub(super) struct JsonSelector {
    pub(super) inner: Selector,
}

#[pymethods]
impl JsonSelector {
    #[new]
    fn new(entries: Vec<(String, String, bool)>) -> PyResult<Self> {
        let want = |(path, kind, special): (String, String, bool)| match kind.as_str() {
            "prompt" => Ok((path, Want::Prompt { special })),
            "messages" => Ok((path, Want::Messages)),
            "tools" => Ok((path, Want::Tools)),
            _ => Err(PyValueError::new_err(format!(
                "expected prompt, messages or tools, found {kind:?}"
            ))),
        };
        let paths = entries.into_iter().map(want).collect::<PyResult<_>>()?;
        let inner = Selector::new(paths).map_err(PyValueError::new_err)?;
        Ok(Self { inner })
    }
}

/// Tokens of the texts, then the fields of a tally in their order.
pub(super) type Counted = (
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
);

/// Counts with a native counter: what its class offers Python.
pub(super) fn count(
    counter: &Counter,
    body: &Bound<'_, PyBytes>,
    selector: &JsonSelector,
    span: Option<(usize, usize)>,
) -> PyResult<Counted> {
    let py = body.py();
    let bytes = body.as_bytes();
    let span = checked(span, bytes)?;
    let counting = || texts::count(counter, bytes, span.clone(), &selector.inner);
    let result = if span.len() < DETACH_COUNT_FROM {
        counting()
    } else {
        py.detach(counting)
    };
    match result {
        Ok((tokens, tally)) => Ok(to_python(tokens, tally)),
        Err(error) => Err(raise::<JsonError>(py, &error)?),
    }
}

/// Counts with a function of Python, text by text; without one only what is beside the texts.
#[pyfunction]
#[pyo3(signature = (count, body, selector, span = None))]
pub(super) fn count_json_by(
    count: Option<&Bound<'_, PyAny>>,
    body: &Bound<'_, PyBytes>,
    selector: &JsonSelector,
    span: Option<(usize, usize)>,
) -> PyResult<Counted> {
    let bytes = body.as_bytes();
    let span = checked(span, bytes)?;
    let make = || Calls {
        count,
        tokens: Ok(0),
    };
    let (sums, tally) = match texts::read(bytes, span, &selector.inner, make) {
        Ok(read) => read,
        Err(error) => return Err(raise::<JsonError>(body.py(), &error)?),
    };
    let mut tokens = 0;
    for sum in sums {
        tokens += sum.tokens?;
    }
    Ok(to_python(tokens, tally))
}

/// Calls `count(text, special)` until it fails.
struct Calls<'c, 'py> {
    count: Option<&'c Bound<'py, PyAny>>,
    tokens: PyResult<usize>,
}

impl Sink for Calls<'_, '_> {
    fn take(&mut self, text: &str, special: bool) {
        let (Some(count), Ok(tokens)) = (self.count, &self.tokens) else {
            return;
        };
        let more = count.call1((text, special));
        let sum = more.and_then(|more| more.extract::<usize>());
        self.tokens = sum.map(|more| tokens + more);
    }
}

fn checked(span: Option<(usize, usize)>, bytes: &[u8]) -> PyResult<Range<usize>> {
    let (start, end) = span.unwrap_or((0, bytes.len()));
    if start > end || end > bytes.len() {
        return Err(PyValueError::new_err(format!(
            "span {start}..{end} is not within the {} bytes",
            bytes.len()
        )));
    }
    Ok(start..end)
}

fn to_python(tokens: usize, tally: Tally) -> Counted {
    (
        tokens,
        tally.strings,
        tally.ids,
        tally.messages,
        tally.chats,
        tally.images,
        tally.audio,
        tally.video,
        tally.other_parts,
    )
}
