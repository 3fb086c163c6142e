"""The life of a worker process, top to bottom; the nesting of its nurseries is its shutdown order.

life        the second signal, the end of the grace period, the last report
└─ control      reporter: its loops end when nothing is left to count
   └─ serving       exchanges in flight: end within the grace period
      └─ accepting      fronts, watch over the model, public key, tokenizer: first to die
"""

import logging
import random
import resource
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import NamedTuple, cast

import httpx
import trio

from pyworker.autoscaler.launch import report_launch_failure
from pyworker.autoscaler.pubkey import PublicKey
from pyworker.autoscaler.reporter import Reporter, autoscaler_client
from pyworker.autoscaler.wire import Identity
from pyworker.errors import CannotBind, SettingsError
from pyworker.http.server import HttpServer, open_listeners, port_of, server_tls
from pyworker.logs import set_up_logging
from pyworker.model.health import HealthProbe
from pyworker.model.loaded import LogMarker, asks_log, loaded_by
from pyworker.model.loading import Model, missing
from pyworker.model.markers import LogMarkers
from pyworker.model.measure import measure
from pyworker.model.readiness import Readiness
from pyworker.model.tokenizer import TokenizerLoading
from pyworker.model.watch import ModelWatch
from pyworker.proxy.exchange import ProxyExchange
from pyworker.proxy.grants import Grants
from pyworker.proxy.hypercorn_front import front
from pyworker.proxy.ledger import Ledger
from pyworker.proxy.open_routes import ControlRoutes
from pyworker.proxy.serve import Service
from pyworker.proxy.sessions import Sessions
from pyworker.proxy.upstream import Upstream
from pyworker.settings import BadSettings, Settings, read_settings
from pyworker.worker import WorkerConfig

log = logging.getLogger(__name__)

# For the reports under way, and again for the last one: long enough for one slow autoscaler, and
# together not over the 10 s that container runtimes commonly wait between SIGTERM and SIGKILL.
LAST_REPORT_SECONDS = 4.0
# Where a worker without a model server would send what has nowhere to go: nobody ever listens.
_NO_MODEL_SERVER = "http://127.0.0.1:0"
EXIT_OK, EXIT_DIED, EXIT_SETTINGS = 0, 1, 2


def main(
    define: Callable[[Settings], WorkerConfig],
    environ: Mapping[str, str],
    serve: "Callable[[WorkerConfig, Settings], Awaitable[None]] | None" = None,
) -> int:
    """Run a worker until it is told to stop; returns the process's exit code.

    Args:
        define: Makes the worker from the settings.
        environ: Environment variables.
        serve: Runs it; `run`, or what stands around it.
    """
    try:
        settings = read_settings(environ)
    except BadSettings as error:
        return refuse(str(error), error.identity)
    set_up_logging(settings.log_level, settings.log_format)
    try:
        trio.run(serve or run, define(settings), settings)
    except Exception as error:  # noqa: BLE001 - whatever it is, the autoscaler must hear of it
        return died(error, settings)
    return EXIT_OK


