"""What TGI's router checks in a well-formed request, in its order and its words.

A pure room; router/src/validation.rs of TGI 3.3. Grammars are refused: a text of random words
cannot obey one, so the simulator behaves like a TGI started with --disable-grammar-support.
"""

from dataclasses import dataclass

from pyworker.sim.tgi.request import GenerateRequest, Parameters
from pyworker.sim.words import count_prompt_tokens

# TGI reserves at most this many tokens for an answer when it checks whether the request fits.
_RESERVED_TOKENS = 1024


class InvalidParameters(Exception):
    """TGI's ValidationError; `str()` is its text without the "Input validation error: "."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server was started with. TGI's defaults where the simulator has no option."""

    max_input_tokens: int
    max_total_tokens: int
    default_max_new_tokens: int | None
    max_best_of: int = 2
    max_stop_sequences: int = 4
    max_top_n_tokens: int = 5


@dataclass(frozen=True, slots=True)
class ValidRequest:
    """A request that can be generated."""

    input_length: int  # tokens of the prompt, after `truncate`
    max_new_tokens: int  # tokens at which the answer ends, whatever it says
    sampling: bool  # whether the answer reports a seed


def validate_best_of(best_of: int, limits: Limits) -> None:
    """Check `best_of` of a request that does not stream; TGI does it before anything else.

    Raises:
        InvalidParameters: It is above the limit.
    """
    if best_of > limits.max_best_of:
        raise InvalidParameters(
            f"`best_of` must be > 0 and <= {limits.max_best_of}. Given: {best_of}"
        )


def validate_stream(parameters: Parameters) -> None:
    """Check what a stream cannot do; TGI does it before anything else.

    Raises:
        InvalidParameters: `best_of` or `decoder_input_details` is asked for.
    """
    if parameters.best_of not in (None, 1):
        raise InvalidParameters("`best_of` != 1 is not supported when streaming tokens")
    if parameters.decoder_input_details:
        raise InvalidParameters(
            "`decoder_input_details` == true is not supported when streaming tokens"
        )


def validate(request: GenerateRequest, limits: Limits) -> ValidRequest:
    """Check everything else.

    Raises:
        InvalidParameters: The first thing that is wrong.
    """
    parameters = request.parameters
    sampling = parameters.do_sample or any(
        value is not None
        for value in (
            parameters.temperature,
            parameters.top_k,
            parameters.top_p,
            parameters.typical_p,
        )
    )
    for wrong, text in _problems(request, limits, sampling=sampling):
        if wrong:
            raise InvalidParameters(text)
    length, max_new_tokens = _fit(request, limits)
    if parameters.grammar is not None:
        raise InvalidParameters("grammar is not supported")
    return ValidRequest(length, max_new_tokens, sampling)


def _problems(
    request: GenerateRequest, limits: Limits, *, sampling: bool
) -> tuple[tuple[bool, str], ...]:
    """Each check with its text, in TGI's order; an absent parameter passes."""
    p = request.parameters
    several = (p.best_of or 1) > 1
    stops = len(p.stop)
    top_n = p.top_n_tokens or 0
    truncate = p.truncate
    most = limits.max_input_tokens
    return (
        (several and not sampling, "you must use sampling when `best_of` is > 1"),
        (_below(p.temperature), "`temperature` must be strictly positive"),
        (_below(p.repetition_penalty), "`repetition_penalty` must be strictly positive"),
        (
            not -2.0 <= (p.frequency_penalty or 0.0) <= 2.0,
            "`frequency_penalty` must be >= -2.0 and <= 2.0",
        ),
        (_outside_unit(p.top_p), "`top_p` must be > 0.0 and < 1.0"),
        (_outside_unit(p.typical_p), "`typical_p` must be > 0.0 and < 1.0"),
        (_below(p.top_k), "`top_k` must be strictly positive"),
        (p.max_new_tokens == 0, "`max_new_tokens` must be strictly positive"),
        (
            stops > limits.max_stop_sequences,
            f"`stop` supports up to {limits.max_stop_sequences} stop sequences. Given: {stops}",
        ),
        (several and p.seed is not None, "`seed` must not be set when `best_of` > 1"),
        (
            top_n > limits.max_top_n_tokens,
            f"`top_n_tokens` must be >= 0 and <= {limits.max_top_n_tokens}. Given: {top_n}",
        ),
        (not request.inputs, "`inputs` cannot be empty"),
        (
            truncate is not None and not 0 < truncate <= most,
            f"`truncate` must be strictly positive and less than {most}. Given: {truncate}",
        ),
    )


def _below(value: float | None) -> bool:
    return value is not None and value <= 0


def _outside_unit(value: float | None) -> bool:
    return value is not None and not 0.0 < value < 1.0


def _fit(request: GenerateRequest, limits: Limits) -> tuple[int, int]:
    """The prompt's length, and how many tokens the answer may have."""
    parameters = request.parameters
    length = count_prompt_tokens(request.inputs)
    if parameters.truncate is not None:
        length = min(length, parameters.truncate)
    room = max(0, limits.max_total_tokens - length)
    asked = parameters.max_new_tokens
    if asked is None:
        asked = room if limits.default_max_new_tokens is None else limits.default_max_new_tokens
    reserved = min(asked, _RESERVED_TOKENS)
    if length + reserved > limits.max_total_tokens:
        raise InvalidParameters(
            f"`inputs` tokens + `max_new_tokens` must be <= {limits.max_total_tokens}. "
            f"Given: {length} `inputs` tokens and {reserved} `max_new_tokens`"
        )
    if length > limits.max_input_tokens:
        raise InvalidParameters(
            f"`inputs` must have less than {limits.max_input_tokens} tokens. Given: {length}"
        )
    return length, min(asked, room)
