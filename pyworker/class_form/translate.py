"""From a worker in class form to the `WorkerConfig` that is served."""

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

from pyworker.class_form.answering import model_answered_by
from pyworker.class_form.backend import UNSET, Backend, Created, LogAction
from pyworker.class_form.handler import EndpointHandler
from pyworker.class_form.payload_hooks import (
    Made,
    counted,
    reading,
    remote,
    to_function,
    to_model,
)
from pyworker.class_form.plain import must_be_plain, payload_must_be_plain
from pyworker.class_form.routes import open_routes, pattern
from pyworker.errors import InvalidRequest, SettingsError
from pyworker.proxy.upstream import NO_SERVER
from pyworker.worker import (
    BenchmarkConfig,
    HandlerConfig,
    LogActionConfig,
    LogMarker,
    Says,
    WorkerConfig,
)

log = logging.getLogger(__name__)

# All handlers of a backend that serves one request at a time take their turns in it.
SERIAL = "serial"
# In the generation that brought health checks to handlers; seconds.
_WAIT_WITH_HEALTHCHECK = 10.0


def worker_config(
    name: str, backend: Backend, routes: Sequence[Any], *, waiting: Callable[[], str] | None = None
) -> WorkerConfig:
    """The worker that a backend and its routes make.

    Args:
        name: Of the worker.
        backend: Its model server.
        routes: Each with `method`, `path` and `handler`: ours, or aiohttp's.
        waiting: What is still waited for, where a lifecycle says when the model is loaded.

    Raises:
        SettingsError: Something in it cannot be served; says what.
    """
    try:
        created = [route for route in routes if isinstance(route.handler, Created)]
        others = [route for route in routes if not isinstance(route.handler, Created)]
        return WorkerConfig(
            name=name,
            model_server_url=(backend.model_server_url or NO_SERVER).rstrip("/"),
            model_log_file=backend.model_log_file or "",
            handlers=_handlers(backend, created),
            health_endpoint=_health(backend, created),
            open_routes=open_routes(others, backend.bridge),
            log_actions=_log_actions(backend.log_actions),
            loaded=LogMarker() if waiting is None else Says(waiting),
            max_sessions=backend.max_sessions,
        )
    except (ValueError, TypeError, AttributeError, NotImplementedError) as error:
        raise SettingsError(f"the definition cannot be served: {error}") from error


def handler_config(route: str, handler: EndpointHandler[Any], backend: Backend) -> HandlerConfig:
    """One handler as it is served on `route`; without a benchmark."""
    of_all = backend.allow_parallel_requests
    parallel = handler.allow_parallel_requests if of_all is None else of_all
    made = handler.make_benchmark_payload
    must_be_plain(
        type(handler).__name__, payload_cls=handler.payload_cls, make_benchmark_payload=made
    )
    payload_class = handler.payload_cls()
    if not isinstance(payload_class, type):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{type(handler).__name__}.payload_cls gives no class")
    payload_must_be_plain(payload_class)
    read = reading(handler.payload_cls)
    config = HandlerConfig(
        route=route,
        workload=0.0,
        allow_parallel_requests=parallel,
        queue="" if parallel else SERIAL,
        max_queue_time=handler.max_queue_time if of_all is None else _max_wait(handler, backend),
    )
    if handler.answers_itself:
        function = remote(handler.call_remote_dispatch_function, backend.bridge)
        return replace(
            config, request_parser=to_function(read), workload=counted, function=function
        )
    endpoint = model_path(handler.endpoint, backend.model_server_url)
    config = replace(config, model_route=endpoint, request_parser=to_model(read))
    if handler.relays:
        return config
    url = f"{backend.model_server_url}{endpoint}"
    respond = handler.generate_client_response
    return replace(config, stream=model_answered_by(respond, backend.bridge, url))


def benchmark_config(handler: EndpointHandler[Any]) -> BenchmarkConfig:
    """The benchmark that a handler in class form describes."""

    def payload(rng: random.Random) -> Mapping[str, object]:
        try:
            made = seeded(rng, handler.make_benchmark_payload)
        except Exception as error:
            raise InvalidRequest(f"cannot be made: {type(error).__name__}: {error}") from error
        if made is None:
            raise InvalidRequest(f"{type(handler).__name__}.make_benchmark_payload gives none")
        return Made(made)

    return BenchmarkConfig(
        payload=payload,
        check=any_body,
        runs=handler.benchmark_runs,
        concurrency=handler.concurrency or 10,
        warm_up=1 if handler.do_warmup_benchmark else 0,
    )


