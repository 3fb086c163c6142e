"""The names of generation C, the vastai SDK, as definitions use them; served by the class form."""

from typing import Any

from pyworker.class_form.backend import Backend
from pyworker.class_form.serve import start_server
from pyworker.class_form.web import post
from pyworker.compat.hosted import serve_hosted
from pyworker.compat.sdk_config import (
    BenchmarkConfig,
    HandlerConfig,
    LogActionConfig,
    WorkerConfig,
)
from pyworker.compat.sdk_handler import served_handler

__all__ = ["BenchmarkConfig", "HandlerConfig", "LogActionConfig", "Worker", "WorkerConfig"]


class Worker:
    """Serves a `WorkerConfig`.

    Attributes:
        backend: The model server behind it.
        routes: What is served; a definition may add routes of its own.
    """

    def __init__(self, config: WorkerConfig) -> None:
        backend = Backend(
            config.url,
            config.model_log_file,
            log_actions=config.log_action_config.log_actions,
            healthcheck_url=config.model_healthcheck_url,
            max_sessions=config.max_sessions,
            lifecycle=config.lifecycle,
        )
        self.backend = backend
        self.routes: list[Any] = [
            post(handler.route, served_handler(handler, backend)) for handler in config.handlers
        ]

    def run(self, **options: Any) -> None:
        """Serve until SIGTERM or SIGINT; see `start_server`."""
        start_server(self.backend, self.routes, **options)

    async def run_async(self, **options: Any) -> None:
        """Serve on the asyncio loop that runs, until SIGTERM, SIGINT or a cancellation."""
        await serve_hosted(self.backend, self.routes, options)
