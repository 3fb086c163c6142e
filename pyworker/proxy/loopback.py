"""The plain listeners on loopback, for processes of this machine only."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trio

from pyworker.errors import CannotBind
from pyworker.http.body_memory import BodyMemory
from pyworker.http.server import HttpServer, open_listeners, port_of
from pyworker.proxy.exchange import ProxyExchange
from pyworker.proxy.hypercorn_front import front
from pyworker.proxy.open_routes import ControlRoutes
from pyworker.proxy.serve import Service
from pyworker.proxy.upstream import Upstream
from pyworker.settings import Settings
from pyworker.worker import WorkerConfig

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loopback:
    """What the listeners need.

    Attributes:
        config: Says how the definition is steered.
        settings: Say where the end of a session is taken.
        service: Answers that.
        upstream: To the model server.
        memory: Where the bodies of all requests are counted.
    """

    config: WorkerConfig
    settings: Settings
    service: Service
    upstream: Upstream
    memory: BodyMemory

    async def accept_all(self, accepting: trio.Nursery, serving: trio.Nursery) -> list[HttpServer]:
        """Listen where the model server ends a session, and where the definition is steered.

        Args:
            accepting: Owns the listeners.
            serving: Owns their connections.

        Returns:
            What serves there, to be drained and cut with the worker's own server.

        Raises:
            CannotBind: The definition's control port is taken.
        """
        config, settings = self.config, self.settings
        servers: list[HttpServer] = []
        if config.control_routes:
            control = ControlRoutes(config.control_routes, settings.body_limit)
            server, listeners = await self._open(
                control, config.control_port, config.control_port_set_by
            )
            await accepting.start(server.accept, listeners, serving)
            servers.append(server)
            log.info("control routes on port %d of loopback", port_of(listeners))
        try:
            server, listeners = await self._open(
                self.service.on_loopback, settings.worker_http_port, "WORKER_HTTP_PORT"
            )
            await accepting.start(server.accept, listeners, serving)
            servers.append(server)
        except CannotBind as error:
            log.warning("sessions cannot be ended from this machine: %s", error)
        return servers

    async def _open(
        self, routes: Callable[[ProxyExchange], Awaitable[None]], port: int, set_by: str
    ) -> tuple[HttpServer, list[trio.SocketListener]]:
        """What serves `routes`, and where it listens: the kernel may have chosen the port."""
        listeners = await open_listeners("127.0.0.1", port, set_by=set_by)
        return HttpServer(front(routes, self.upstream), memory=self.memory), listeners
