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

import trio

from pyworker.errors import SettingsError
from pyworker.http.server import HttpServer, open_listeners, port_of, server_tls
from pyworker.parts import Parts, assembled
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
    listeners, parts = await _opened(config, settings)
    port, servers = port_of(listeners), [parts.server]
    drained, second = trio.CancelScope(), trio.Event()

    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as life:
            async with trio.open_nursery() as control:
                await control.start(parts.reporter.serve)
                await control.start(parts.sessions.serve)
                async with trio.open_nursery() as serving:
                    async with trio.open_nursery() as accepting:
                        await accepting.start(parts.server.accept, listeners, serving)
                        log.info("worker %s listens on port %d", config.name, port)
                        servers += await parts.loopback.accept_all(accepting, serving)
                        await accepting.start(parts.public_key.serve)
                        # Not waited for: a file system that hangs must not keep SIGTERM waiting.
                        accepting.start_soon(parts.watch.serve)
                        accepting.start_soon(parts.tokenizer.serve)
                        task_status.started(port)
                        log.info("%s: draining", signal.Signals(await anext(signals)).name)
                        parts.readiness.drain()
                        accepting.cancel_scope.cancel()
                    for each in servers:
                        await each.close_idle()
                    life.start_soon(_set_at_signal, signals, second)
                    life.start_soon(_end_grace, settings.grace, second, serving, servers, drained)
                drained.cancel()
                _let_control_end(parts, control)
                if not second.is_set():
                    life.start_soon(_end_reporting, second, life)
            await parts.reporter.last_report(LAST_REPORT_SECONDS)
            life.cancel_scope.cancel()
    await parts.aclose()
    log.info("worker %s stopped", config.name)


async def _opened(
    config: WorkerConfig, settings: Settings
) -> tuple[list[trio.SocketListener], Parts]:
    """Where clients come, and all that serves them: whatever may be wrong is found here."""
    _raise_file_limit()
    tls = _tls(settings)
    listeners = await open_listeners(
        settings.worker_host, settings.worker_port, set_by="WORKER_PORT"
    )
    return listeners, assembled(config, settings, port_of(listeners), tls)


def _let_control_end(parts: Parts, control: trio.Nursery) -> None:
    """Nothing is left to count: what is under way is told, and no more begun."""
    parts.sessions.stop()
    parts.reporter.stop()
    control.cancel_scope.deadline = trio.current_time() + LAST_REPORT_SECONDS


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
