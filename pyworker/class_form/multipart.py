"""Form fields as the body of a multipart/form-data request (RFC 7578). No I/O."""

import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pyworker.errors import InvalidRequest
from pyworker.hooks import ModelRequest


def multipart_request(fields: Mapping[str, Any], workload: float | None = None) -> ModelRequest:
    """A request to the model server with `fields` as its form.

    Args:
        fields: A value is a file part `(filename, content, content_type)`, text, a number, a bool,
            an object, a list of these (a repeated field), or None (left out).
        workload: What the request counts.

    Raises:
        InvalidRequest: A value is bytes that are no file part.
    """
    boundary = secrets.token_hex(16)
    pieces: list[bytes] = []
    for name, value in fields.items():
        parts = cast("list[Any]", value) if isinstance(value, list) else [value]
        for part in parts:
            if part is not None:
                pieces += _part(boundary, name, part)
    pieces.append(f"--{boundary}--\r\n".encode())
    return ModelRequest(
        body=b"".join(pieces),
        content_type=f"multipart/form-data; boundary={boundary}",
        workload=workload,
    )


def _part(boundary: str, name: str, value: Any) -> Iterator[bytes]:
    disposition = f'form-data; name="{_quoted(name)}"'
    content_type = ""
    if isinstance(value, tuple):
        filename, content, content_type = _file_part(name, cast("tuple[Any, ...]", value))
        disposition += f'; filename="{_quoted(filename)}"'
    else:
        content = _text(name, value).encode()
    yield f"--{boundary}\r\nContent-Disposition: {disposition}\r\n".encode()
    if content_type:
        yield f"Content-Type: {_line(content_type)}\r\n".encode()
    yield b"\r\n"
    yield content
    yield b"\r\n"


def _file_part(name: str, value: tuple[Any, ...]) -> tuple[str, bytes, str]:
    if len(value) != 3 or not isinstance(value[1], bytes | bytearray | memoryview):
        raise InvalidRequest(f"form field {name}: a file part is (filename, bytes, content type)")
    return str(value[0]), bytes(cast("bytes", value[1])), str(value[2])


def _text(name: str, value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        raise InvalidRequest(f"form field {name}: bytes must be a file part, with name and type")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list):
        return json.dumps(value)
    return str(value)


def _quoted(text: str) -> str:
    """As browsers do it: what would end the value is percent-encoded (RFC 7578, 4.2)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")
