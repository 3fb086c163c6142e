//! Request bodies from Python, read in one strict pass.

#![allow(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands extracted arguments over by value"
)]

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use pyo3::{IntoPyObjectExt, create_exception};

use super::DETACH_FROM;
use super::json::{JsonError, raise};
use crate::envelope::{self, Declared, Number, Value};

create_exception!(
    pyworker._native,
    EnvelopeError,
    JsonError,
    "The first mistake in a request body."
);

/// What a request body says.
#[pyclass(frozen, module = "pyworker._native")]
pub(super) struct Envelope {
    #[pyo3(get)]
    has_auth_data: bool,
    #[pyo3(get)]
    has_payload: bool,
    #[pyo3(get)]
    signature: Option<Py<PyString>>,
    #[pyo3(get)]
    cost: Option<Py<PyAny>>,
    #[pyo3(get)]
    endpoint: Option<Py<PyString>>,
    #[pyo3(get)]
    reqnum: Option<i64>,
    #[pyo3(get)]
    request_idx: Option<i64>,
    #[pyo3(get)]
    url: Option<Py<PyString>>,
    #[pyo3(get)]
    session_id: Option<Py<PyString>>,
    #[pyo3(get)]
    auth_data_span: Option<(usize, usize)>,
    #[pyo3(get)]
    payload_span: Option<(usize, usize)>,
    #[pyo3(get)]
    fields: Py<PyDict>,
}

/// Reads a request body in one strict pass.
#[pyfunction]
#[pyo3(signature = (body, fields = Vec::new()), text_signature = "(body, fields=())")]
pub(super) fn parse_envelope<'py>(
    body: &Bound<'py, PyBytes>,
    fields: Vec<Bound<'py, PyString>>,
) -> PyResult<Envelope> {
    let py = body.py();
    let paths = fields
        .iter()
        .map(|path| path.to_str())
        .collect::<PyResult<Vec<_>>>()?;
    let declared = Declared::new(paths)
        .map_err(|bad| PyValueError::new_err(format!("not a dotted path of keys: {:?}", bad.0)))?;
    let bytes = body.as_bytes();
    let parsed = if bytes.len() < DETACH_FROM {
        envelope::parse(bytes, &declared)
    } else {
        py.detach(|| envelope::parse(bytes, &declared))
    };
    match parsed {
        Ok(parsed) => to_python(py, parsed, &fields),
        Err(error) => Err(raise::<EnvelopeError>(py, &error)?),
    }
}

fn to_python(
    py: Python<'_>,
    parsed: envelope::Envelope<'_>,
    paths: &[Bound<'_, PyString>],
) -> PyResult<Envelope> {
    let text = |text: Option<std::borrow::Cow<'_, str>>| {
        text.map(|text| PyString::new(py, &text).unbind())
    };
    let fields = PyDict::new(py);
    for (path, value) in paths.iter().zip(parsed.fields) {
        if let Some(value) = value {
            fields.set_item(path, value_to_python(py, value)?)?;
        }
    }
    let has_auth_data = parsed.auth.is_some();
    let auth_data_span = parsed
        .auth
        .as_ref()
        .map(|auth| (auth.span.start, auth.span.end));
    let auth = parsed.auth.unwrap_or_default();
    Ok(Envelope {
        has_auth_data,
        has_payload: parsed.payload.is_some(),
        signature: text(auth.signature),
        cost: auth
            .cost
            .map(|cost| number_to_python(py, cost))
            .transpose()?,
        endpoint: text(auth.endpoint),
        reqnum: auth.reqnum,
        request_idx: auth.request_idx,
        url: text(auth.url),
        session_id: text(parsed.session_id),
        auth_data_span,
        payload_span: parsed.payload.map(|span| (span.start, span.end)),
        fields: fields.unbind(),
    })
}

fn value_to_python(py: Python<'_>, value: Value<'_>) -> PyResult<Py<PyAny>> {
    match value {
        Value::Null => Ok(py.None()),
        Value::Bool(value) => value.into_py_any(py),
        Value::Number(number) => number_to_python(py, number),
        Value::Text(text) => text.into_py_any(py),
        Value::Raw(json) => Ok(PyBytes::new(py, json).into_any().unbind()),
    }
}

fn number_to_python(py: Python<'_>, number: Number) -> PyResult<Py<PyAny>> {
    match number {
        Number::Signed(value) => value.into_py_any(py),
        Number::Unsigned(value) => value.into_py_any(py),
        Number::Float(value) => value.into_py_any(py),
    }
}
