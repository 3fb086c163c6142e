"""A request that came before the one ahead of it was answered (HTTP/1.1 pipelining) waits here.

Hypercorn stops reading then, and so would neither see that the client left nor, when the answer
ahead is cut, ever go on. Here reading goes on beside the waiting.
"""

import h11
import trio

# What is read ahead at most: enough for requests of people who pipeline, little enough to keep.
# A client that sends more is served, but seen to leave only when its answer is written.
_AHEAD_BYTES = 1024 * 1024
_READ_BYTES = 64 * 1024


class Turn:
    """Stands where Hypercorn keeps the event that its HTTP/1.1 reader waits for.

    Args:
        stream: The client, TLS included.
        parser: Takes what is read ahead.
    """

    def __init__(self, stream: trio.abc.Stream, parser: h11.Connection) -> None:
        self._stream = stream
        self._parser = parser
        self._came = trio.Event()

    async def clear(self) -> None:
        """The next `wait` waits for the next `set`."""
        self._came = trio.Event()

    async def set(self) -> None:
        """The answer ahead is complete, or cut."""
        self._came.set()

    def is_set(self) -> bool:
        """Whether `wait` would return at once."""
        return self._came.is_set()

    async def wait(self) -> None:
        """Wait for `set`.

        Raises:
            trio.EndOfChannel: The client left.
            trio.BrokenResourceError: Likewise.
            trio.ClosedResourceError: The answer ahead was cut.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._read_ahead)
            await self._came.wait()
            nursery.cancel_scope.cancel()

    async def _read_ahead(self) -> None:
        size = 0
        while size < _AHEAD_BYTES:
            data = await self._stream.receive_some(_READ_BYTES)
            if not data:
                raise trio.EndOfChannel
            self._parser.receive_data(bytes(data))
            size += len(data)
