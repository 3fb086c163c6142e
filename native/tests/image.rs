//! What images cost: the listed values to the last bit, and what no calibration may do.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests: a failure is a panic, and the bits are the point"
)]

use _native::image::{Calibration, Coefficients, Image, MAX_SIDE, MAX_STEPS};
use proptest::prelude::*;

const FLUX: Coefficients = Coefficients {
    seconds: 23.0,
    tile: 512,
    tile_tokens: 175.0,
    base_tokens: 85.0,
    slope: 0.61,
    intercept: 6.57,
    factor: 200.0,
};

fn image(width: u32, height: u32, steps: u32) -> Image {
    Image {
        width,
        height,
        steps,
    }
}

fn calibration(seconds: f64) -> Calibration {
    Calibration::new(Coefficients { seconds, ..FLUX }, image(1024, 1024, 28)).unwrap()
}

#[test]
fn the_listed_values() {
    let (flux, sd3) = (calibration(23.0), calibration(6.0));
    assert_eq!(flux.cost(image(1024, 1024, 28)), 4600.0);
    assert_eq!(flux.cost(image(512, 512, 20)), 1_209.190_288_307_456);
    assert_eq!(flux.cost(image(1024, 1024, 20)), 3_650.824_524_312_896_3);
    assert_eq!(sd3.cost(image(1024, 1024, 28)), 1200.0);
    assert_eq!(sd3.cost(image(512, 512, 20)), 315.440_944_775_858_16);
}

#[test]
fn what_measures_nothing_is_no_calibration() {
    let reference = image(1024, 1024, 28);
    for by in [
        Coefficients {
            slope: 0.0,
            intercept: 0.0,
            ..FLUX
        },
        Coefficients {
            seconds: f64::NAN,
            ..FLUX
        },
        Coefficients {
            factor: f64::INFINITY,
            ..FLUX
        },
        Coefficients {
            seconds: -1.0,
            ..FLUX
        },
        Coefficients {
            seconds: 1e308,
            factor: 1e308,
            ..FLUX
        },
    ] {
        assert!(Calibration::new(by, reference).is_none(), "{by:?}");
    }
}

proptest! {
    #[test]
    fn a_larger_image_never_costs_less(
        width in 1..MAX_SIDE, height in 1..MAX_SIDE, steps in 1..MAX_STEPS,
    ) {
        let flux = calibration(23.0);
        let cost = flux.cost(image(width, height, steps));
        prop_assert!(cost > 0.0 && cost.is_finite());
        prop_assert!(flux.cost(image(width + 1, height, steps)) >= cost);
        prop_assert!(flux.cost(image(width, height + 1, steps)) >= cost);
        prop_assert!(flux.cost(image(width, height, steps + 1)) > cost);
        prop_assert_eq!(flux.cost(image(height, width, steps)), cost);
    }
}
