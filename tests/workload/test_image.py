"""What images cost: to the last digit of the listed values, by any calibration, one or many."""

import copy
import math
import pickle
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.workload.image import (
    CALIBRATIONS,
    MAX_SIDE,
    MAX_STEPS,
    ImageCalibration,
    image_cost,
    image_costs,
)

SIDES = st.integers(1, MAX_SIDE)
STEPS = st.integers(1, MAX_STEPS)
IMAGES = st.tuples(SIDES, SIDES, STEPS)
ABOVE_0 = st.floats(1e-6, 1e6)
CALIBRATION = st.builds(
    ImageCalibration,
    seconds=ABOVE_0,
    width=SIDES,
    height=SIDES,
    steps=STEPS,
    tile=SIDES,
    tile_tokens=ABOVE_0,
    base_tokens=st.just(0.0) | ABOVE_0,
    slope=st.just(0.0) | ABOVE_0,
    intercept=ABOVE_0,
    factor=ABOVE_0,
)


@pytest.mark.parametrize(
    ("model", "width", "height", "steps", "cost"),
    [
        ("flux", 1024, 1024, 28, 4600.0),
        ("flux", 512, 512, 20, 1209.190288307456),
        ("flux", 1024, 1024, 20, 3650.8245243128963),
        ("sd3", 1024, 1024, 28, 1200.0),
        ("sd3", 512, 512, 20, 315.44094477585816),
    ],
)
def test_the_listed_values_to_the_last_digit(
    model: str, width: int, height: int, steps: int, cost: float
) -> None:
    assert image_cost(width, height, steps, model) == cost
    assert image_costs([width], [height], [steps], model) == [cost]


def in_python(c: ImageCalibration, width: int, height: int, steps: int) -> float:
    """The formula in plain floats, in the order of its operations."""

    def work(width: int, height: int, steps: int) -> float:
        tiles = math.ceil(Fraction(width, c.tile)) * math.ceil(Fraction(height, c.tile))
        return (c.base_tokens + tiles * c.tile_tokens) * (c.slope * steps + c.intercept)

    relative = work(width, height, steps) / work(c.width, c.height, c.steps)
    return c.seconds * (relative * c.factor)


@given(calibration=CALIBRATION, images=st.lists(IMAGES, max_size=20))
def test_any_calibration_one_or_many_is_the_formula_bit_for_bit(
    calibration: ImageCalibration, images: list[tuple[int, int, int]]
) -> None:
    expected = [in_python(calibration, *image) for image in images]
    assert [image_cost(*image, calibration) for image in images] == expected
    widths, heights, steps = ([image[i] for image in images] for i in range(3))
    assert image_costs(widths, heights, steps, calibration) == expected


@pytest.mark.parametrize("name", CALIBRATIONS)
def test_the_reference_image_costs_its_seconds_at_the_factor(name: str) -> None:
    c = CALIBRATIONS[name]
    assert image_cost(c.width, c.height, c.steps, name) == c.seconds * c.factor


def test_a_tile_is_counted_whole() -> None:
    costs = {width: image_cost(width, 512, 28, "flux") for width in (1, 512, 513, 1024, 1025)}
    assert costs[1] == costs[512] < costs[513] == costs[1024] < costs[1025]


def test_any_iterables_of_whole_numbers_will_do() -> None:
    expected = image_costs([512, 1024], [512, 1024], [20, 28], "flux")
    assert image_costs((512, 1024), (512, 1024), (20, 28), "flux") == expected
    assert image_costs(range(512, 1025, 512), iter([512, 1024]), {20: 0, 28: 0}, "flux") == expected
    assert image_costs([], [], [], "flux") == []


BAD_SIZES = [0, -1, MAX_SIDE + 1, 2**64, -(2**70), 1024.0, math.nan, True, "1024", None, [1024]]


@pytest.mark.parametrize("bad", BAD_SIZES)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_no_size_is_one_sentence_that_names_it(bad: Any, place: int) -> None:
    image: list[Any] = [1024, 1024, 28]
    image[place] = bad
    most = (MAX_SIDE, MAX_SIDE, MAX_STEPS)[place]
    ending = f" must be a whole number from 1 to {most}, not {bad!r}"
    with pytest.raises(ValueError, match=r"^(width|height|steps) ") as one:
        image_cost(image[0], image[1], image[2], "flux")
    assert str(one.value) == ("width", "height", "steps")[place] + ending
    columns = [[512, value] for value in image]
    with pytest.raises(ValueError, match=r"\[1\]") as many:
        image_costs(columns[0], columns[1], columns[2], "flux")
    assert str(many.value) == ("widths[1]", "heights[1]", "steps[1]")[place] + ending


def test_an_absurd_value_is_shown_in_part() -> None:
    with pytest.raises(ValueError, match="not 'xxx") as bad:
        image_cost("x" * 10_000, 1, 1, "flux")  # pyright: ignore[reportArgumentType]
    assert len(str(bad.value)) < 200


def test_columns_of_different_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"one item an image each, not 2, 1 and 0"):
        image_costs([1, 2], [1], [], "flux")


def test_a_model_without_a_calibration_is_told_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"there is no calibration 'sdxl', only flux and sd3"):
        image_cost(1, 1, 1, "sdxl")


def calibrated(**values: Any) -> ImageCalibration:
    given: dict[str, Any] = {"seconds": 1.0, **values}
    return ImageCalibration(**given)


@pytest.mark.parametrize("name", ["seconds", "tile_tokens", "factor"])
@pytest.mark.parametrize("bad", [0, -1.0, math.nan, math.inf, True, "1", None])
def test_a_calibration_has_finite_numbers_above_0(name: str, bad: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be a finite number above 0, not"):
        calibrated(**{name: bad})


@pytest.mark.parametrize("name", ["base_tokens", "slope", "intercept"])
@pytest.mark.parametrize("bad", [-1e-9, math.nan, math.inf, False, "1"])
def test_some_of_them_may_be_0(name: str, bad: Any) -> None:
    assert calibrated(**{name: 0}).cost(1024, 1024, 28) == 200
    with pytest.raises(ValueError, match=rf"^{name} must be a finite number 0 or more, not"):
        calibrated(**{name: bad})


@pytest.mark.parametrize("name", ["width", "height", "steps", "tile"])
@pytest.mark.parametrize("bad", [0, -1, 2**17, 1.5, True])
def test_a_calibration_has_whole_numbers(name: str, bad: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be a whole number from 1 to"):
        calibrated(**{name: bad})


@pytest.mark.parametrize(
    "values",
    [
        {"slope": 0.0, "intercept": 0.0},  # no time at all
        {"seconds": 1e308, "factor": 1e308},  # an infinite cost
        {"tile_tokens": 1e-320, "base_tokens": 0.0, "intercept": 1e-10, "slope": 0.0},  # no work
    ],
)
def test_a_calibration_that_measures_nothing_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="the calibration measures nothing"):
        calibrated(**values)


def test_a_calibration_is_a_value() -> None:
    own = ImageCalibration(seconds=4.5, steps=4)
    assert pickle.loads(pickle.dumps(own)) == copy.deepcopy(own) == own != CALIBRATIONS["flux"]
    assert hash(own) == hash(ImageCalibration(seconds=4.5, steps=4))
    assert pickle.loads(pickle.dumps(own)).cost(1024, 1024, 4) == own.cost(1024, 1024, 4) == 900
