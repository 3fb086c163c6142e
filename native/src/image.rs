//! What an image costs: the tiles of its size, adjusted for its steps, beside a reference image.

/// Longest side in pixels: what JPEG can hold. No model makes images of a tenth of it.
pub const MAX_SIDE: u32 = 65_535;

/// Most sampler steps. Diffusion models are trained on 1000 time steps and no schedule has more
/// than its model; ten times that is a mistake, which must not look like load.
pub const MAX_STEPS: u32 = 10_000;

/// The size of an image and the steps it takes.
#[derive(Clone, Copy, Debug)]
pub struct Image {
    /// Pixels, 1 to [`MAX_SIDE`].
    pub width: u32,
    /// Pixels, 1 to [`MAX_SIDE`].
    pub height: u32,
    /// Of the sampler, 1 to [`MAX_STEPS`].
    pub steps: u32,
}

/// The numbers of a model.
#[derive(Clone, Copy, Debug)]
pub struct Coefficients {
    /// What the reference image took, seconds.
    pub seconds: f64,
    /// Side of a tile, pixels.
    pub tile: u32,
    /// What a tile counts.
    pub tile_tokens: f64,
    /// What an image counts before its tiles.
    pub base_tokens: f64,
    /// Of the regression of time on steps.
    pub slope: f64,
    /// Of the regression of time on steps.
    pub intercept: f64,
    /// Throughput of the reference card, workload/s.
    pub factor: f64,
}

/// Coefficients beside a reference image: what costs are counted with.
#[derive(Clone, Copy, Debug)]
pub struct Calibration {
    by: Coefficients,
    reference_work: f64,
}

impl Calibration {
    /// None when the reference image measures nothing: its work, or the cost of the largest image,
    /// is no positive finite number. No other image's cost can be infinite then, since no
    /// coefficient is negative.
    #[must_use]
    pub fn new(by: Coefficients, reference: Image) -> Option<Self> {
        let calibration = Self {
            by,
            reference_work: by.work(reference),
        };
        let largest = calibration.cost(Image {
            width: MAX_SIDE,
            height: MAX_SIDE,
            steps: MAX_STEPS,
        });
        let measures = calibration.reference_work > 0.0 && largest > 0.0 && largest.is_finite();
        measures.then_some(calibration)
    }

    /// The workload of an image.
    ///
    /// The order of the operations belongs to the formula: another one differs in the last digit
    /// from what workers of this kind have always reported.
    #[must_use]
    pub fn cost(&self, image: Image) -> f64 {
        self.by.seconds * ((self.by.work(image) / self.reference_work) * self.by.factor)
    }
}

impl Coefficients {
    fn work(&self, image: Image) -> f64 {
        let tile = self.tile.max(1);
        let across = f64::from(image.width.div_ceil(tile));
        let down = f64::from(image.height.div_ceil(tile));
        // Below 2^32, so the product of the two is exact.
        let tokens = self.base_tokens + across * down * self.tile_tokens;
        tokens * (self.slope * f64::from(image.steps) + self.intercept)
    }
}
