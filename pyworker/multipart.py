"""`multipart/form-data` bodies (RFC 7578) for model servers that take uploads."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

from pyworker.hooks import ModelRequest


@dataclass(frozen=True, slots=True)
class FilePart:
    """One uploaded file."""

    filename: str
    data: bytes
    content_type: str


def form(fields: Mapping[str, Any], *, workload: float | None = None) -> ModelRequest:
    """A form of files and fields.

    A `FilePart` is a file, a list repeats its field, null is left out, truth values are `true` and
    `false`, an object or a list within a list is its JSON, everything else its text.

    Args:
        fields: In the order of the parts.
        workload: What the request costs, if it is known.
    """
    parts = [(name, value) for name, given in fields.items() for value in _values(given)]
    contents = [(_head(name, value), _data(value)) for name, value in parts]
    boundary = _boundary(contents)
    pieces: list[bytes] = []
    for head, data in contents:
        pieces += (b"--", boundary, b"\r\n", head, b"\r\n\r\n", data, b"\r\n")
    pieces += (b"--", boundary, b"--\r\n")
    return ModelRequest(
        body=b"".join(pieces),
        content_type=f"multipart/form-data; boundary={boundary.decode()}",
        workload=workload,
    )


def _boundary(contents: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A digest of the contents: none can hold its own, and the same form has the same bytes."""
    digest = hashlib.blake2b(digest_size=16)
    for content in contents:
        for piece in content:
            digest.update(piece)
    return digest.hexdigest().encode()


def _values(given: Any) -> Iterable[Any]:
    values = cast("list[Any]", given) if isinstance(given, list) else [given]
    return (value for value in values if value is not None)


def _head(name: str, value: Any) -> bytes:
    head = b'Content-Disposition: form-data; name="' + _quoted(name) + b'"'
    if not isinstance(value, FilePart):
        return head
    head += b'; filename="' + _quoted(value.filename) + b'"'
    content_type = value.content_type.replace("\r", "").replace("\n", "")
    return head + b"\r\nContent-Type: " + content_type.encode() if content_type else head


def _quoted(text: str) -> bytes:
    # What browsers do: the three signs that could end the value or the line.
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode()


def _data(value: Any) -> bytes:
    if isinstance(value, FilePart):
        return value.data
    if isinstance(value, bool | dict | list):
        return orjson.dumps(value)
    return str(value).encode()
