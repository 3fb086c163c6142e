"""The least of HTTP/1.1 that a client needs to know whether an answer is complete and right."""

import re
from dataclasses import dataclass

_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:\s*chunked")
_CLOSE = re.compile(rb"\r\nconnection:\s*close")


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete answer."""

    status: int
    body: bytes
    close: bool  # the server said that it closes the connection after this answer


def parse_answer(data: bytes) -> Answer | None:
    """The answer that `data` holds, or None as long as it is not complete.

    Raises:
        ValueError: it is not HTTP, or it has no framing that this client knows.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[:end].lower()
    status = int(head[9:12])
    close = _CLOSE.search(head) is not None
    body = data[end + 4 :]
    if length := _LENGTH.search(head):
        return Answer(status, body, close) if len(body) >= int(length[1]) else None
    if _CHUNKED.search(head):
        plain = dechunk(body)
        return None if plain is None else Answer(status, plain, close)
    raise ValueError(f"no framing in the head {head!r}")


def dechunk(data: bytes) -> bytes | None:
    """The plain body of a chunked one, or None when its end is missing.

    Raises:
        ValueError: it is not in the chunked coding.
    """
    parts: list[bytes] = []
    position = 0
    while True:
        line_end = data.find(b"\r\n", position)
        if line_end < 0:
            return None
        size = int(data[position:line_end].split(b";")[0], 16)
        start = line_end + 2
        if size == 0:
            return b"".join(parts) if data.startswith(b"\r\n", start) else None
        parts.append(data[start : start + size])
        position = start + size + 2
