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
        service: Answers the end of a session.
        upstream: To the model server.
        memory: Where the bodies of all requests are counted.
        accepting: Owns the listeners.
        serving: Owns their connections.
    """

    service: Service
    upstream: Upstream
    memory: BodyMemory | None
    accepting: trio.Nursery
    serving: trio.Nursery

    async def accept_all(self, config: WorkerConfig, settings: Settings) -> list[HttpServer]:
        """Listen where the model server ends a session, and where the definition is steered.

        Returns:
            What serves there, to be drained and cut with the worker's own server.

        Raises:
            CannotBind: The definition's control port is taken.
        """
        servers: list[HttpServer] = []
        if config.control_routes:
            control = ControlRoutes(config.control_routes, settings.body_limit)
            server, port = await self._accept(
                control, config.control_port, set_by=config.control_port_set_by
            )
            servers.append(server)
            log.info("control routes on port %d of loopback", port)
        try:
            server, _ = await self._accept(
                self.service.on_loopback, settings.worker_http_port, set_by="WORKER_HTTP_PORT"
            )
            servers.append(server)
        except CannotBind as error:
            log.warning("sessions cannot be ended from this machine: %s", error)
        return servers

    async def _accept(
        self, routes: Callable[[ProxyExchange], Awaitable[None]], port: int, *, set_by: str
    ) -> tuple[HttpServer, int]:
        """Serve `routes` there; returns the port, too, which the kernel may have chosen."""
        listeners = await open_listeners("127.0.0.1", port, set_by=set_by)
        server = HttpServer(front(routes, self.upstream), memory=self.memory)
        await self.accepting.start(server.accept, listeners, self.serving)
        return server, port_of(listeners)
