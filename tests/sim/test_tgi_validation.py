"""TGI's checks: its words, its order, its numbers."""

import pytest

from pyworker.sim.tgi.request import GenerateRequest, Parameters
from pyworker.sim.tgi.validation import (
    InvalidParameters,
    Limits,
    ValidRequest,
    validate,
    validate_best_of,
    validate_stream,
)

LIMITS = Limits(max_input_tokens=2047, max_total_tokens=2048, default_max_new_tokens=100)


def request(inputs: str = "Hello there", **parameters: object) -> GenerateRequest:
    return GenerateRequest(inputs, Parameters(**parameters))  # type: ignore[arg-type]


def words(count: int) -> str:
    """A prompt of `count` tokens, the begin-of-sequence token included."""
    return " ".join(["word"] * (count - 1))


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"best_of": 2}, "you must use sampling when `best_of` is > 1"),
        ({"temperature": 0.0}, "`temperature` must be strictly positive"),
        ({"repetition_penalty": -0.1}, "`repetition_penalty` must be strictly positive"),
        ({"frequency_penalty": 2.1}, "`frequency_penalty` must be >= -2.0 and <= 2.0"),
        ({"top_p": 1.0}, "`top_p` must be > 0.0 and < 1.0"),
        ({"top_p": 0.0}, "`top_p` must be > 0.0 and < 1.0"),
        ({"typical_p": 1.5}, "`typical_p` must be > 0.0 and < 1.0"),
        ({"top_k": 0}, "`top_k` must be strictly positive"),
        ({"max_new_tokens": 0}, "`max_new_tokens` must be strictly positive"),
        ({"stop": ("a",) * 5}, "`stop` supports up to 4 stop sequences. Given: 5"),
        (
            {"best_of": 2, "do_sample": True, "seed": 1},
            "`seed` must not be set when `best_of` > 1",
        ),
        ({"top_n_tokens": 6}, "`top_n_tokens` must be >= 0 and <= 5. Given: 6"),
        ({"inputs": ""}, "`inputs` cannot be empty"),
        ({"truncate": 0}, "`truncate` must be strictly positive and less than 2047. Given: 0"),
        (
            {"truncate": 3000},
            "`truncate` must be strictly positive and less than 2047. Given: 3000",
        ),
        (
            {"inputs": words(2000)},
            (
                "`inputs` tokens + `max_new_tokens` must be <= 2048. "
                "Given: 2000 `inputs` tokens and 100 `max_new_tokens`"
            ),
        ),
        ({"grammar": {"type": "regex", "value": "a"}}, "grammar is not supported"),
    ],
)
def test_what_is_refused(parameters: dict[str, object], text: str) -> None:
    with pytest.raises(InvalidParameters) as refused:
        validate(request(**parameters), LIMITS)  # type: ignore[arg-type]
    assert str(refused.value) == text


def test_a_prompt_that_leaves_no_room_is_too_long() -> None:
    auto = Limits(max_input_tokens=2047, max_total_tokens=2048, default_max_new_tokens=None)
    with pytest.raises(InvalidParameters, match=r"must have less than 2047 tokens\. Given: 2048"):
        validate(request(words(2048)), auto)


@pytest.mark.parametrize(
    ("parameters", "valid"),
    [
        ({}, ValidRequest(3, 100, sampling=False)),
        ({"max_new_tokens": 7}, ValidRequest(3, 7, sampling=False)),
        ({"temperature": 0.5}, ValidRequest(3, 100, sampling=True)),
        ({"inputs": words(500), "truncate": 20}, ValidRequest(20, 100, sampling=False)),
        # Beyond what is reserved at first, an answer ends where the model's length does.
        ({"max_new_tokens": 100_000}, ValidRequest(3, 2045, sampling=False)),
    ],
)
def test_what_is_taken(parameters: dict[str, object], valid: ValidRequest) -> None:
    assert validate(request(**parameters), LIMITS) == valid  # type: ignore[arg-type]


def test_tgi_3s_own_default_is_all_that_fits() -> None:
    auto = Limits(max_input_tokens=2047, max_total_tokens=2048, default_max_new_tokens=None)
    assert validate(request(), auto).max_new_tokens == 2045


def test_streams_have_no_alternatives() -> None:
    validate_stream(Parameters(best_of=1))
    for parameters in (Parameters(best_of=2), Parameters(best_of=0)):
        with pytest.raises(InvalidParameters, match="`best_of` != 1 is not supported"):
            validate_stream(parameters)
    with pytest.raises(InvalidParameters, match="`decoder_input_details` == true"):
        validate_stream(Parameters(decoder_input_details=True))


def test_best_of_has_a_limit() -> None:
    validate_best_of(2, LIMITS)
    with pytest.raises(InvalidParameters, match=r"`best_of` must be > 0 and <= 2\. Given: 3"):
        validate_best_of(3, LIMITS)