def seeded(rng: random.Random, make: Callable[[], Any]) -> Any:
    """What `make` gives, made from `rng` if it uses Python's own random numbers.

    So that the request by which a kept result is found is the same at each start.
    """
    state = random.getstate()
    random.seed(rng.getrandbits(64))
    try:
        return make()
    finally:
        random.setstate(state)


def any_body(_: bytes) -> None:
    """The check of a benchmark whose definition has none: 200 and a whole body will do."""


def model_path(endpoint: str, model_server_url: str | None) -> str:
    """The path of an endpoint at the model server.

    Raises:
        ValueError: It is somewhere else.
    """
    if "://" not in endpoint:
        return endpoint if endpoint.startswith("/") else f"/{endpoint}"
    parts, base = urlsplit(endpoint), urlsplit(model_server_url or "")
    if (parts.scheme, parts.netloc) != (base.scheme, base.netloc):
        raise ValueError(f"endpoint {endpoint} is not at the model server, {model_server_url}")
    path = parts._replace(scheme="", netloc="").geturl()
    return "/" + path.removeprefix(base.path).lstrip("/")


def _handlers(backend: Backend, routes: Sequence[Any]) -> tuple[HandlerConfig, ...]:
    for route in routes:
        if route.method not in {"POST", "*"}:
            raise ValueError(f"route {route.path}: a handler takes POST, not {route.method}")
    configs = [_served(pattern(route.path), route.handler, backend) for route in routes]
    measured = _measured(backend, [route.handler.source for route in routes], configs)
    if measured is None:
        return tuple(configs)
    at, handler = measured
    if at == len(configs):
        path = model_path(handler.endpoint, backend.model_server_url)
        log.info("the benchmark's handler has no route; it is served as %s", path)
        configs.append(handler_config(path, handler, backend))
    configs[at] = replace(configs[at], benchmark_config=benchmark_config(handler))
    return tuple(configs)


def _served(path: str, created: Created, backend: Backend) -> HandlerConfig:
    if created.make is not None:
        return created.make(path)
    return handler_config(path, cast("EndpointHandler[Any]", created.source), backend)


def _measured(
    backend: Backend, sources: Sequence[object], configs: Sequence[HandlerConfig]
) -> tuple[int, EndpointHandler[Any]] | None:
    """Which handler is measured, as its place and itself; None when its config says so already."""
    if any(config.benchmark_config is not None for config in configs):
        return None
    handler = backend.benchmark_handler
    if handler is not None:
        for at, source in enumerate(sources):
            if source is handler or type(source) is type(handler):
                return at, handler
        return len(sources), handler
    for at, source in enumerate(sources):
        if isinstance(source, EndpointHandler) and source.has_benchmark:
            return at, cast("EndpointHandler[Any]", source)
    raise ValueError("none of its handlers has a benchmark, and one must have it")


def _max_wait(handler: EndpointHandler[Any], backend: Backend) -> float | None:
    if backend.max_wait_time is not UNSET:
        return backend.max_wait_time
    return _WAIT_WITH_HEALTHCHECK if _knows_health(handler) else None


def _knows_health(handler: EndpointHandler[Any]) -> bool:
    return type(handler).healthcheck_endpoint is not EndpointHandler.healthcheck_endpoint


def _health(backend: Backend, routes: Sequence[Any]) -> str:
    handlers = [backend.benchmark_handler, *(route.handler.source for route in routes)]
    asked = backend.healthcheck_url or next(
        (h.healthcheck_endpoint for h in handlers if isinstance(h, EndpointHandler)), None
    )
    if not asked:
        return ""
    # One of the model server's own is a path, and goes where the model server goes.
    base = (backend.model_server_url or NO_SERVER).rstrip("/")
    asked = asked.removeprefix(base) if asked.startswith(f"{base}/") else asked
    return asked if "://" in asked or asked.startswith("/") else f"/{asked}"


def _log_actions(actions: Sequence[tuple[LogAction, str]]) -> LogActionConfig:
    # By name, so that a definition's own copy of the class will do.
    def texts(action: LogAction) -> tuple[str, ...]:
        return tuple(text for kind, text in actions if kind.name == action.name)

    return LogActionConfig(
        on_load=texts(LogAction.ModelLoaded),
        on_error=texts(LogAction.ModelError),
        on_info=texts(LogAction.Info),
    )
