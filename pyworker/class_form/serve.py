"""Runs a worker in class form: the asyncio loop of its coroutines stands around the worker."""

import logging
import math
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from pyworker.bridge.thread import asyncio_thread
from pyworker.class_form.backend import Backend
from pyworker.class_form.describe import described
from pyworker.class_form.lifecycle import Lifecycle
from pyworker.class_form.translate import worker_config
from pyworker.class_form.web import Route
from pyworker.errors import DefinitionGaveUp, SettingsError
from pyworker.process import main
from pyworker.run import run
from pyworker.settings import Settings, read_settings
from pyworker.worker import WorkerConfig

log = logging.getLogger(__name__)


@dataclass
class Asked:
    """What the command line says of a definition that is run as it is.

    Attributes:
        model_url, log: Instead of its own; empty for its own.
        describe: Say what it is, and do not serve it.
        served: It has started a worker.
    """

    model_url: str = ""
    log: str = ""
    describe: bool = False
    served: bool = False


ASKED = Asked()

# A throughput that older generations kept in their working directory; some definitions write it
# before they start, to pin theirs.
PINNED = Path(".has_benchmark")
# What a server of aiohttp's could be told, and what changes nothing here.
_NO_MATTER = {"backlog", "reuse_address", "reuse_port", "shutdown_timeout"}


def start_server(backend: Backend, routes: Sequence[Route], **options: object) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        backend: The model server, and the handlers created from it.
        routes: `web.post(path, backend.create_handler(handler))`, and coroutines of your own.
        options: `host` is the address to listen on.

    Raises:
        SystemExit: The worker could not be started, or died; its code is that of the process.
    """
    serving = Serving(backend, routes)
    if ASKED.describe:
        serving.describe(options)
        return
    code = main(serving.define, environment(options), serving.serve)
    if code:
        raise SystemExit(code)


def environment(options: Mapping[str, object]) -> dict[str, str]:
    """The environment, with what was said of the server's socket.

    Raises:
        SettingsError: An option is not known here.
    """
    environ = dict(os.environ)
    for name, value in options.items():
        if name == "host":
            environ["WORKER_HOST"] = str(value or "0.0.0.0")
        elif name not in _NO_MATTER:
            raise SettingsError(f"{name}={value!r} is nothing that this server can be told")
    return environ


class Serving:
    """One worker in class form, from its definition to its end; named for its script's folder."""

    def __init__(self, backend: Backend, routes: Sequence[Route]) -> None:
        self._name = Path(sys.argv[0]).resolve().parent.name or "worker"
        self.backend = backend
        ASKED.served = True
        self._routes = routes
        manager = backend.lifecycle
        self._lifecycle = None if manager is None else Lifecycle(manager, backend.bridge)

    def define(self, settings: Settings) -> WorkerConfig:
        """The worker; what it leaves open is as the settings say."""
        waiting = None if self._lifecycle is None else self._lifecycle.waiting
        config = worker_config(self._name, self.backend, self._routes, waiting=waiting)
        # From here on its own requests go there, too.
        self.backend.model_server_url = ASKED.model_url or self.backend.model_server_url
        return replace(
            config,
            health_endpoint=config.health_endpoint or settings.model_health_endpoint or "",
            model_server_url=ASKED.model_url or config.model_server_url,
            model_log_file=ASKED.log or config.model_log_file,
        )

    def describe(self, options: Mapping[str, object]) -> None:
        """Say on standard output what would be served."""
        config = self.define(read_settings(environment(options)))
        sys.stdout.write(described(config))

    async def serve(self, config: WorkerConfig, settings: Settings) -> None:
        """Run the worker with an asyncio loop in a thread."""
        async with asyncio_thread(self.backend.bridge):
            await self.serve_on(config, settings)

    async def serve_on(self, config: WorkerConfig, settings: Settings) -> None:
        """Run the worker; the backend's bridge is bound to a loop already."""
        pinned = read_pinned(PINNED) if settings.max_perf is None else None
        if pinned is not None:
            log.warning("throughput %g from %s: no benchmark is run", pinned, PINNED)
            settings = replace(settings, max_perf=pinned)
        token = trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as nursery:

            def end(message: str) -> None:
                with suppress(RuntimeError):  # it has ended already
                    nursery.start_soon(_give_up, message)

            def gave_up(message: str) -> None:
                with suppress(trio.RunFinishedError):
                    token.run_sync_soon(end, message)

            self.backend.gave_up = gave_up
            lifecycle = self._lifecycle
            async with lifecycle.around(settings.grace) if lifecycle else nullcontext():
                await run(config, settings)
            nursery.cancel_scope.cancel()


async def _give_up(message: str) -> None:
    raise DefinitionGaveUp(message)


def read_pinned(path: Path) -> float | None:
    """The throughput in a file, workload/s; None when there is none that makes sense."""
    try:
        value = float(path.read_text())
    except (OSError, ValueError):
        return None
    return value if math.isfinite(value) and value > 0 else None
