"""A network inside one test, safe for a virtual clock: each connection is a Unix socket pair.

A byte sent over a socket pair can be read before `send` returns. Loopback TCP does not promise
that, and a virtual clock would jump while the byte is under way. Everything above the connection is
real: trio's sockets and streams, httpcore, httpx.
"""

import errno
import socket as stdlib_socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import trio

ServeConnection = Callable[[trio.SocketStream], Awaitable[None]]


class LocalNet:
    """Servers by port. Connecting to a port without one is refused.

    Attributes:
        connections: Connections made so far, to all servers.
    """

    def __init__(self, nursery: trio.Nursery) -> None:
        self.connections = 0
        self._nursery = nursery
        self._servers: dict[int, ServeConnection] = {}
        self._silent: set[int] = set()
        self._next_port = 20_000

    def listen(self, serve: ServeConnection) -> int:
        """Give each connection to `serve`; returns the port."""
        port = self._new_port()
        self._servers[port] = serve
        return port

    def silent_port(self) -> int:
        """A port where connecting neither succeeds nor fails, as behind a firewall."""
        port = self._new_port()
        self._silent.add(port)
        return port

    def refused_port(self) -> int:
        """A port where nobody listens."""
        return self._new_port()

    def socket(self, family: int, type_: int, proto: int) -> trio.socket.SocketType:
        """A socket that connects within this network; trio asks for it."""
        return _PairSocket(self)

    async def connect(self, port: int) -> trio.socket.SocketType:
        """The client's end of a new connection."""
        await trio.lowlevel.checkpoint()
        if port in self._silent:
            await trio.sleep_forever()
        serve = self._servers.get(port)
        if serve is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        ours, theirs = stdlib_socket.socketpair()
        self.connections += 1
        self._nursery.start_soon(self._serve, serve, trio.socket.from_stdlib_socket(theirs))
        return trio.socket.from_stdlib_socket(ours)

    async def _serve(self, serve: ServeConnection, end: trio.socket.SocketType) -> None:
        async with trio.SocketStream(end) as stream:
            # A client may leave whenever it likes.
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await serve(stream)

    def _new_port(self) -> int:
        self._next_port += 1
        return self._next_port


@asynccontextmanager
async def local_net() -> AsyncGenerator[LocalNet]:
    """All TCP connections of this trio run stay within the network that this gives."""
    async with trio.open_nursery() as nursery:
        net = LocalNet(nursery)
        before = trio.socket.set_custom_socket_factory(net)  # pyright: ignore[reportArgumentType]
        try:
            yield net
        finally:
            trio.socket.set_custom_socket_factory(before)
            nursery.cancel_scope.cancel()


class _PairSocket(trio.socket.SocketType):
    """What `trio.open_tcp_stream` and `trio.SocketStream` need of a socket."""

    def __init__(self, net: LocalNet) -> None:
        super().__init__()
        self._net = net
        self._closed = False
        self._pair: trio.socket.SocketType | None = None

    @property
    def _end(self) -> trio.socket.SocketType:
        assert self._pair is not None, "not connected"
        return self._pair

    @property
    def type(self) -> stdlib_socket.SocketKind:
        return stdlib_socket.SOCK_STREAM

    @property
    def did_shutdown_SHUT_WR(self) -> bool:
        return self._end.did_shutdown_SHUT_WR

    async def connect(self, address: Any) -> None:
        self._pair = await self._net.connect(address[1])

    async def send(self, data: Any, flags: int = 0, /) -> int:
        return await self._end.send(data, flags)

    def recv(self, buflen: int, flags: int = 0, /) -> Awaitable[bytes]:
        return self._end.recv(buflen, flags)

    async def wait_writable(self) -> None:
        await self._end.wait_writable()

    def is_readable(self) -> bool:
        return self._end.is_readable()

    def fileno(self) -> int:
        return self._end.fileno()

    def setsockopt(self, level: int, optname: int, value: Any, optlen: int | None = None) -> None:
        """Options of TCP mean nothing here."""

    def shutdown(self, flag: int) -> None:
        self._end.shutdown(flag)

    def close(self) -> None:
        if self._pair is not None:
            self._pair.close()
