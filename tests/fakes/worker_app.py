"""A whole worker but for its reporter and its model's log: service, ledger, readiness, front."""

import math
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import trio

from fakes.client import RawClient, connect
from fakes.fronts import Front, hypercorn
from fakes.grants import autoscaler
from pyworker.model.readiness import Readiness
from pyworker.proxy.grants import Grants
from pyworker.proxy.ledger import Ledger
from pyworker.proxy.serve import Service
from pyworker.proxy.sessions import Sessions
from pyworker.proxy.upstream import Upstream
from pyworker.worker import (
    BenchmarkConfig,
    Field,
    HandlerConfig,
    OpenRoute,
    WorkerConfig,
    Workload,
)
from pyworker.workload.served import ServedTokens

MAX_PERF = 100.0  # workload per second of a ready worker
BODY_LIMIT = 256 * 1024  # bytes

# Tokens to be made, as the tgi worker counts them: 10 unless the payload says otherwise.
WORKLOAD = Workload(
    fields=(Field(path="parameters.max_new_tokens", kind=int, default=10),),
    count=lambda values: float(values["parameters.max_new_tokens"]),
)
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

_BENCHMARK = BenchmarkConfig(payload=lambda _: {}, check=lambda _: None)

GENERATE = HandlerConfig(
    route="/generate",
    workload=WORKLOAD,
    allow_parallel_requests=True,
    max_queue_time=None,
    benchmark_config=_BENCHMARK,
)


def serial(max_queue_time: float | None = 30.0, max_queue: int = 1024) -> HandlerConfig:
    """A handler that serves one request at a time, on /serial."""
    return HandlerConfig(
        route="/serial",
        workload=WORKLOAD,
        max_queue_time=max_queue_time,
        max_queue=max_queue,
    )


@dataclass
class WorkerApp:
    """A running worker and all its parts."""

    ledger: Ledger
    readiness: Readiness
    grants: Grants
    port: int = 0
    drain: Callable[[], Awaitable[None]] = field(default=trio.lowlevel.checkpoint)
    service: Service = field(init=False)
    _changed: trio.Event = field(default_factory=trio.Event)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> httpx.AsyncClient:
        """An httpx client without limits of its own."""
        return httpx.AsyncClient(
            base_url=self.url,
            timeout=None,
            trust_env=False,
            limits=httpx.Limits(max_connections=None),
            # httpx would load the system's certificates for each client: 30 ms.
            verify=_NO_CERTIFICATES,
        )

    async def connect(self, *, receive_buffer: int = 0) -> RawClient:
        """A bare connection."""
        return await connect(self.port, receive_buffer=receive_buffer)

    def ledger_changed(self) -> None:
        """What the ledger calls."""
        self._changed.set()
        self._changed = trio.Event()

    async def until(self, condition: Callable[[Ledger], bool]) -> None:
        """Wait until the ledger is as `condition` wants it."""
        while not condition(self.ledger):
            await self._changed.wait()


async def _no_new_key() -> bool:
    return False


@asynccontextmanager
async def running_worker(
    model_url: str,
    *,
    handlers: tuple[HandlerConfig, ...] = (),
    open_routes: tuple[str | OpenRoute, ...] = (),
    ready: bool = True,
    unsecured: bool = False,
    has_key: bool = True,
    body_limit: int = BODY_LIMIT,
    silence: float = math.inf,
    connect_timeout: float = 5.0,
    refresh_key: Callable[[], Awaitable[bool]] = _no_new_key,
    tls: ssl.SSLContext | None = None,
    front: Front = hypercorn,
    max_sessions: int | None = 10,
    sessions_hold_cost: bool = False,
    master_token: str = "",
    tokens: ServedTokens | None = None,
) -> AsyncGenerator[WorkerApp]:
    """Run a worker with `handlers` in front of a model server, and GENERATE unless one of them is
    benchmarked.

    When the block ends, whatever is in flight is cut, and must have left the ledger.
    """
    grants = Grants(unsecured=unsecured)
    if has_key:
        grants.use_key(autoscaler().public_key)
    app = WorkerApp(Ledger(), Readiness(clock=trio.current_time), grants)
    app.ledger.on_change = app.ledger_changed
    if ready:
        make_ready(app.readiness)
    config = WorkerConfig(
        name="test",
        model_server_url=model_url,
        model_log_file="",
        handlers=handlers if _measured(handlers) else (GENERATE, *handlers),
        open_routes=open_routes,
        tokens=tokens,
    )
    upstream = Upstream(model_url, connect_timeout=connect_timeout)
    sessions = Sessions(
        app.ledger,
        limit=max_sessions,
        hold_cost=sessions_hold_cost,
        tell_model=upstream.fetch,
    )
    service = app.service = Service(
        config,
        body_limit=body_limit,
        ledger=app.ledger,
        readiness=app.readiness,
        grants=grants,
        refresh_key=refresh_key,
        sessions=sessions,
        master_token=master_token,
    )
    running = front(service, model_url, silence=silence, connect_timeout=connect_timeout, tls=tls)
    async with running as served, trio.open_nursery() as nursery:
        await nursery.start(sessions.serve)
        app.port, app.drain = served.port, served.drain
        yield app
        sessions.stop()
    await upstream.aclose()
    assert (app.ledger.working, app.ledger.load) == (0, 0.0)


def _measured(handlers: tuple[HandlerConfig, ...]) -> bool:
    return any(handler.benchmark_config is not None for handler in handlers)


def make_ready(readiness: Readiness) -> None:
    """Take the whole way from the start to ready."""
    readiness.loading("the model")
    readiness.benchmarking()
    readiness.confirming(MAX_PERF, "its probe")
    readiness.serve()
