"""Members of requests and fields of forms, as numbers and texts that are what they should be."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from pyworker.sim.form import Form
from pyworker.sim.media.pictures import Size
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.styles.style import Style

# What a picture's or a film's side may be; models stay far below.
_LEAST_SIDE, _MOST_SIDE = 16, 4096

_WHOLE = re.compile(r"-?[0-9]{1,19}")


class Fields:
    """The members of a JSON request, or the fields of a form, whose numbers are texts.

    Args:
        given: Them.
        style: How the server says that one is wrong.
    """

    def __init__(self, given: Mapping[str, Any] | Form, style: Style) -> None:
        self._is_form = isinstance(given, Form)
        self._given: Mapping[str, Any] = (
            {name: texts[-1] for name, texts in given.fields.items()}
            if isinstance(given, Form)
            else given
        )
        self._style = style

    def text(self, name: str, default: str | None = None) -> str:
        """A text; required without a default.

        Raises:
            ApiError: It is not there, or something else.
        """
        value = self._given.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self._style.missing(name)
        return value

    def flag(self, name: str) -> bool:
        """Whether a truth value is there and true."""
        value = self._given.get(name)
        return value is True or (self._is_form and str(value).lower() in {"true", "1", "on", "yes"})

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within its limits.

        Raises:
            ApiError: It is none, or beyond.
        """
        value = self._given.get(name)
        if value is None:
            return default
        if self._is_form and isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self._wrong(name, f"Input should be a whole number from {least} to {most}")
        return value

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """A number within its limits.

        Raises:
            ApiError: It is none, or beyond.
        """
        value = self._given.get(name)
        if value is None:
            return default
        try:
            found = float(value) if not isinstance(value, bool) else most + 1
        except (TypeError, ValueError):
            found = most + 1
        if not least <= found <= most:  # not a number is not within them, either
            self._wrong(name, f"Input should be a number from {least} to {most}")
        return found

    def size(self, default: Size) -> Size:
        """The sides that `size` names, such as "1024x768".

        Raises:
            ApiError: It is of no such form, or too small or large.
        """
        text = self.text("size", f"{default[0]}x{default[1]}")
        sides = text.split("x")
        if len(sides) != 2 or not all(side.isdecimal() and len(side) < 6 for side in sides):
            self._wrong("size", "size must be in format 'WIDTHxHEIGHT' (e.g., '1024x1024')")
        width, height = int(sides[0]), int(sides[1])
        if not all(_LEAST_SIDE <= side <= _MOST_SIDE for side in (width, height)):
            text = f"Requested image size {width}x{height} exceeds the maximum allowed size"
            raise ApiError(400, text, kind="Bad Request")
        return width, height

    def _wrong(self, name: str, why: str) -> NoReturn:
        error = self._style.missing(name)
        raise ApiError(400, f"{name}: {why}", param=error.param, kind=error.kind)


def colour_of(*parts: int | str) -> tuple[int, int, int]:
    """A colour that follows from `parts`."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode("utf-8", "surrogatepass"))
    red, green, blue = digest.digest()[:3]
    return red, green, blue


def data_of(url: str) -> bytes | None:
    """What is in a data URL; None for a URL of another kind, which a simulator does not fetch.

    Raises:
        ValueError: It is no base64.
    """
    if not url.startswith("data:"):
        return None
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
