"""Workloads as expressions over tokens: `max_new_tokens`, `prompt+output`, `0.1*prompt+output`.

    expression = term { "+" term }
    term       = [ weight "*" ] name | weight
    name       = "prompt" | "output" | "max_new_tokens"        the last two are one
    weight     = a number from 0 to MAX_WEIGHT

An engine reads the tokens of a prompt all at once and makes those of the output one by one, so a
token of output costs it many times as much: the weights say how many.
"""

import re
from dataclasses import dataclass
from typing import Self

# A token that costs a million others is a mistake, which must not look like load.
MAX_WEIGHT = 1e6
# Longer than any sum of three names, with blanks for those who align.
_MAX_LENGTH = 200  # characters

_NUMBER = r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+"
_TERM = re.compile(
    rf"\s*(?:(?:(?P<weight>{_NUMBER})\s*\*\s*)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)"
    rf"|(?P<constant>{_NUMBER}))\s*",
    re.ASCII,
)
_NAMES = {"prompt": "prompt", "output": "output", "max_new_tokens": "output"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadExpression:
    """A weighted sum of a request's tokens.

    Attributes:
        prompt: Weight of a token of the prompt.
        output: Weight of a token that may be made.
        constant: What every request costs.

    Raises:
        ValueError: A weight is not a number from 0 to MAX_WEIGHT, or all are 0.
    """

    prompt: float = 0.0
    output: float = 0.0
    constant: float = 0.0

    def __post_init__(self) -> None:
        weights = {"prompt": self.prompt, "output": self.output, "constant": self.constant}
        for name, weight in weights.items():
            # Written so that NaN, which compares with nothing, is refused too.
            if not 0 <= weight <= MAX_WEIGHT:
                most = f"{MAX_WEIGHT:g}"
                raise ValueError(f"the weight of {name} must be from 0 to {most}, not {weight:g}")
        if not any(weights.values()):
            raise ValueError("it must not be 0 for every request")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an expression.

        Raises:
            ValueError: The end of a sentence that begins with what `text` is and "must be".
        """
        weights: dict[str, float] = {}
        for term in _terms(text):
            name, weight = _read(term)
            if name in weights:
                twice = "a number" if name == "constant" else name
                raise _wrong(f"{twice} stands twice")
            weights[name] = weight
        try:
            return cls(**weights)
        except ValueError as error:
            raise _wrong(str(error)) from None

    @property
    def needs_prompt(self) -> bool:
        """Whether the prompt's tokens must be counted."""
        return self.prompt > 0

    def of(self, *, prompt: int = 0, output: int = 0) -> float:
        """The workload of a request.

        Args:
            prompt: Tokens of its prompt; any number when the prompt has no weight.
            output: Tokens that it may make.
        """
        return self.prompt * prompt + self.output * output + self.constant

    def __str__(self) -> str:
        """The expression, as `parse` reads it."""
        terms = [
            name if weight == 1 else f"{weight!r}*{name}"
            for name, weight in (("prompt", self.prompt), ("output", self.output))
            if weight
        ]
        return "+".join([*terms, repr(self.constant)] if self.constant else terms)


def _terms(text: str) -> list[str]:
    if len(text) > _MAX_LENGTH:
        raise _wrong(f"it has {len(text)} characters, more than {_MAX_LENGTH}")
    # Not at the plus of an exponent, as in 1e+3.
    return re.split(r"(?<![0-9.][eE])\+", text)


def _read(term: str) -> tuple[str, float]:
    match = _TERM.fullmatch(term)
    if match is None:
        raise _wrong(f"{term.strip()!r} is no term" if term.strip() else "a term is missing")
    weight, name, constant = match["weight"], match["name"], match["constant"]
    if constant is not None:
        return "constant", float(constant)
    if name not in _NAMES:
        raise _wrong(f"there is no {name!r}, only {', '.join(_NAMES)}")
    return _NAMES[name], 1.0 if weight is None else float(weight)


def _wrong(why: str) -> ValueError:
    return ValueError(f'a sum such as "0.1*prompt+output" ({why})')
