"""A model server made of bare sockets: it answers, stalls, breaks and records as a test scripts.

Every request becomes a `Call`. A behaviour is an async function that is given the call and does to
its client what it likes; with `by_hand` the test itself does.
"""

import math
import re
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import trio

Headers = Sequence[tuple[bytes, bytes]]

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST instead of FIN


class Call:
    """One request at the model server, and the pen to answer it.

    Attributes:
        connection: Number of the TCP connection it came on, from 0.
        head: Request line and headers as they came, with the empty line that ends them.
        left: Set when the client has closed or reset the connection.
        done: Set when the answer is complete or the connection is cut; ends `by_hand`.
    """

    def __init__(self, wire: "_Wire", head: bytes) -> None:
        self.connection = wire.number
        self.head = head
        lines = head.split(b"\r\n")
        self.method, self.target, _ = lines[0].decode().split(" ")
        self.headers = [
            (n.lower(), v.strip()) for n, _, v in (x.partition(b":") for x in lines[1:-2])
        ]
        self.left = wire.left
        self.done = trio.Event()
        self._wire = wire
        self._body: bytes | None = None

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header, its name in lower case."""
        return next((value for key, value in self.headers if key == name), None)

    async def body(self) -> bytes:
        """The body, which is read from the socket only when somebody asks for it."""
        if self._body is None:
            self._body = await self._wire.take(int(self.header(b"content-length") or b"0"))
        return self._body

    async def send(self, data: bytes) -> None:
        """Write bytes as they are."""
        await self._wire.stream.send_all(data)

    async def start(self, status: int = 200, headers: Headers = ()) -> None:
        """Begin a chunked answer."""
        await self.send(_head(status, [*headers, (b"Transfer-Encoding", b"chunked")]))

    async def chunk(self, data: bytes) -> None:
        """Write one chunk."""
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self) -> None:
        """End a chunked answer."""
        await self.send(b"0\r\n\r\n")
        self.done.set()

    async def answer(self, status: int = 200, headers: Headers = (), body: bytes = b"{}") -> None:
        """Write a whole answer with its Content-Length."""
        await self.send(_head(status, [*headers, (b"Content-Length", b"%d" % len(body))]) + body)
        self.done.set()

    def reset(self) -> None:
        """Cut the connection with RST."""
        sock = self._wire.stream.socket
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        sock.close()
        self.done.set()

    async def close(self) -> None:
        """Close the connection with FIN."""
        await self._wire.stream.send_eof()
        self._wire.closing = True
        self.done.set()


Behaviour = Callable[[Call], Awaitable[None]]


async def by_hand(call: Call) -> None:
    """The test drives the call and says when it is done."""
    await call.done.wait()


async def answers(call: Call) -> None:
    """200 and a small JSON body."""
    await call.body()
    await call.answer(headers=[(b"Content-Type", b"application/json")], body=b'{"ok":true}')


async def is_silent(call: Call) -> None:
    """Reads the request and says nothing until its client leaves."""
    await call.body()
    await call.left.wait()


async def resets_at_once(call: Call) -> None:
    """Cuts the connection when the head has come, without one byte of an answer."""
    call.reset()


def streams(*events: bytes) -> Behaviour:
    """A stream of server-sent events, each in a chunk of its own."""

    async def behaviour(call: Call) -> None:
        await call.body()
        await call.start(headers=[(b"Content-Type", b"text/event-stream")])
        for event in events:
            await call.chunk(event)
        await call.end()

    return behaviour


def replies(status: int, body: bytes, *headers: tuple[bytes, bytes]) -> Behaviour:
    """Answers with this status and body."""

    async def behaviour(call: Call) -> None:
        await call.body()
        await call.answer(status, headers, body)

    return behaviour


def sends(data: bytes) -> Behaviour:
    """Raw bytes as the answer."""

    async def behaviour(call: Call) -> None:
        await call.body()
        await call.send(data)

    return behaviour


class FakeModel:
    """Listens on a port of 127.0.0.1 and serves each connection by its script.

    Attributes:
        calls: Every request whose head has come, oldest first.
        connections: How many were accepted.
        open: How many of them are not closed by either side.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.connections = 0
        self.open = 0
        self.port = 0
        self._script: deque[Behaviour] = deque([answers])
        # Unbounded: a test looks at few of the calls or none.
        self._arrivals, self._arrived = trio.open_memory_channel[Call](math.inf)
        self._changed = trio.Event()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    def script(self, *behaviours: Behaviour) -> None:
        """What happens to the next requests; the last behaviour stays for all that follow."""
        self._script = deque(behaviours)

    async def next_call(self) -> Call:
        """Wait for the next request that was not asked for yet."""
        return await self._arrived.receive()

    async def until_open(self, count: int) -> None:
        """Wait until `count` connections are open."""
        while self.open != count:
            await self._changed.wait()

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=1024)
        self.port = int(listeners[0].socket.getsockname()[1])
        task_status.started()
        await trio.serve_listeners(self._connection, listeners)

    async def _connection(self, stream: trio.SocketStream) -> None:
        wire = _Wire(stream, self.connections)
        self.connections += 1
        self._count(1)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(wire.read)
                await self._requests(wire)
                nursery.cancel_scope.cancel()
        finally:
            self._count(-1)
            with trio.CancelScope(shield=True):
                await stream.aclose()

    def _count(self, change: int) -> None:
        self.open += change
        self._changed.set()
        self._changed = trio.Event()

    async def _requests(self, wire: "_Wire") -> None:
        try:
            while not wire.closing and (head := await wire.head()):
                call = Call(wire, head)
                self.calls.append(call)
                self._arrivals.send_nowait(call)
                behaviour = self._script.popleft() if len(self._script) > 1 else self._script[0]
                await behaviour(call)
                if not wire.closing:
                    await call.body()
        except (trio.BrokenResourceError, trio.ClosedResourceError, EOFError):
            pass  # one of the two sides has cut the connection, as scripts do


# What is read before anybody asks for it: all heads and small bodies, so that the end of a client
# is seen, but not a large body that a behaviour leaves in the socket.
_AHEAD = 64 * 1024


class _Wire:
    """One connection: a reader beside the behaviour, so that a client is noticed when it leaves."""

    def __init__(self, stream: trio.SocketStream, number: int) -> None:
        self.stream = stream
        self.number = number
        self.left = trio.Event()
        self.closing = False
        self._buffer = bytearray()
        self._more = trio.Event()
        self._wanted = _AHEAD
        self._room = trio.Event()

    async def read(self) -> None:
        """Read until the client leaves, as far as there is room."""
        try:
            while data := await self.stream.receive_some(65536):
                self._buffer += data
                self._tell()
                while len(self._buffer) >= self._wanted:
                    self._room = trio.Event()
                    await self._room.wait()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        self.left.set()
        self._tell()

    def _tell(self) -> None:
        self._more.set()
        self._more = trio.Event()

    async def head(self) -> bytes:
        """The next request's head; empty when the client left instead."""
        while (match := re.search(rb"\r\n\r\n", self._buffer)) is None:
            if self.left.is_set():
                return b""
            await self._more.wait()
        return self._cut(match.end())

    async def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        self._wanted = max(size, _AHEAD)
        self._room.set()
        while len(self._buffer) < size:
            if self.left.is_set():
                raise EOFError("the client left")
            await self._more.wait()
        return self._cut(size)

    def _cut(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._wanted = _AHEAD
        self._room.set()
        return taken


def _head(status: int, headers: Headers) -> bytes:
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"HTTP/1.1 %d Scripted\r\n%b\r\n" % (status, lines)
