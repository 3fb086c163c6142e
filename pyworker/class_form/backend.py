"""The model server behind a worker in class form, and what its log means."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from enum import Enum

from pyworker.bridge.calls import Bridge
from pyworker.class_form.handler import EndpointHandler
from pyworker.class_form.model_session import ModelSession
from pyworker.class_form.payload import ApiPayload
from pyworker.class_form.request import Request
from pyworker.class_form.response import StreamResponse
from pyworker.errors import DefinitionGaveUp, SettingsError
from pyworker.worker import HandlerConfig

log = logging.getLogger(__name__)


class LogAction(Enum):
    """What a line of the model's log means when it holds a text."""

    ModelLoaded = 1
    ModelError = 2
    Info = 3


class _Unset(Enum):
    UNSET = 0


UNSET = _Unset.UNSET


class Created:
    """What `create_handler` gives, to stand in a route.

    Args:
        source: What it was created from: an EndpointHandler, unless there is `make`.
        make: Makes what is served on a path; called when the server is started.
    """

    def __init__(self, source: object, make: Callable[[str], HandlerConfig] | None = None) -> None:
        self.source = source
        self.make = make

    async def __call__(self, _: Request) -> StreamResponse:
        """Never: `start_server` looks for handlers of this kind in the routes."""
        raise RuntimeError("a handler of create_handler is served by start_server only")


class Backend:
    """One model server.

    Args:
        model_server_url: Its base URL.
        model_log_file: Path of its log; None when there is none.
        allow_parallel_requests: False serves one request at a time, over all handlers, in the order
            of arrival; None leaves it to each handler.
        benchmark_handler: The one whose throughput is measured; None leaves it to the handlers.
        log_actions: Texts in the log and what they mean.
        max_wait_time: A request whose expected wait is longer, in seconds, is refused; None for no
            limit. Unless it is set it is 10 where a handler has a `healthcheck_endpoint`, as it was
            in the generation that brought those, and else no limit.
        healthcheck_url: Path or URL that answers 200 when the model is well.
        max_sessions: Sessions that may be open; None or 0 for no limit.
        lifecycle: An asyncio context manager; the model is loaded when it has been entered, and it
            is left when the last request is over.
    """

    def __init__(
        self,
        model_server_url: str | None,
        model_log_file: str | None = None,
        allow_parallel_requests: bool | None = None,
        benchmark_handler: EndpointHandler[ApiPayload] | None = None,
        log_actions: Sequence[tuple[LogAction, str]] = (),
        max_wait_time: float | _Unset | None = UNSET,
        *,
        healthcheck_url: str | None = None,
        max_sessions: int | None = 10,
        lifecycle: AbstractAsyncContextManager[object] | None = None,
    ) -> None:
        self.model_server_url = model_server_url
        self.model_log_file = model_log_file
        self.allow_parallel_requests = allow_parallel_requests
        self.benchmark_handler = benchmark_handler
        self.log_actions = tuple(log_actions)
        self.max_wait_time = max_wait_time
        self.healthcheck_url = healthcheck_url
        self.max_sessions = max_sessions
        self.lifecycle = lifecycle
        self.bridge = Bridge()
        self.gave_up: Callable[[str], None] | None = None
        self.metrics = Metrics()

    @property
    def session(self) -> ModelSession:
        """Asks the model server, from the asyncio loop."""
        if self.model_server_url is None:
            raise SettingsError("the backend has no model server to ask")
        return ModelSession(self.bridge, self.model_server_url)

    def create_handler(self, handler: EndpointHandler[ApiPayload]) -> Created:
        """A handler to stand in a route for POST."""
        return Created(handler)

    def backend_errored(self, msg: str) -> None:
        """The model server is beyond repair: the worker reports it and ends."""
        log.error("the definition gives up: %s", msg)
        if self.gave_up is None:
            raise DefinitionGaveUp(msg)
        self.gave_up(msg)


class Metrics:
    """Where older definitions count requests of their own making; they are not reported here."""

    def __init__(self) -> None:
        self._told = False

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)

        def ignore(*_: object, **__: object) -> None:
            if not self._told:
                self._told = True
                log.warning("backend.metrics.%s: not counted; routes with a grant are", name)

        return ignore
