"""Answers to clients, under the names that aiohttp's responses have."""

import json
from collections.abc import AsyncIterable, Callable, Mapping
from typing import Any, cast

from pyworker.class_form.fields import Fields
from pyworker.class_form.request import PEN_KEY, Pen, Request

_OCTETS = "application/octet-stream"
_JSON = "application/json"


class StreamResponse:
    """An answer that is written piece by piece: `prepare`, then `write`, then `write_eof`."""

    def __init__(
        self,
        *,
        status: int = 200,
        reason: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.reason = reason
        self.headers = Fields(headers.items() if headers else ())
        self._pen: Pen | None = None
        self._ended = False

    @property
    def prepared(self) -> bool:
        """The head is on its way."""
        return self._pen is not None

    @property
    def content_type(self) -> str:
        """Of the body, without parameters."""
        return self.headers.get("content-type", _OCTETS).partition(";")[0].strip()

    @content_type.setter
    def content_type(self, value: str) -> None:
        _, separator, parameters = self.headers.get("content-type", "").partition(";")
        self.headers["Content-Type"] = value + separator + parameters

    @property
    def charset(self) -> str | None:
        """Of the body."""
        _, _, charset = self.headers.get("content-type", "").partition("charset=")
        return charset.strip() or None

    @charset.setter
    def charset(self, value: str | None) -> None:
        self.headers["Content-Type"] = self.content_type + (f"; charset={value}" if value else "")

    def set_status(self, status: int, reason: str | None = None) -> None:
        """Another status."""
        self.status, self.reason = status, reason

    def enable_chunked_encoding(self, chunk_size: int | None = None) -> None:
        """Nothing to do: without a length, a body is sent in chunks."""

    async def prepare(self, request: Any) -> "StreamResponse":
        """Send the head."""
        if self._pen is None:
            self._pen = cast(
                "Pen", request.pen if isinstance(request, Request) else request[PEN_KEY]
            )
            if "content-type" not in self.headers and self._has_body():
                self.headers["Content-Type"] = _OCTETS
            await self._pen.start(self.status, list(self.headers.pairs()))
        return self

    def _has_body(self) -> bool:
        return self.status not in {204, 304}

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send a piece of the body."""
        if self._pen is None:
            raise RuntimeError("cannot write before prepare")
        if self._ended:
            raise RuntimeError("cannot write after write_eof")
        await self._pen.send(bytes(data))

    async def drain(self) -> None:
        """Nothing to do: `write` waits for the network."""

    async def write_eof(self, data: bytes = b"") -> None:
        """End the body."""
        if self._ended:
            return
        if data:
            await self.write(data)
        self._ended = True


Body = bytes | bytearray | memoryview | str | AsyncIterable[bytes] | None


class Response(StreamResponse):
    """A whole answer."""

    def __init__(
        self,
        *,
        body: Body = None,
        status: int = 200,
        reason: str | None = None,
        text: str | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = None,
        charset: str | None = None,
    ) -> None:
        super().__init__(status=status, reason=reason, headers=headers)
        if body is not None and text is not None:
            raise ValueError("a response has a body or a text, not both")
        given = text if text is not None else body
        if isinstance(given, str):
            charset = charset or "utf-8"
            content_type = content_type or "text/plain"
            given = given.encode(charset)
        if content_type is not None:
            suffix = f"; charset={charset}" if charset else ""
            self.headers["Content-Type"] = content_type + suffix
        self.body = given

    @property
    def text(self) -> str | None:
        """The body as text, when it is whole."""
        if self.body is None or isinstance(self.body, AsyncIterable):
            return None
        return bytes(self.body).decode(self.charset or "utf-8")

    def _has_body(self) -> bool:
        return self.body is not None and super()._has_body()

    async def prepare(self, request: Any) -> StreamResponse:
        """Send the head; with its length, when the body is whole."""
        if not isinstance(self.body, AsyncIterable) and self._pen is None:
            self.headers["Content-Length"] = str(len(self.body or b""))
        return await super().prepare(request)

    async def write_eof(self, data: bytes = b"") -> None:
        """Send the body."""
        if self._ended:
            return
        if isinstance(self.body, AsyncIterable):
            async for piece in self.body:
                await self.write(piece)
        elif self.body:
            await self.write(self.body)
        await super().write_eof(data)


def json_response(
    data: Any = None,
    *,
    text: str | None = None,
    body: bytes | None = None,
    status: int = 200,
    reason: str | None = None,
    headers: Mapping[str, str] | None = None,
    content_type: str = _JSON,
    dumps: Callable[[Any], str] = json.dumps,
) -> Response:
    """A response whose body is `data` as JSON."""
    if text is None and body is None:
        text = dumps(data)
    return Response(
        text=text,
        body=body,
        status=status,
        reason=reason,
        headers=headers,
        content_type=content_type,
    )
