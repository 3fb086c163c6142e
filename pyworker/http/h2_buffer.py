"""The buffer between an answer and its HTTP/2 stream, with backpressure that holds.

Hypercorn lets the writer go on whenever little was taken out, so also when the client's window is
shut and nothing could be: a client that does not read made the whole answer pile up in memory.
"""

from hypercorn.protocol import h2
from hypercorn.protocol.h2 import BUFFER_LOW_WATER, StreamBuffer


class BoundedBuffer(StreamBuffer):
    """Holds the high-water mark and one write more, at most."""

    async def pop(self, max_length: int) -> bytes:
        """Take up to `max_length` bytes; the writer goes on when little is left."""
        data = bytes(self.buffer[:max_length])
        del self.buffer[:max_length]
        if len(self.buffer) < BUFFER_LOW_WATER:
            await self._paused.set()
        if not self.buffer:
            await self._is_empty.set()
        return data


def use_bounded_buffers() -> None:
    """Let Hypercorn make these buffers; it names the class in its module and nowhere else."""
    h2.StreamBuffer = BoundedBuffer