def died(error: Exception, settings: Settings) -> int:
    """Tell the log and the autoscaler why the worker ended; returns the exit code."""
    identity = settings.identity(listening_port=0)
    cause = _cause(error)
    if isinstance(cause, (CannotBind, SettingsError)):
        return refuse(str(cause), identity)
    log.error("the worker died", exc_info=error)
    reason = f"{type(cause).__name__}: {cause}"
    trio.run(report_launch_failure, identity, f"the worker died: {reason}")
    return EXIT_DIED


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
    listeners = await open_listeners(settings.worker_host, settings.worker_port)
    identity = settings.identity(port_of(listeners))

    ledger = Ledger()
    readiness = Readiness(clock=trio.current_time)
    grants = Grants(unsecured=settings.unsecured)
    client = autoscaler_client(identity.report_addresses)
    reporter = Reporter(identity, ledger, readiness, client)
    ledger.on_change, readiness.on_change = reporter.amounts_changed, reporter.state_changed
    public_key = PublicKey(grants, identity.report_addresses, client)
    tokenizer = TokenizerLoading(config, connect_timeout=settings.connect_timeout)
    watch = _watch(config, settings, readiness, public_key, tokenizer)
    upstream = Upstream(
        config.model_server_url or _NO_MODEL_SERVER,
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
    server = HttpServer(front(service, upstream), tls=tls)
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
                        local = _Local(service, upstream, accepting, serving)
                        await _accept_on_loopback(local, config, settings)
                        await accepting.start(public_key.serve)
                        # Not waited for: a file system that hangs must not keep SIGTERM waiting.
                        accepting.start_soon(watch.serve)
                        accepting.start_soon(tokenizer.serve)
                        task_status.started(port_of(listeners))
                        log.info("%s: draining", signal.Signals(await anext(signals)).name)
                        readiness.drain()
                        accepting.cancel_scope.cancel()
                    await server.close_idle()
                    life.start_soon(_set_at_signal, signals, second)
                    life.start_soon(_end_grace, settings.grace, second, serving, server, drained)
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


class _Local(NamedTuple):
    """What a plain listener on loopback needs."""

    service: Service
    upstream: Upstream
    accepting: trio.Nursery
    serving: trio.Nursery

    async def accept(self, routes: Callable[[ProxyExchange], Awaitable[None]], port: int) -> int:
        """Serve `routes` there; returns the port, which the kernel may have chosen."""
        listeners = await open_listeners("127.0.0.1", port)
        server = HttpServer(front(routes, self.upstream), tls=None)
        await self.accepting.start(server.accept, listeners, self.serving)
        return port_of(listeners)


async def _accept_on_loopback(local: _Local, config: WorkerConfig, settings: Settings) -> None:
    """By one port the model server ends a session, by another the definition is steered."""
    if config.control_routes:
        control = ControlRoutes(config.control_routes, settings.body_limit)
        taken = await local.accept(control, config.control_port)
        log.info("control routes on port %d of loopback", taken)
    try:
        await local.accept(local.service.on_loopback, settings.worker_http_port)
    except CannotBind as error:
        log.warning("sessions cannot be ended from this machine: %s (WORKER_HTTP_PORT)", error)


def _watch(
    config: WorkerConfig,
    settings: Settings,
    readiness: Readiness,
    public_key: PublicKey,
    tokenizer: TokenizerLoading,
) -> ModelWatch:
    actions = config.log_actions
    try:
        markers = LogMarkers(
            settings.error_markers or actions.on_error,
            settings.load_markers or actions.on_load,
            settings.info_markers or actions.on_info,
        )
        loaded = loaded_by(settings.readiness, config.loaded, config.health_endpoint)
        if not config.model_log_file and asks_log(loaded):
            raise ValueError("it waits for a load marker, and follows no log")
    except ValueError as error:
        raise SettingsError(f"worker {config.name}: {error}") from error
    model = Model(
        config.model_server_url, Path(config.model_log_file), probe_timeout=settings.probe_timeout
    )
    probe = (
        HealthProbe(model.url, config.health_endpoint, timeout=model.probe_timeout)
        if config.health_endpoint
        else None
    )

    async def loading(marker_seen: bool) -> str:
        return await missing(loaded, model, marker_seen=marker_seen)

    async def measured() -> float:
        readiness.wait_for("the tokenizer of the served model")
        await tokenizer.settle()
        readiness.wait_for("")
        return await measure(config, settings, random.Random())

    return ModelWatch(
        readiness,
        log_path=model.log_path if config.model_log_file else None,
        markers=markers,
        measure=measured,
        probe=probe,
        key_available=public_key.available.wait,
        loading=None if isinstance(loaded, LogMarker) else loading,
        confirm_seconds=settings.readiness_timeout,
    )


async def _set_at_signal(signals: AsyncIterator[int], event: trio.Event) -> None:
    await anext(signals)
    event.set()


async def _end_grace(
    grace: float,
    second: trio.Event,
    serving: trio.Nursery,
    server: HttpServer,
    drained: trio.CancelScope,
) -> None:
    with drained:
        with trio.move_on_after(grace):
            await second.wait()
        over = "second signal" if second.is_set() else f"grace period of {grace:g} s is over"
        log.warning("%s: cutting what is left", over)
        serving.cancel_scope.cancel()
        # A client that takes no bytes holds its connection in a shielded send; a reset ends it.
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
            f" {settings.private_key} cannot be used: {error}"
        ) from error


def _raise_file_limit() -> None:
    """A stream takes two descriptors, and the usual soft limit is 1024; the hard one is higher."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def refuse(sentence: str, identity: Identity) -> int:
    """Say why no worker can be started, here and to the autoscaler; returns the exit code."""
    sys.stderr.write(f"pyworker: {sentence}\n")
    trio.run(report_launch_failure, identity, sentence)
    return EXIT_SETTINGS


def _cause(error: Exception) -> Exception:
    """The first error within the groups that nurseries wrap around it."""
    group = error
    while isinstance(group, ExceptionGroup):
        group = cast("ExceptionGroup[Exception]", group).exceptions[0]
    return group
