"""HTTP over our own listeners: accept, serve each connection with Hypercorn, drain, cut.

Hypercorn's own `serve` opens the sockets itself and has no way to cut a connection, so this room
takes its per-connection half (`TCPServer`: HTTP/1.1, HTTP/2, keep-alive) and keeps the listeners,
the streams under it and the order of shutdown here. docs/decisions/0001-the-front.md says why.
"""

import errno
import logging
import ssl
import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NoReturn

import trio
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from pyworker.errors import CannotBind, ClientGone, InternalError, RequestError
from pyworker.http.accept import accept_all
from pyworker.http.body_memory import BodyMemory
from pyworker.http.connection import Connection
from pyworker.http.exchange import Exchange, Headers
from pyworker.http.stream import WRITE_STALL_SECONDS, ClientStream
from pyworker.reasons import reason_of

__all__ = [
    "Exchange",
    "Handler",
    "Headers",
    "HttpServer",
    "open_listeners",
    "port_of",
    "serve_http",
    "server_tls",
]

Handler = Callable[[Exchange], Awaitable[None]]

log = logging.getLogger(__name__)

# Linux caps it at net.core.somaxconn (4096); a burst of 1024 streams must not be refused.
_BACKLOG = 4096
# An idle connection is kept as long as clients and load balancers keep theirs (AWS ALB 60 s,
# nginx 75 s): whoever closes first causes the other's keep-alive race, so we are the later one.
KEEP_ALIVE_SECONDS = 75.0
_SWEEP_SECONDS = 5.0  # how late an idle or a stalled connection may be noticed
_LAST_WORDS_SECONDS = 1.0  # for a reader whose socket is closed already
_TLS_HANDSHAKE_SECONDS = 10.0


class HttpServer:
    """Serves HTTP on the connections of one or more listeners.

    Args:
        handler: Answers one exchange. See `_answer` for what its exceptions become.
        tls: The context of TLS listeners, or None for plain HTTP.
        memory: Where the bodies of all requests are counted, or None for no limit over them.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        tls: ssl.SSLContext | None = None,
        memory: BodyMemory | None = None,
    ) -> None:
        self._handler = handler
        self.memory = memory
        self._tls = tls
        self._connections: set[Connection] = set()
        self._config = _hypercorn_config()
        self._context = WorkerContext(max_requests=None)

    async def accept(
        self,
        listeners: Sequence[trio.SocketListener],
        connections: trio.Nursery,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> NoReturn:
        """Accept for ever.

        Args:
            listeners: Closed when this is cancelled.
            connections: Runs the connections, which outlive a cancelled `accept`.
            task_status: Started at once; the listeners listen already.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._sweep)
            for listener in listeners:
                nursery.start_soon(
                    accept_all, listener, self._serve, connections, self._connections.__len__
                )
            task_status.started()
        raise AssertionError("accepting never ends")

    async def close_idle(self) -> None:
        """Close connections that wait for a request, and every other one after its answer."""
        await self._context.terminated.set()
        for connection in list(self._connections):
            connection.close_if_idle(since=trio.current_time())

    def abort_all(self) -> None:
        """Reset every connection that is still open."""
        for connection in list(self._connections):
            connection.client.abort()

    async def _sweep(self) -> NoReturn:
        while True:
            await trio.sleep(_SWEEP_SECONDS)
            now = trio.current_time()
            for connection in list(self._connections):
                connection.close_if_idle(since=now - KEEP_ALIVE_SECONDS)
                blocked = connection.client.blocked_since
                if blocked is not None and now - blocked > WRITE_STALL_SECONDS:
                    log.warning("a client took no bytes for %.0f s: cut", WRITE_STALL_SECONDS)
                    connection.client.abort()

    async def _serve(self, socket_stream: trio.SocketStream) -> None:
        client = ClientStream(socket_stream)
        # TCPServer duck-types its stream: TLS is what has do_handshake.
        transport: Any = client
        if self._tls is not None:
            transport = trio.SSLStream(client, self._tls, server_side=True, https_compatible=True)
        connection = Connection(self._config, self._context, client, transport)
        connection.app = _Application(self._handler, connection, self.memory)
        self._connections.add(connection)
        try:
            await connection
        except* Exception as errors:  # noqa: BLE001 - no client's bytes may end the server
            _log_failure(errors)
        finally:
            self._connections.discard(connection)
            # Hypercorn closes it, unless it is cancelled on the way.
            client.close()


