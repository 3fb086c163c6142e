//! The Python edge of [`crate::image`].

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList, PyTuple};

use crate::image::{Calibration, Coefficients, Image, MAX_SIDE, MAX_STEPS};

/// The cost of images by the numbers of one model.
#[pyclass(frozen, module = "pyworker._native")]
pub(super) struct ImageCosts {
    calibration: Calibration,
}

#[pymethods]
impl ImageCosts {
    #[classattr]
    const MAX_SIDE: u32 = MAX_SIDE;
    #[classattr]
    const MAX_STEPS: u32 = MAX_STEPS;

    #[new]
    #[pyo3(signature = (*, seconds, tile, tile_tokens, base_tokens, slope, intercept, factor, reference))]
    #[allow(
        clippy::too_many_arguments,
        reason = "one for each number of a calibration"
    )]
    fn new(
        seconds: f64,
        tile: &Bound<'_, PyAny>,
        tile_tokens: f64,
        base_tokens: f64,
        slope: f64,
        intercept: f64,
        factor: f64,
        reference: (Bound<'_, PyAny>, Bound<'_, PyAny>, Bound<'_, PyAny>),
    ) -> PyResult<Self> {
        let (width, height, steps) = reference;
        let reference = image(&width, &height, &steps)?;
        let tile = checked("tile", tile, MAX_SIDE)?;
        let by = Coefficients {
            seconds,
            tile,
            tile_tokens,
            base_tokens,
            slope,
            intercept,
            factor,
        };
        let calibration = Calibration::new(by, reference).ok_or_else(|| {
            PyValueError::new_err(
                "the calibration measures nothing: the work of its reference image, or the cost \
                 of the largest one, is not a positive finite number",
            )
        })?;
        Ok(Self { calibration })
    }

    fn cost(
        &self,
        width: &Bound<'_, PyAny>,
        height: &Bound<'_, PyAny>,
        steps: &Bound<'_, PyAny>,
    ) -> PyResult<f64> {
        Ok(self.calibration.cost(image(width, height, steps)?))
    }

    fn costs(
        &self,
        widths: &Bound<'_, PyAny>,
        heights: &Bound<'_, PyAny>,
        steps: &Bound<'_, PyAny>,
    ) -> PyResult<Vec<f64>> {
        let widths = column("widths", widths, MAX_SIDE)?;
        let heights = column("heights", heights, MAX_SIDE)?;
        let steps = column("steps", steps, MAX_STEPS)?;
        if widths.len() != heights.len() || widths.len() != steps.len() {
            return Err(PyValueError::new_err(format!(
                "widths, heights and steps must have one item an image each, not {}, {} and {}",
                widths.len(),
                heights.len(),
                steps.len()
            )));
        }
        let images = widths.into_iter().zip(heights).zip(steps);
        Ok(images
            .map(|((width, height), steps)| {
                self.calibration.cost(Image {
                    width,
                    height,
                    steps,
                })
            })
            .collect())
    }
}

fn image(
    width: &Bound<'_, PyAny>,
    height: &Bound<'_, PyAny>,
    steps: &Bound<'_, PyAny>,
) -> PyResult<Image> {
    Ok(Image {
        width: checked("width", width, MAX_SIDE)?,
        height: checked("height", height, MAX_SIDE)?,
        steps: checked("steps", steps, MAX_STEPS)?,
    })
}

fn column(name: &str, values: &Bound<'_, PyAny>, most: u32) -> PyResult<Vec<u32>> {
    let item = |(index, value): (usize, Bound<'_, PyAny>)| {
        whole(&value, most).ok_or_else(|| refused(&format!("{name}[{index}]"), &value, most))
    };
    if let Ok(list) = values.cast::<PyList>() {
        list.iter().enumerate().map(item).collect()
    } else if let Ok(tuple) = values.cast::<PyTuple>() {
        tuple.iter().enumerate().map(item).collect()
    } else {
        let items = values.try_iter()?.enumerate();
        items.map(|(index, value)| item((index, value?))).collect()
    }
}

fn checked(name: &str, value: &Bound<'_, PyAny>, most: u32) -> PyResult<u32> {
    whole(value, most).ok_or_else(|| refused(name, value, most))
}

/// A whole number from 1 to `most`. A bool is an int to Python, not to whoever gives a size.
fn whole(value: &Bound<'_, PyAny>, most: u32) -> Option<u32> {
    let number = value.extract::<u32>().ok()?;
    let sound = (1..=most).contains(&number) && !value.is_instance_of::<PyBool>();
    sound.then_some(number)
}

fn refused(name: &str, value: &Bound<'_, PyAny>, most: u32) -> PyErr {
    let shown = value
        .repr()
        .map_or_else(|_| "that".into(), |text| text.to_string());
    let shown: String = shown.chars().take(100).collect();
    PyValueError::new_err(format!(
        "{name} must be a whole number from 1 to {most}, not {shown}"
    ))
}
