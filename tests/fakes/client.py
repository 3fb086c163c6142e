"""A client made of a bare socket, for what no HTTP library does: half a request, no reading, RST."""

import socket
import struct
from collections.abc import Sequence

import trio

Headers = Sequence[tuple[bytes, bytes]]

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST instead of FIN


class RawClient:
    """One connection to a server on 127.0.0.1.

    Reading methods raise `trio.BrokenResourceError` when the server has reset the connection and
    EOFError when it ended where more was due.
    """

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self._buffer = bytearray()

    async def send(self, data: bytes) -> None:
        """Write bytes as they are."""
        await self.stream.send_all(data)

    async def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Read the head of an answer: its status and its headers, names in lower case."""
        text = await self.until(b"\r\n\r\n")
        lines = text.split(b"\r\n")
        headers = [(n.lower(), v.strip()) for n, _, v in (x.partition(b":") for x in lines[1:-2])]
        return int(lines[0].split(b" ")[1]), headers

    async def exactly(self, size: int) -> bytes:
        """Read `size` bytes."""
        while len(self._buffer) < size:
            self._buffer += await self._some()
        return self._take(size)

    async def chunk(self) -> bytes:
        """Read one chunk of a chunked body; b"" is its end."""
        size = int(await self.until(b"\r\n"), 16)
        data = await self.exactly(size + 2)
        return data[:-2]

    async def answer(self) -> tuple[int, bytes]:
        """Read a whole answer that has a Content-Length."""
        status, headers = await self.head()
        return status, await self.exactly(int(dict(headers)[b"content-length"]))

    async def rest(self) -> bytes:
        """Read to the end of the connection."""
        while data := await self.stream.receive_some(65536):
            self._buffer += data
        return self._take(len(self._buffer))

    async def until_reset(self) -> bytes:
        """Read until the server resets the connection; returns what came before."""
        try:
            await self.rest()
        except trio.BrokenResourceError:
            return self._take(len(self._buffer))
        raise AssertionError("the server ended the connection as if all were well")

    async def until_closed(self) -> bytes:
        """Read to the end of the connection, however it ends."""
        try:
            return await self.rest()
        except trio.BrokenResourceError:
            return self._take(len(self._buffer))

    def reset(self) -> None:
        """Cut the connection with RST."""
        assert isinstance(self.stream, trio.SocketStream)
        self.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.stream.socket.close()

    async def end_sending(self) -> None:
        """End our side, and go on reading."""
        assert isinstance(self.stream, trio.SocketStream)
        await self.stream.send_eof()

    async def close(self) -> None:
        """Close the connection with FIN."""
        await self.stream.aclose()

    async def until(self, mark: bytes) -> bytes:
        """Read up to and with `mark`."""
        while mark not in self._buffer:
            self._buffer += await self._some()
        return self._take(self._buffer.index(mark) + len(mark))

    async def _some(self) -> bytes | bytearray:
        data = await self.stream.receive_some(65536)
        if not data:
            raise EOFError("the server ended the connection")
        return data

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


async def connect(port: int, *, receive_buffer: int = 0) -> RawClient:
    """Connect to 127.0.0.1.

    Args:
        port: Of the server.
        receive_buffer: Bytes that the kernel may keep unread, or 0 for its own choice.
    """
    sock = trio.socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    try:
        await sock.connect(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return RawClient(trio.SocketStream(sock))


def post(path: str, body: bytes, headers: Headers = ()) -> bytes:
    """The bytes of a POST."""
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"POST %b HTTP/1.1\r\nHost: worker\r\nContent-Length: %d\r\n%b\r\n%b" % (
        path.encode(),
        len(body),
        lines,
        body,
    )
