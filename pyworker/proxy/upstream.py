"""The model server as the proxy uses it: a stack of httpcore connections, one answer at a time.

httpcore (the transport inside httpx) speaks HTTP/1.1; this room decides which connection is used.
httpx's own pool is not: it is capped, and to place one request it walks over all connections,
which makes a burst of n streams cost n^2. A stack hands out the connection that was used last, so
surplus ones age at its bottom. docs/decisions/0003-upstream-connections.md has the figures.
"""

import logging
import math
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import httpcore
import trio

from pyworker._native import ChunkDecoder
from pyworker.errors import UpstreamBroken, UpstreamTimeout, UpstreamUnavailable
from pyworker.hooks import Answer
from pyworker.proxy.headers import Headers, end_to_end
from pyworker.proxy.wire_stream import WireBackend, WireStream

log = logging.getLogger(__name__)

_FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)

# Answers that have no body, whatever their headers say (RFC 9112, 6.3).
_BODYLESS = {204, 304}
_READ_BYTES = 64 * 1024
_EMPTY_BODY = b"0\r\n\r\n"

# Idle connections kept for reuse. A burst of 1024 streams may leave 1024 behind; the model server
# pays for each, and 64 serve thousands of short requests a second.
_MAX_IDLE = 64
# A request body goes out in slices: h11 copies what it sends, and a copy of a whole body of 16 MiB
# costs 12 ms in page faults, where slices use the same memory again and again.
_SLICE_BYTES = 256 * 1024
# For a worker without a model server: nobody ever listens there, and asking it says so.
NO_SERVER = "http://127.0.0.1:0"
# What a fetched (not relayed) answer may be at most: base64 images of one job, times ten.
FETCH_LIMIT_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """What the model server is asked. `headers` without Host and framing; `path` with query."""

    method: str
    path: str
    headers: Headers
    body: bytes | memoryview = b""


class UpstreamResponse:
    """The model server's answer, whose body is still to come."""

    def __init__(
        self, method: str, response: httpcore.Response, wire: WireStream, silence: float | None
    ) -> None:
        self.status: int = response.status
        self.headers: Headers = response.headers
        self._response = response
        self._wire = wire
        self._silence = silence
        has_body = method != "HEAD" and response.status not in _BODYLESS
        self._decode_here = wire.at_body and has_body and _is_chunked(response.headers)
        self._coming: AsyncGenerator[bytes] | None = None

    def chunks(
        self, when_dry: Callable[[], Awaitable[None]] | None = None
    ) -> AsyncGenerator[bytes]:
        """The body, as it comes.

        Args:
            when_dry: Awaited whenever all that has arrived was yielded and more must be
                waited for: the moment to pass on what was gathered.

        Raises:
            UpstreamBroken: The body ended before it was complete, or was silent too long.
        """
        self._coming = self._chunks(when_dry)
        return self._coming

    async def leave(self) -> None:
        """End `chunks` where it is: whoever took them wants no more.

        It goes on once more, into a cancellation. Closed, it would leave the generators of httpcore
        that stand in it to the garbage collector.
        """
        coming, self._coming = self._coming, None
        if coming is None:
            return
        self._wire.when_dry = None
        with trio.CancelScope() as scope:
            scope.cancel()
            # RuntimeError: a task that was left alone still reads; the closed connection ends that.
            with suppress(UpstreamBroken, RuntimeError):
                async for _ in coming:
                    pass

    async def _chunks(
        self, when_dry: Callable[[], Awaitable[None]] | None
    ) -> AsyncGenerator[bytes]:
        self._wire.when_dry = when_dry
        try:
            if self._decode_here:
                decoder = ChunkDecoder()
                while not decoder.done:
                    body = decoder.feed(await self._read())
                    if body:
                        yield body
                    if decoder.broken:
                        raise UpstreamBroken(f"the model's answer broke off: {decoder.broken}")
                await self._end(decoder)
            else:
                async for chunk in self._response.aiter_stream():
                    yield chunk
        except _FAILURES as error:
            raise UpstreamBroken(f"the model's answer broke off: {error}") from error
        finally:
            self._coming = self._wire.when_dry = None

    async def _read(self) -> bytes:
        """What one read brings of a chunked body, past httpcore and h11.

        They take 20 us for each chunk, in a burst of streams half of all CPU; ChunkDecoder takes
        what one read brought in one step.
        """
        data = await self._wire.read(_READ_BYTES, self._silence)
        if not data:
            raise UpstreamBroken("the model's answer broke off before it was complete")
        return data

    async def _end(self, decoder: ChunkDecoder) -> None:
        """Tell httpcore of an empty body, so that it knows the connection to be free again."""
        if not decoder.excess:
            self._wire.give(_EMPTY_BODY)
            async for _ in self._response.aiter_stream():
                pass


