"""The life of a worker process, top to bottom; the nesting of its nurseries is its shutdown order.

life        the second signal, the end of the grace period, the last report
└─ control      reporter: its loops end when nothing is left to count
   └─ serving       exchanges in flight: end within the grace period
      └─ accepting      fronts, watch over the model, public key, tokenizer: first to die
"""

import logging
import resource
import signal
import ssl
from collections.abc import AsyncIterator, Sequence

import httpx
import trio

from pyworker.autoscaler.pubkey import PublicKey
from pyworker.autoscaler.reporter import Reporter, autoscaler_client
from pyworker.errors import SettingsError
from pyworker.http.body_memory import BodyMemory
from pyworker.http.server import HttpServer, open_listeners, port_of, server_tls
from pyworker.model.readiness import Readiness
from pyworker.model.tokenizer import TokenizerLoading
from pyworker.model.watched import model_watch
from pyworker.proxy.grants import Grants
from pyworker.proxy.hypercorn_front import front
from pyworker.proxy.ledger import Ledger
from pyworker.proxy.loopback import Loopback
from pyworker.proxy.serve import Service
from pyworker.proxy.sessions import Sessions
from pyworker.proxy.upstream import NO_SERVER, Upstream
from pyworker.reasons import reason_of
from pyworker.settings import Settings
from pyworker.worker import WorkerConfig

log = logging.getLogger(__name__)

# For the reports under way, and again for the last one: long enough for one slow autoscaler, and
# together not over the 10 s that container runtimes commonly wait between SIGTERM and SIGKILL.
LAST_REPORT_SECONDS = 4.0


async def run(
    config: WorkerConfig,
    settings: Settings,
    *,
    task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal stops at once.

    Args:
        config: The worker.
        settings: The environment.
        task_status: Started with the port number once requests are accepted.

    Raises:
        CannotBind: The port is taken.
        SettingsError: The certificate or the key cannot be used, or a marker of the definition.
        NotALogFile: The model's log is not a file that can be followed.
    """
    _raise_file_limit()
    tls = _tls(settings)
    listeners = await open_listeners(
        settings.worker_host, settings.worker_port, set_by="WORKER_PORT"
    )
    identity = settings.identity(port_of(listeners))

    ledger = Ledger()
    readiness = Readiness(clock=trio.current_time)
    grants = Grants(unsecured=settings.unsecured)
    client = autoscaler_client(identity.report_addresses)
    reporter = Reporter(identity, ledger, readiness, client)
    ledger.on_change, readiness.on_change = reporter.amounts_changed, reporter.state_changed
    public_key = PublicKey(grants, identity.report_addresses, client)
    tokenizer = TokenizerLoading(config, connect_timeout=settings.connect_timeout)
    watch = model_watch(config, settings, readiness, public_key.available.wait, tokenizer)
    upstream = Upstream(
        config.model_server_url or NO_SERVER,
        connect_timeout=settings.connect_timeout,
        silence=settings.model_timeout,
    )
    sessions = Sessions(
        ledger,
        limit=config.max_sessions,
        hold_cost=config.sessions_hold_cost,
        tell_model=upstream.fetch,
    )
    service = Service(
        config,
        body_limit=settings.body_limit,
        ledger=ledger,
        readiness=readiness,
        grants=grants,
        refresh_key=public_key.refresh,
        sessions=sessions,
        master_token=settings.master_token,
    )
    server = HttpServer(front(service, upstream), tls=tls, memory=BodyMemory(settings.body_memory))
    servers = [server]
    drained, second = trio.CancelScope(), trio.Event()

    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as life:
            async with trio.open_nursery() as control:
                await control.start(reporter.serve)
                await control.start(sessions.serve)
                async with trio.open_nursery() as serving:
                    async with trio.open_nursery() as accepting:
                        await accepting.start(server.accept, listeners, serving)
                        log.info("worker %s listens on port %d", config.name, port_of(listeners))
                        servers += await Loopback(
                            service, upstream, server.memory, accepting, serving
                        ).accept_all(config, settings)
                        await accepting.start(public_key.serve)
                        # Not waited for: a file system that hangs must not keep SIGTERM waiting.
                        accepting.start_soon(watch.serve)
                        accepting.start_soon(tokenizer.serve)
                        task_status.started(port_of(listeners))
                        log.info("%s: draining", signal.Signals(await anext(signals)).name)
                        readiness.drain()
                        accepting.cancel_scope.cancel()
                    for each in servers:
                        await each.close_idle()
                    life.start_soon(_set_at_signal, signals, second)
                    life.start_soon(_end_grace, settings.grace, second, serving, servers, drained)
                drained.cancel()
                sessions.stop()
                reporter.stop()
                control.cancel_scope.deadline = trio.current_time() + LAST_REPORT_SECONDS
                if not second.is_set():
                    life.start_soon(_end_reporting, second, life)
            await reporter.last_report(LAST_REPORT_SECONDS)
            life.cancel_scope.cancel()
    await _close(upstream, client)
    log.info("worker %s stopped", config.name)


async def _close(*clients: Upstream | httpx.AsyncClient) -> None:
    for each in clients:
        await each.aclose()


async def _set_at_signal(signals: AsyncIterator[int], event: trio.Event) -> None:
    await anext(signals)
    event.set()


async def _end_grace(
    grace: float,
    second: trio.Event,
    serving: trio.Nursery,
    servers: Sequence[HttpServer],
    drained: trio.CancelScope,
) -> None:
    with drained:
        with trio.move_on_after(grace):
            await second.wait()
        over = "second signal" if second.is_set() else f"grace period of {grace:g} s is over"
        log.warning("%s: cutting what is left", over)
        serving.cancel_scope.cancel()
        # A client that takes no bytes holds its connection in a shielded send; a reset ends it.
        for server in servers:
            server.abort_all()


async def _end_reporting(second: trio.Event, life: trio.Nursery) -> None:
    await second.wait()
    log.warning("second signal: stopping without the last report")
    life.cancel_scope.cancel()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if not settings.use_ssl:
        return None
    try:
        return server_tls(settings.certificate, settings.private_key)
    except OSError as error:
        raise SettingsError(
            f"USE_SSL is true, but INSTANCE_CERT {settings.certificate} and INSTANCE_KEY"
            f" {settings.private_key} cannot be used: {reason_of(error)}"
        ) from error


def _raise_file_limit() -> None:
    """A stream takes two descriptors, and the usual soft limit is 1024; the hard one is higher."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
