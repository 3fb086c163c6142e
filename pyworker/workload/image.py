"""What an image costs: in tiles of its size, adjusted for its steps, beside a reference image.

    work(w, h, s) = (base + ceil(w / tile) * ceil(h / tile) * tile tokens) * (slope * s + intercept)
    cost(w, h, s) = seconds * ((work(w, h, s) / work(reference)) * factor)

The unit is such that the card on which the reference image took `seconds` has a throughput of
`factor` a second. The arithmetic is in Rust (`native/src/image.rs`), for one image and for many.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from types import MappingProxyType

from pyworker._native import ImageCosts

MAX_SIDE = ImageCosts.MAX_SIDE
MAX_STEPS = ImageCosts.MAX_STEPS


def _check(name: str, value: float | str | None, *, may_be_0: bool) -> None:
    # bool is a number to Python, not to whoever calibrates.
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and (value > 0 or (may_be_0 and value == 0))
    ):
        return
    wanted = "0 or more" if may_be_0 else "above 0"
    raise ValueError(f"{name} must be a finite number {wanted}, not {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCalibration:
    """How long a model takes for images: one reference image, and a line through its steps.

    The defaults are those of the workers that counted images first, for every model.

    Attributes:
        seconds: What the reference image took on the reference card.
        width, height: Of the reference image, pixels.
        steps: Of the reference image.
        tile: Side of a tile, pixels.
        tile_tokens: What a tile counts.
        base_tokens: What an image counts before its tiles; may be 0.
        slope, intercept: Of the regression of time on steps; one of them may be 0. Only their
            ratio matters.
        factor: Throughput of the reference card, workload/s.

    Raises:
        ValueError: One sentence that names the value: it is not finite, not positive, or beyond
            MAX_SIDE or MAX_STEPS; or all of them together give no finite cost.
    """

    seconds: float
    width: int = 1024
    height: int = 1024
    steps: int = 28
    tile: int = 512
    tile_tokens: float = 175.0
    base_tokens: float = 85.0
    slope: float = 0.61
    intercept: float = 6.57
    factor: float = 200.0
    _costs: ImageCosts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("seconds", "tile_tokens", "factor"):
            _check(name, getattr(self, name), may_be_0=False)
        for name in ("base_tokens", "slope", "intercept"):
            _check(name, getattr(self, name), may_be_0=True)
        costs = ImageCosts(
            seconds=self.seconds,
            tile=self.tile,
            tile_tokens=self.tile_tokens,
            base_tokens=self.base_tokens,
            slope=self.slope,
            intercept=self.intercept,
            factor=self.factor,
            reference=(self.width, self.height, self.steps),
        )
        object.__setattr__(self, "_costs", costs)

    def __reduce__(self) -> tuple[Callable[[], object], tuple[()]]:
        # By its data: what Rust made of them cannot be pickled.
        given = {item.name: getattr(self, item.name) for item in fields(self) if item.init}
        return partial(ImageCalibration, **given), ()

    def cost(self, width: int, height: int, steps: int) -> float:
        """The workload of one image; see `image_cost`."""
        return self._costs.cost(width, height, steps)

    def costs(
        self, widths: Iterable[int], heights: Iterable[int], steps: Iterable[int]
    ) -> list[float]:
        """The workloads of many images; see `image_costs`."""
        return self._costs.costs(widths, heights, steps)


# Seconds for the reference image on an RTX 4090.
CALIBRATIONS: Mapping[str, ImageCalibration] = MappingProxyType(
    {"flux": ImageCalibration(seconds=23.0), "sd3": ImageCalibration(seconds=6.0)}
)


def image_cost(width: int, height: int, steps: int, model: str | ImageCalibration) -> float:
    """The workload of one image.

    Args:
        width: Pixels, 1 to MAX_SIDE: what JPEG can hold.
        height: The same.
        steps: Of the sampler, 1 to MAX_STEPS: ten times what diffusion models are trained on.
        model: A name of CALIBRATIONS, or a calibration of your own.

    Raises:
        ValueError: One sentence that names the argument.
    """
    return _calibration(model).cost(width, height, steps)


def image_costs(
    widths: Iterable[int],
    heights: Iterable[int],
    steps: Iterable[int],
    model: str | ImageCalibration,
) -> list[float]:
    """The workloads of many images: `image_cost` of each, to the last bit.

    Args:
        widths: One item an image; lists and tuples are the fastest.
        heights: The same.
        steps: The same.
        model: As for `image_cost`.

    Raises:
        ValueError: As for `image_cost`, with the item's index; or the lengths differ.
    """
    return _calibration(model).costs(widths, heights, steps)


def _calibration(model: str | ImageCalibration) -> ImageCalibration:
    if isinstance(model, ImageCalibration):
        return model
    found = CALIBRATIONS.get(model)
    if found is None:
        known = " and ".join(CALIBRATIONS)
        raise ValueError(f"there is no calibration {model!r}, only {known}: give one of your own")
    return found
