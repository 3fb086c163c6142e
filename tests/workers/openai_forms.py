"""Forms of the openai workers as tests read them: their parts, and what they are made of."""

import base64
from collections.abc import Callable
from email.parser import BytesParser
from email.policy import HTTP
from typing import cast

import pytest

from pyworker.errors import InvalidRequest
from pyworker.hooks import ModelRequest, Payload

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def parts(request: ModelRequest) -> list[tuple[str, str | None, str | None, bytes]]:
    """Name, file name, content type and content of each part, as Python's own parser finds them."""
    head = f"Content-Type: {request.content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    found: list[tuple[str, str | None, str | None, bytes]] = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        kind = part.get_content_type() if "content-type" in part else None
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found.append((str(name), part.get_filename(), kind, content))
    return found


def refused(parser: Callable[[Payload], object], payload: Payload) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as error:
        parser(payload)
    assert error.value.status == 422
    detail = error.value.detail["payload"]
    assert isinstance(detail, dict)
    return cast("dict[str, str]", detail)
