"""The fronts behind the seam of pyworker/proxy/exchange.py, each started the same way."""

import math
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import trio

from pyworker.http.server import HttpServer, open_listeners, port_of
from pyworker.proxy.exchange import ProxyExchange
from pyworker.proxy.hypercorn_front import front as hypercorn_front
from pyworker.proxy.upstream import Upstream

Serve = Callable[[ProxyExchange], Awaitable[None]]


@dataclass(frozen=True)
class RunningFront:
    """A front that accepts requests on `port` until `drain` or the end of its block."""

    port: int
    drain: Callable[[], Awaitable[None]]


class Front(Protocol):
    """Starts a front for a test; the block's end cuts what is left."""

    def __call__(
        self,
        serve: Serve,
        model_url: str,
        *,
        silence: float = math.inf,
        connect_timeout: float = 5.0,
        tls: ssl.SSLContext | None = None,
    ) -> AbstractAsyncContextManager[RunningFront]:
        """Serve exchanges with the model server at `model_url` behind them; times in seconds."""
        ...


@asynccontextmanager
async def hypercorn(
    serve: Serve,
    model_url: str,
    *,
    silence: float = math.inf,
    connect_timeout: float = 5.0,
    tls: ssl.SSLContext | None = None,
) -> AsyncGenerator[RunningFront]:
    """Hypercorn and httpcore, put together as run.py does."""
    upstream = Upstream(model_url, connect_timeout=connect_timeout, silence=silence)
    server = HttpServer(hypercorn_front(serve, upstream), tls=tls)
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
        yield RunningFront(port_of(listeners), drain)
        serving.cancel_scope.cancel()
        server.abort_all()
    await upstream.aclose()


FRONTS: dict[str, Front] = {"hypercorn": hypercorn}