class Upstream:
    """Connections to one model server.

    Args:
        base_url: Such as http://127.0.0.1:5001, with an optional base path.
        connect_timeout: Seconds.
        silence: Longest wait for the next bytes of an answer, seconds; infinite for no limit.
    """

    def __init__(self, base_url: str, *, connect_timeout: float, silence: float = math.inf) -> None:
        url = httpcore.URL(base_url)
        self.base_url = base_url
        self._origin = url.origin
        self._base_path = url.target.rstrip(b"/")
        host = url.origin.host
        self._host = b"[%b]" % host if b":" in host else host  # an IPv6 address
        default_port = {b"http": 80, b"https": 443}[url.scheme]
        if url.origin.port != default_port:
            self._host += b":%d" % url.origin.port
        self._tls = ssl.create_default_context() if url.scheme == b"https" else None
        self._silence = limit = None if math.isinf(silence) else silence
        self._timeouts = {"connect": connect_timeout, "read": limit, "write": limit}
        self._idle: list[_Connection] = []

    @asynccontextmanager
    async def open(self, request: UpstreamRequest) -> AsyncGenerator[UpstreamResponse]:
        """Send `request` and give its answer when the head has come.

        Resource handling: on leaving, a connection whose answer was read to the end is kept; any
        other is closed at once, which is what stops the model's work for a client that left.

        Raises:
            UpstreamUnavailable: No connection, or it broke before the answer's head.
            UpstreamTimeout: Connecting took too long, or the answer's head did.
        """
        connection, response = await self._send(request)
        answer = UpstreamResponse(request.method, response, connection.wire, self._silence)
        try:
            yield answer
        finally:
            with trio.CancelScope(shield=True):  # closing a socket waits for nobody
                await answer.leave()
                await response.aclose()
                await self._give_back(connection)

    async def fetch(self, request: UpstreamRequest, *, limit: int = FETCH_LIMIT_BYTES) -> Answer:
        """The whole answer, with its headers from end to end.

        Raises:
            UpstreamBroken: It broke off, or its body is larger than `limit` bytes.
        """
        async with self.open(request) as response:
            body = bytearray()
            async for chunk in response.chunks():
                body += chunk
                if len(body) > limit:
                    raise UpstreamBroken(f"the answer is larger than {limit} bytes")
            return _answer(response, bytes(body))

    async def aclose(self) -> None:
        """Close the idle connections."""
        while self._idle:
            await self._idle.pop().http.aclose()

    async def _send(self, request: UpstreamRequest) -> "tuple[_Connection, httpcore.Response]":
        kept = await self._take_idle()
        if kept is not None:
            before = kept.wire.received
            try:
                return kept, await kept.send(self._http_request(request))
            except _FAILURES as error:
                # The keep-alive race: the server closed the connection while our request was on
                # its way. If not one byte of an answer came, it is sent once more, on a new one.
                if isinstance(error, httpcore.TimeoutException) or kept.wire.received != before:
                    raise self._failed(error) from error
                log.debug("a kept connection to the model server was dead: %s", error)
        fresh = _Connection(self._origin, self._tls)
        try:
            return fresh, await fresh.send(self._http_request(request))
        except _FAILURES as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> UpstreamTimeout | UpstreamUnavailable:
        message = f"the model server at {self.base_url}: {error or type(error).__name__}"
        if isinstance(error, httpcore.TimeoutException):
            return UpstreamTimeout(message)
        return UpstreamUnavailable(message)

    def _http_request(self, request: UpstreamRequest) -> httpcore.Request:
        headers = [(b"host", self._host), *request.headers]
        if request.body or request.method not in {"GET", "HEAD"}:
            headers.append((b"content-length", b"%d" % len(request.body)))
        return httpcore.Request(
            request.method.encode(),
            httpcore.URL(
                scheme=self._origin.scheme,
                host=self._origin.host,
                port=self._origin.port,
                target=self._base_path + request.path.encode(),
            ),
            headers=headers,
            content=_Body(request.body),
            extensions={"timeout": self._timeouts},
        )

    async def _take_idle(self) -> "_Connection | None":
        while self._idle:
            connection = self._idle.pop()
            if connection.http.is_available() and not connection.http.has_expired():
                return connection
            await connection.http.aclose()
        return None

    async def _give_back(self, connection: "_Connection") -> None:
        if (
            connection.http.is_idle()
            and not connection.has_excess()
            and len(self._idle) < _MAX_IDLE
        ):
            self._idle.append(connection)
        else:
            await connection.http.aclose()


class _Connection:
    """One connection, opened by its first request."""

    def __init__(self, origin: httpcore.Origin, tls: ssl.SSLContext | None) -> None:
        self.wire = WireStream()
        self.http = httpcore.AsyncHTTPConnection(
            origin=origin, ssl_context=tls, network_backend=WireBackend(self.wire)
        )

    def has_excess(self) -> bool:
        """Whether bytes came after the answer, which would be taken for somebody else's answer."""
        http11: Any = self.http._connection  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        return self.wire.has_ahead or bool(http11._h11_state.trailing_data[0])  # noqa: SLF001

    async def send(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request; httpcore closes the connection on any failure, cancellation included."""
        self.wire.begin(has_body=isinstance(request.stream, _Body) and bool(request.stream.data))
        return await self.http.handle_async_request(request)


def _answer(response: UpstreamResponse, body: bytes) -> Answer:
    content_type = ""
    headers: list[tuple[str, str]] = []
    for name, value in end_to_end(response.headers):
        if name == b"content-type":
            content_type = value.decode("latin-1")
        elif name != b"content-length":  # of the body as it came, which a hook may change
            headers.append((name.decode("latin-1"), value.decode("latin-1")))
    return Answer(
        status=response.status, body=body, content_type=content_type, headers=tuple(headers)
    )


def _is_chunked(headers: Headers) -> bool:
    return any(
        name.lower() == b"transfer-encoding" and value.strip().lower() == b"chunked"
        for name, value in headers
    )


class _Body:
    """A request body for httpcore that may be a slice of the client's body, not a copy."""

    def __init__(self, data: bytes | memoryview) -> None:
        self.data = data
        self._left = memoryview(data)

    # Not a generator: one that is left half-way, as by a model that refuses a body, wants closing.
    def __aiter__(self) -> "_Body":
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        piece, self._left = self._left[:_SLICE_BYTES], self._left[_SLICE_BYTES:]
        # h11 joins each piece into bytes of its own, so a piece need not be one.
        return cast("bytes", piece)

    async def aclose(self) -> None:
        """Nothing to close."""
