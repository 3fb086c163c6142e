"""A payload as it is given on a command line."""

import sys
from pathlib import Path
from typing import Any, cast

import orjson

from pyworker.errors import SettingsError
from pyworker.reasons import reason_of

# What a worker takes by default.
_LARGEST_PAYLOAD = 100 * 1024 * 1024


def payload_given(text: str) -> dict[str, Any]:
    """The JSON object in `text`, in the file of `@FILE`, or on standard input for `-`.

    Raises:
        SettingsError: It is none, or too large, or the file cannot be read.
    """
    try:
        body = _read(text)
    except OSError as error:
        where = "standard input" if text == "-" else text[1:]
        told = f"the payload cannot be read from {where}: {reason_of(error)}"
        raise SettingsError(told) from error
    if len(body) > _LARGEST_PAYLOAD:
        raise SettingsError(f"the payload is larger than {_LARGEST_PAYLOAD} bytes")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SettingsError(f"the payload is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise SettingsError("the payload must be a JSON object")
    return cast("dict[str, Any]", value)


def _read(text: str) -> bytes:
    if text == "-":
        return sys.stdin.buffer.read(_LARGEST_PAYLOAD + 1)
    if text.startswith("@"):
        with Path(text[1:]).open("rb") as file:
            return file.read(_LARGEST_PAYLOAD + 1)
    return text.encode()
