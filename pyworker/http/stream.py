"""One accepted TCP connection as Hypercorn sees it, with what Hypercorn does not offer: it can be
cut with a reset, and it says for how long its peer has taken no bytes.
"""

import socket
import struct

import trio

from pyworker.http.socket_io import receive_some, send_now

# A flow that carries no byte while a video is made is dropped by NAT after minutes (the shortest
# common limit is 5 min), so the kernel keeps it warm: first probe after 60 s, then every 15 s.
_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
)
# A peer that takes none of what is written to it for this long is gone or means harm. Precedents:
# nginx send_timeout 60 s; five minutes lets a phone wake up and still frees the GPU.
WRITE_STALL_SECONDS = 300.0
_MIN_READ_BYTES = 64 * 1024
_MAX_READ_BYTES = 1024 * 1024
_LINGER_RESET = struct.pack("ii", 1, 0)


class ClientStream(trio.abc.HalfCloseableStream):
    """The server's end of one connection.

    Resource handling: owns the socket; `aclose`, `close` and `abort` release it, in any order.

    Attributes:
        blocked_since: Trio's clock since when the peer takes no byte; None while it does.
    """

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self.socket = stream.socket
        self.blocked_since: float | None = None
        self._read_bytes = 0
        self._emptied = False
        for option in _KEEPALIVE:
            self.socket.setsockopt(*option)

    def close(self) -> None:
        """Close the socket.

        Wakes whoever waits in `send_all` or `receive_some` with ClosedResourceError, shielded or
        not: this is what ends a client that Hypercorn is stuck on.
        """
        self.socket.close()

    def abort(self) -> None:
        """Reset the connection. A peer in the middle of an answer sees it broken, never ended."""
        if self.socket.fileno() >= 0:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
            self.close()

    def send_now(self, data: bytes | memoryview) -> int:
        """Send what the kernel takes at once; returns how many bytes. Raises as `send_all`."""
        return send_now(self.socket, data)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of `data`; raises as every trio.abc.SendStream.

        Data that the kernel takes at once leaves without a checkpoint, which would send this task
        once around the run loop for every event. Whoever feeds us waits in a read of its own.
        """
        sent = send_now(self.socket, data)
        if sent == len(data):
            return
        view = memoryview(data)
        try:
            while sent < len(view):
                self.blocked_since = trio.current_time()
                await trio.lowlevel.wait_writable(self.socket)
                sent += send_now(self.socket, view[sent:])
        finally:
            self.blocked_since = None

    async def wait_send_all_might_not_block(self) -> None:
        """As every trio.abc.SendStream."""
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Some bytes; empty at the peer's end of file.

        Hypercorn asks for 64 KiB, at some 100 us a piece, which makes 25 ms for a body of 16 MiB.
        While reads come back full they grow, and `max_bytes` is no limit; a parser above takes
        any size.
        """
        max_bytes = max_bytes or _MIN_READ_BYTES
        asked = max(max_bytes, self._read_bytes)
        data = await receive_some(self.socket, asked, emptied=self._emptied)
        self._emptied = len(data) < asked
        self._read_bytes = min(4 * len(data), _MAX_READ_BYTES) if len(data) >= max_bytes else 0
        return data

    async def send_eof(self) -> None:
        """End our side, as every trio.abc.HalfCloseableStream."""
        await self._stream.send_eof()

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()
