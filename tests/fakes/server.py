"""HttpServer with a handler that does on each path what tests of HTTP itself need."""

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from pyworker.errors import QueueFull
from pyworker.http.body_memory import BodyMemory
from pyworker.http.server import Exchange, HttpServer, open_listeners, port_of

BODY_LIMIT = 64 * 1024  # bytes
LARGE_LIMIT = 1024 * 1024  # of bodies on /hold
LARGE_ANSWER = 16 * 1024 * 1024  # on /large; more than the buffers of two sockets take


class Paths:
    """A handler; each path is a way to answer.

    Attributes:
        entered: Exchanges that have begun, oldest first.
        waiting: Set when an exchange on /wait or /flood has begun.
        ended: How exchanges on /wait and /flood ended: "cancelled" or "done".
        go: Lets exchanges on /wait go on.
    """

    def __init__(self) -> None:
        self.entered: list[Exchange] = []
        self.waiting = trio.Event()
        self.ended: list[str] = []
        self.go = trio.Event()
        self._changed = trio.Event()

    async def until_ended(self, count: int) -> None:
        """Wait until `count` exchanges on /wait or /flood have ended."""
        while len(self.ended) < count:
            await self._changed.wait()

    async def __call__(self, exchange: Exchange) -> None:
        """Answer an exchange by its path."""
        self.entered.append(exchange)
        await getattr(self, "on" + exchange.path.split(" ")[0].replace("/", "_"))(exchange)

    async def on_echo(self, exchange: Exchange) -> None:
        """The body, as it is."""
        body = await exchange.body(BODY_LIMIT)
        await exchange.respond(200, [(b"x-path", exchange.path.encode())], body)

    async def on_facts(self, exchange: Exchange) -> None:
        """What the exchange says about the request."""
        body = await exchange.body(BODY_LIMIT)
        await exchange.respond_json(
            200,
            {
                "method": exchange.method,
                "query": exchange.query.decode(),
                "headers": [[k.decode(), v.decode("latin1")] for k, v in exchange.headers],
                "client": exchange.client,
                "request_id": exchange.request_id,
                "size": len(body),
            },
        )

    async def on_unread(self, exchange: Exchange) -> None:
        """An answer that does not wait for the body."""
        await exchange.respond(200, [], b"unread")

    async def on_stream(self, exchange: Exchange) -> None:
        """Two pieces and a clean end."""
        await exchange.start(200, [(b"content-type", b"text/plain")])
        await exchange.send(b"one")
        await exchange.send(b"two")
        await exchange.finish()

    async def on_gaps(self, exchange: Exchange) -> None:
        """Two pieces, and nothing around them."""
        await exchange.start(200, [])
        for piece in (b"", b"one", b"", b"two", b""):
            await exchange.send(piece)
        await exchange.finish()

    async def on_impatient(self, exchange: Exchange) -> None:
        """Pieces until the client has taken none for a second, and then one more and an end."""
        await exchange.start(200, [])
        stuck = False
        while not stuck:
            with trio.move_on_after(1.0) as scope:
                await exchange.send(b"x" * 65536)
            stuck = scope.cancelled_caught
        self.waiting.set()
        await exchange.send(b"the end")
        await exchange.finish()

    async def on_length(self, exchange: Exchange) -> None:
        """Two pieces, of the length that the query says."""
        await exchange.start(200, [(b"content-length", exchange.query)])
        await exchange.send(b"one")
        await exchange.send(b"two")
        await exchange.finish()

    async def on_cut(self, exchange: Exchange) -> None:
        """One piece, and a cut."""
        await exchange.start(200, [])
        await exchange.send(b"one")
        self.waiting.set()
        await self.go.wait()
        exchange.abort()

    async def on_fail(self, exchange: Exchange) -> None:
        """A fault before the answer."""
        raise ZeroDivisionError("secret")

    async def on_fail_late(self, exchange: Exchange) -> None:
        """A fault within the answer."""
        await exchange.start(200, [])
        await exchange.send(b"one")
        raise ZeroDivisionError("secret")

    async def on_refuse(self, exchange: Exchange) -> None:
        """A refusal of ours."""
        raise QueueFull("too much", retry_after=3, detail={"more": 1})

    async def on_nothing(self, exchange: Exchange) -> None:
        """No answer at all."""

    async def on_wait(self, exchange: Exchange) -> None:
        """An answer when the test says so."""
        await exchange.body(BODY_LIMIT)
        with self._noted():
            self.waiting.set()
            await self.go.wait()
            await exchange.respond(200, [], b"waited")

    async def on_hold(self, exchange: Exchange) -> None:
        """An answer when the test says so, to a large body."""
        body = await exchange.body(LARGE_LIMIT)
        with self._noted():
            self.waiting.set()
            await self.go.wait()
            await exchange.respond(200, [], b"%d" % len(body))

    async def on_large(self, exchange: Exchange) -> None:
        """A whole answer of LARGE_ANSWER bytes."""
        await exchange.body(BODY_LIMIT)
        with self._noted():
            await exchange.respond(200, [], bytes(LARGE_ANSWER))

    async def on_flood(self, exchange: Exchange) -> None:
        """An answer without an end."""
        await exchange.body(BODY_LIMIT)
        with self._noted():
            await exchange.start(200, [])
            self.waiting.set()
            while True:
                await exchange.send(bytes(65536))

    def _noted(self) -> "_Noted":
        return _Noted(self)

    def note(self, how: str) -> None:
        """An exchange ended."""
        self.ended.append(how)
        self._changed.set()
        self._changed = trio.Event()


class _Noted:
    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._paths.note("cancelled" if kind is trio.Cancelled else "done")


@dataclass(frozen=True)
class RunningServer:
    """A server that accepts on `port` until `drain`, as run.py does it."""

    port: int
    paths: Paths
    drain: Callable[[], Awaitable[None]]


@asynccontextmanager
async def running_server(
    *, tls: ssl.SSLContext | None = None, memory: BodyMemory | None = None
) -> AsyncGenerator[RunningServer]:
    """Serve `Paths` until the block ends; what is left then is cut."""
    paths = Paths()
    server = HttpServer(paths, tls=tls, memory=memory)
    listeners = await open_listeners("127.0.0.1", 0)
    accepting = trio.CancelScope()
    async with trio.open_nursery() as serving:

        async def accept(*, task_status: trio.TaskStatus[None]) -> None:
            with accepting:
                await server.accept(listeners, serving, task_status=task_status)

        async def drain() -> None:
            accepting.cancel()
            await server.close_idle()

        await serving.start(accept)
        yield RunningServer(port_of(listeners), paths, drain)
        serving.cancel_scope.cancel()
        server.abort_all()
