"""An HTTP/2 client made of the h2 package and a socket, for what httpx does not do."""

from collections.abc import Sequence
from contextlib import suppress

import h2.config
import h2.connection
import h2.events
import trio


class H2Client:
    """One connection with prior knowledge.

    Attributes:
        events: Everything that came and was not asked for yet, in order.
    """

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        config = h2.config.H2Configuration(
            header_encoding=None, validate_outbound_headers=False, normalize_outbound_headers=False
        )
        self.h2 = h2.connection.H2Connection(config)
        self.events: list[h2.events.Event] = []

    async def begin(self) -> None:
        """Say hello."""
        self.h2.initiate_connection()
        await self.flush()

    async def flush(self) -> None:
        """Send what h2 wants to send."""
        await self.stream.send_all(self.h2.data_to_send())

    async def request(
        self,
        path: bytes,
        body: bytes | None = b"",
        method: bytes = b"POST",
        extra: Sequence[tuple[bytes, bytes]] = (),
    ) -> int:
        """Send a request; returns its stream. With None as body the stream stays open."""
        stream_id = self.h2.get_next_available_stream_id()
        headers = [
            (b":method", method),
            (b":scheme", b"http"),
            (b":authority", b"worker"),
            (b":path", path),
            *extra,
        ]
        self.h2.send_headers(stream_id, headers, end_stream=body == b"")
        if body:
            self.h2.send_data(stream_id, body, end_stream=True)
        await self.flush()
        return stream_id

    async def next(self, kind: type, stream_id: int | None = None) -> h2.events.Event:
        """The next event of a kind (of a stream); EOFError when the connection ended."""
        while True:
            for event in self.events:
                if isinstance(event, kind) and stream_id in {None, getattr(event, "stream_id", 0)}:
                    self.events.remove(event)
                    return event
            data = await self.stream.receive_some(65536)
            if not data:
                raise EOFError("the server ended the connection")
            self.events += self.h2.receive_data(bytes(data))
            await self.flush()

    async def until_closed(self) -> None:
        """Read to the end of the connection, however it ends."""
        with suppress(EOFError, trio.BrokenResourceError):
            while True:
                await self.next(h2.events.Event)

    async def status(self, stream_id: int) -> int:
        """The status of an answer."""
        event = await self.next(h2.events.ResponseReceived, stream_id)
        assert isinstance(event, h2.events.ResponseReceived)
        return int(dict(event.headers)[b":status"])

    async def data(self, stream_id: int) -> bytes:
        """The next piece of a body."""
        event = await self.next(h2.events.DataReceived, stream_id)
        assert isinstance(event, h2.events.DataReceived)
        self.h2.acknowledge_received_data(event.flow_controlled_length, stream_id)
        await self.flush()
        return event.data