class _Application:
    """What Hypercorn calls for each request of one connection."""

    def __init__(self, handler: Handler, connection: Connection, memory: BodyMemory | None) -> None:
        self._handler = handler
        self._connection = connection
        self._memory = memory

    async def __call__(
        self,
        scope: Scope,
        receive: ASGIReceiveCallable,
        send: ASGISendCallable,
        sync_spawn: Callable[..., Any],  # noqa: ARG002 - Hypercorn's signature
        call_soon: Callable[..., Any],  # noqa: ARG002
    ) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000, "reason": None})
            return
        exchange = Exchange(scope, receive, send, self._connection, self._memory)
        try:
            if exchange.multiplexed:
                await self._answer_multiplexed(exchange)
            else:
                with trio.CancelScope() as self._connection.exchange_scope:
                    await self._answer(exchange)
        finally:
            exchange.let_go()
        if not exchange.body_read:
            # Hypercorn's reader may be waiting for us to take what it has read.
            with trio.move_on_after(_LAST_WORDS_SECONDS, shield=True):
                await exchange.forget()

    async def _answer_multiplexed(self, exchange: Exchange) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_when_client_leaves, exchange, nursery.cancel_scope)
            await self._answer(exchange)
            nursery.cancel_scope.cancel()

    async def _answer(self, exchange: Exchange) -> None:
        try:
            await self._handler(exchange)
        except ClientGone:
            # Its connection has ended; but over HTTP/2 it may be a stream that ended, and then the
            # neighbours on the connection go on, unless half an answer stands.
            if exchange.started:
                exchange.abort()
        except trio.Cancelled:
            # The client left, or the server ends. Hypercorn would answer 500 to an exchange that
            # has no answer yet; over HTTP/2 it may, since a reset would end its neighbours, too.
            if not exchange.answered and not exchange.multiplexed:
                exchange.abort()
            raise
        except RequestError as error:
            await _respond_error(exchange, error)
        except Exception:  # because one request must not end the server; the log has the traceback
            log.exception("request_id=%s %s failed", exchange.request_id, exchange.path)
            await _respond_error(exchange, InternalError("the server failed; see its log"))
        else:
            if not exchange.answered:
                await _respond_error(exchange, InternalError("the handler gave no answer"))


def _log_failure(errors: BaseExceptionGroup[Exception]) -> None:
    # Without texts and traceback: what a parser could not take may hold a secret.
    error: Exception | BaseExceptionGroup[Exception] = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    where = traceback.extract_tb(error.__traceback__)[-1]
    name = type(error).__name__
    log.warning("a connection failed: %s in %s, line %s", name, where.filename, where.lineno)


async def _cancel_when_client_leaves(exchange: Exchange, scope: trio.CancelScope) -> None:
    await exchange.client_left()
    if not exchange.answered:
        scope.cancel()


async def _respond_error(exchange: Exchange, error: RequestError) -> None:
    if exchange.started:
        exchange.abort()
        return
    headers = [(b"content-type", b"application/json"), *error.headers()]
    await exchange.respond(error.status, headers, error.body(exchange.request_id))


async def serve_http(
    handler: Handler,
    listeners: Sequence[trio.SocketListener],
    *,
    tls: ssl.SSLContext | None = None,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> NoReturn:
    """Serve until cancelled, then cut what is left. For servers that need no drain."""
    server = HttpServer(handler, tls=tls)
    async with trio.open_nursery() as connections:
        try:
            await server.accept(listeners, connections, task_status=task_status)
        finally:
            server.abort_all()
    raise AssertionError("accept never returns")


async def open_listeners(host: str, port: int, *, set_by: str = "") -> list[trio.SocketListener]:
    """Listen on `host`:`port`; port 0 lets the kernel choose.

    Args:
        host: Address or name.
        port: Number.
        set_by: The variable or option that sets the port, to be told when it is taken.

    Raises:
        CannotBind: The address is taken, not ours, or not allowed.
    """
    try:
        return await trio.open_tcp_listeners(port, host=host, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:  # UnicodeError: the name has no IDNA form
        sentence = f"cannot listen on {host}:{port}: {reason_of(error)}"
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            named = f"port {port} ({set_by})" if set_by else f"port {port}"
            sentence = f"{named} is taken: {sentence}"
        raise CannotBind(sentence) from error


def port_of(listeners: Sequence[trio.SocketListener]) -> int:
    """The port number of the first listener."""
    return int(listeners[0].socket.getsockname()[1])


def server_tls(certificate: str, key: str) -> ssl.SSLContext:
    """A server context for PEM files.

    Raises:
        OSError: A file cannot be read, is not PEM, or the two do not belong together
            (`ssl.SSLError` is an OSError).
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # An encrypted key is an error: without a password given here OpenSSL would ask the terminal.
    context.load_cert_chain(certificate, key, password="")
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def _hypercorn_config() -> Config:
    config = Config()
    config.accesslog = None  # one line a request is written by proxy/serve.py, without secrets
    config.errorlog = logging.getLogger("pyworker.http.hypercorn")
    config.include_server_header = False
    config.include_date_header = False  # the model's own Date passes through
    # A long-lived load balancer connection is not a leak; Hypercorn's default ends it after 1000.
    config.keep_alive_max_requests = 2**31
    config.ssl_handshake_timeout = _TLS_HANDSHAKE_SECONDS
    return config
