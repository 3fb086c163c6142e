"""The model server's answer as definitions in class form read it, on the asyncio loop."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol, Self

from pyworker.class_form.fields import Fields
from pyworker.errors import UpstreamBroken
from pyworker.proxy.upstream import FETCH_LIMIT_BYTES

# A line that is longer is given in pieces: a stream without line ends must not fill the memory.
_LINE_BYTES = 1024 * 1024


class Chunks(Protocol):
    """A body as it comes."""

    def __anext__(self) -> Awaitable[bytes]:
        """The next piece."""
        ...

    def aclose(self) -> Awaitable[None]:
        """Read no more, whether or not anything was read."""
        ...


class ModelResponse:
    """An answer of the model server, whose body is read once.

    Attributes:
        status: Such as 200.
        headers: Their names in any case.
        url: What was asked.
        content: The body as a stream.
    """

    def __init__(self, status: int, headers: Fields, url: str, chunks: Chunks) -> None:
        self.status = status
        self.headers = headers
        self.url = url
        self.content = Content(chunks)
        self._body: bytes | None = None
        self._closing: asyncio.Future[None] | None = None

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status < 400

    @property
    def content_type(self) -> str:
        """Of the body, without parameters."""
        value = self.headers.get("content-type", "application/octet-stream")
        return value.partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """Of the body."""
        _, _, charset = self.headers.get("content-type", "").partition("charset=")
        return charset.partition(";")[0].strip(' "') or None

    async def read(self) -> bytes:
        """The whole body.

        Raises:
            UpstreamBroken: It broke off, or is larger than FETCH_LIMIT_BYTES.
        """
        if self._body is None:
            self._body = await self.content.read()
        return self._body

    async def text(self, encoding: str | None = None, errors: str = "strict") -> str:
        """The body as text."""
        return (await self.read()).decode(encoding or self.charset or "utf-8", errors)

    async def json(
        self,
        *,
        encoding: str | None = None,
        loads: Callable[[str], Any] = json.loads,
        content_type: str | None = None,  # noqa: ARG002 - taken, since definitions give it
    ) -> Any:
        """The body as JSON, whatever its content type says."""
        return loads(await self.text(encoding))

    def raise_for_status(self) -> None:
        """Raise unless the answer is `ok`."""
        if not self.ok:
            raise RuntimeError(f"the model server answered {self.status} to {self.url}")

    async def aclose(self) -> None:
        """Read no more."""
        await self.content.aclose()

    def release(self) -> "asyncio.Future[None]":
        """As `close`; may be awaited."""
        self._closing = asyncio.ensure_future(self.aclose())
        return self._closing

    def close(self) -> None:
        """Read no more, from where nothing can be awaited."""
        self.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class Content:
    """A body that is read as it comes; iterating gives its lines."""

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        self._buffer = bytearray()
        self._ended = False

    def at_eof(self) -> bool:
        """Whether all was read."""
        return self._ended and not self._buffer

    async def read(self, n: int = -1) -> bytes:
        """The next `n` bytes or fewer; all that is left without it."""
        if n >= 0:
            return await self._some(n)
        while await self._more():
            if len(self._buffer) > FETCH_LIMIT_BYTES:
                raise UpstreamBroken(f"the answer is larger than {FETCH_LIMIT_BYTES} bytes")
        return self._take(len(self._buffer))

    async def readany(self) -> bytes:
        """What has come, or comes next; empty at the end."""
        return await self._some(_LINE_BYTES)

    async def readline(self) -> bytes:
        """The next line with its end; empty at the end of the body."""
        looked_at = 0
        while (found := self._buffer.find(b"\n", looked_at)) < 0:
            looked_at = len(self._buffer)
            if looked_at >= _LINE_BYTES or not await self._more():
                return self._take(len(self._buffer))
        return self._take(found + 1)

    async def iter_any(self) -> AsyncIterator[bytes]:
        """The body in the pieces in which it comes."""
        while data := await self.readany():
            yield data

    async def iter_chunked(self, n: int) -> AsyncIterator[bytes]:
        """The body in pieces of at most `n` bytes."""
        while data := await self._some(n):
            yield data

    async def iter_chunks(self) -> AsyncIterator[tuple[bytes, bool]]:
        """The body in the pieces in which it comes, each said to be a whole one."""
        while data := await self.readany():
            yield data, True

    async def aclose(self) -> None:
        """Read no more."""
        self._ended = True
        await self._chunks.aclose()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        line = await self.readline()
        if not line:
            raise StopAsyncIteration
        return line

    async def _some(self, n: int) -> bytes:
        while not self._buffer and await self._more():
            pass
        return self._take(n)

    async def _more(self) -> bool:
        if self._ended:
            return False
        try:
            self._buffer += await anext(self._chunks)
        except StopAsyncIteration:
            self._ended = True
        return not self._ended

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken
