"""One connection: Hypercorn's `TCPServer` with the parts replaced that a proxy feels.

Hypercorn parses, frames and keeps the order of requests. Replaced are, with what each cost per
request as profiled: the idle timer (a task for each pause between two requests; here a time stamp
that the server's sweep looks at), the watch for a client that leaves (a task in the application;
here the end of reading), and the way of a piece of an answer to the socket (a dozen calls, a lock
and a cancel scope for each; here one write, also for a whole small answer).
"""

import logging
from typing import Any, cast

import h11
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h2 import H2Protocol
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from pyworker.http.h2_buffer import use_bounded_buffers
from pyworker.http.stream import ClientStream
from pyworker.http.turn import Turn

log = logging.getLogger(__name__)

use_bounded_buffers()


class Connection(TCPServer):
    """Serves the requests of one connection, until it ends.

    Attributes:
        idle_since: Trio's clock when the last answer ended; None while a request is served.
        exchange_scope: Cancelled when the client leaves.
        client: The stream to the client, below TLS.
    """

    def __init__(
        self,
        config: Config,
        context: WorkerContext,
        client: ClientStream,
        transport: Any,
    ) -> None:
        # The application needs the connection, so it is set when that exists.
        super().__init__(cast("Any", None), config, context, ConnectionState({}), transport)
        self.client = client
        self._plain = transport is client
        self.idle_since: float | None = trio.current_time()
        self.exchange_scope: trio.CancelScope | None = None
        self.idle_task = _NoTask()
        self._held: list[bytes] | None = None

    def close_if_idle(self, since: float) -> None:
        """Close, if no request has been served since `since`."""
        # Locked: the last answer is over for Hypercorn, and still on its way to a slow client.
        if self.idle_since is not None and self.idle_since <= since and not self.send_lock.locked():
            self.client.close()

    def hold(self) -> None:
        """Keep what is written until `release`, so that a head and its body leave as one packet."""
        if self._held is None:
            self._held = []

    async def release(self) -> None:
        """Send what was kept, and nothing if nothing was."""
        held, self._held = self._held, None
        if held:
            await self._send(held[0] if len(held) == 1 else b"".join(held))
            self._rest()

    def _rest(self) -> None:
        """What was sent may have been the end of an answer; only now nothing happens any more."""
        if self.idle_since is not None:
            self.idle_since = trio.current_time()
            if self.context.terminated.is_set():  # `close_if_idle` has been here, and waits for us
                self.client.close()

    async def send_chunk(self, data: bytes) -> None:
        """Send a piece of a chunked answer, past Hypercorn and h11, which keep no count of them.

        Only between the head and the end of an answer, which both are theirs.
        """
        if not data:  # a chunk of no bytes would be the end
            return
        framed = b"%x\r\n%b\r\n" % (len(data), data)
        if self._held is not None:
            self._held.append(framed)
        else:
            await self._send(framed)

    async def protocol_send(self, event: Event) -> None:
        """What Hypercorn calls with everything it wants to do to the connection."""
        if isinstance(event, Updated):
            self.idle_since = trio.current_time() if event.idle else None
        elif isinstance(event, RawData) and self._held is not None:
            self._held.append(event.data)
        elif isinstance(event, RawData) and not isinstance(self.protocol.protocol, H2Protocol):
            if event.data:
                await self._send(event.data)
        elif isinstance(event, RawData):
            # HTTP/2 shares the connection among requests: Hypercorn shields each write, since
            # half a frame would break them all.
            await super().protocol_send(event)
        else:
            await self.release()
            await super().protocol_send(event)

    async def _send(self, data: bytes | memoryview) -> None:
        try:
            # What the kernel takes at once needs no lock: nobody comes between.
            if self._plain and not self.send_lock.locked():
                sent = self.client.send_now(data)
                if sent == len(data):
                    return
                data = memoryview(data)[sent:]
            async with self.send_lock:
                await self.stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self._client_left()
            # Here the exchange ends: one that only sends would else go on for ever.
            await trio.lowlevel.checkpoint()
        except BaseException:
            # Cancelled half-way: what was sent cannot be continued, and must not look complete.
            self.client.abort()
            raise

    async def _read_data(self) -> None:
        http = self.protocol.protocol
        if isinstance(http, H11Protocol) and isinstance(http.connection, h11.Connection):
            http.can_read = cast("Any", Turn(self.stream, http.connection))
        try:
            await super()._read_data()
        except* (trio.EndOfChannel, trio.BrokenResourceError, trio.ClosedResourceError):
            # The client left, or was cut, while a request of its waited for its turn.
            self._client_left()
            await self.protocol.handle(Closed())
        finally:
            self._client_left()

    def _client_left(self) -> None:
        if self.exchange_scope is not None:
            self.exchange_scope.cancel()


class _NoTask:
    """Stands where Hypercorn keeps its idle timer."""

    async def restart(self, task_group: Any, action: Any) -> None:
        """Nothing: the server's sweep closes idle connections."""

    async def stop(self) -> None:
        """Nothing."""
