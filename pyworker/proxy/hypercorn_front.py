"""The front on Hypercorn and httpcore: an HTTP exchange with the model server behind it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import trio

from pyworker.errors import UpstreamBroken, UpstreamUnavailable
from pyworker.hooks import Answer
from pyworker.http.server import Exchange, Handler
from pyworker.proxy.exchange import ProxyExchange, Relayed
from pyworker.proxy.headers import end_to_end
from pyworker.proxy.upstream import Upstream, UpstreamRequest, UpstreamResponse


def front(serve: Callable[[ProxyExchange], Awaitable[None]], upstream: Upstream) -> Handler:
    """A handler for HttpServer that gives `serve` exchanges with `upstream` behind them."""

    async def handle(exchange: Exchange) -> None:
        await serve(HypercornExchange(exchange, upstream))

    return handle


class HypercornExchange:
    """A `ProxyExchange`."""

    def __init__(self, http: Exchange, upstream: Upstream) -> None:
        self.method = http.method
        self.path = http.path
        self.query = http.query
        self.headers = http.headers
        self.client = http.client
        self.request_id = http.request_id
        self._http = http
        self._upstream = upstream

    async def body(self, limit: int) -> bytes:
        """See ProxyExchange."""
        return await self._http.body(limit)

    def add_header(self, name: bytes, value: bytes) -> None:
        """See ProxyExchange."""
        self._http.added.append((name, value))

    async def respond(
        self, status: int, headers: Sequence[tuple[bytes, bytes]] = (), body: bytes = b""
    ) -> None:
        """See ProxyExchange."""
        await self._http.respond(status, headers, body)

    async def respond_json(
        self,
        status: int,
        value: Mapping[str, Any] | Sequence[Any],
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """See ProxyExchange."""
        await self._http.respond_json(status, value, headers)

    async def fetch(self, request: UpstreamRequest) -> Answer:
        """See ProxyExchange."""
        try:
            return await self._upstream.fetch(request)
        except UpstreamBroken as error:
            # The client has seen nothing yet, so this is an answer like any other.
            raise UpstreamUnavailable(str(error)) from error

    async def relay(self, request: UpstreamRequest, relayed: Relayed) -> None:
        """See ProxyExchange.

        Events are not waited for: whatever came in one read is passed on in one write, before
        the next read. An idle proxy so passes each event at once, a busy one several at a time.
        """
        http = self._http

        async def pass_on() -> None:
            await http.release()
            http.hold()

        async with self._upstream.open(request) as response:
            relayed.status = response.status
            # A small answer whose body came with its head leaves as one packet, too.
            http.hold()
            await http.start(response.status, end_to_end(response.headers))
            try:
                async for chunk in response.chunks(when_dry=pass_on):
                    if not relayed.first_byte_at:
                        relayed.first_byte_at = trio.current_time()
                    await http.send(chunk)
                    relayed.sent += len(chunk)
            except UpstreamBroken:
                await http.release()
                http.abort()
                raise
        # The model's connection is free before the client can know that it has its answer.
        await http.finish()

    def open(self, request: UpstreamRequest) -> AbstractAsyncContextManager[UpstreamResponse]:
        """See ProxyExchange."""
        return self._upstream.open(request)

    async def start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """See ProxyExchange."""
        self._http.hold()
        await self._http.start(status, headers)

    async def send(self, data: bytes) -> None:
        """See ProxyExchange."""
        await self._http.send(data)
        await self._http.release()

    async def finish(self) -> None:
        """See ProxyExchange."""
        await self._http.finish()

    def cut(self) -> None:
        """See ProxyExchange."""
        self._http.abort()
