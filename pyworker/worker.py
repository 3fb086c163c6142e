"""What a worker definition is made of: data, and small functions over plain values.

A definition is a module `workers/NAME/worker.py` with one function, `define(settings)`, that
returns a `WorkerConfig`. It sees no server, no request object and no event loop.
"""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from pyworker.hooks import (
    Answer,
    Function,
    ModelRequest,
    Payload,
    RequestParser,
    ResponseTransform,
    WorkloadHook,
)
from pyworker.model.loaded import (
    Answers,
    FileExists,
    Listens,
    Loaded,
    LogMarker,
    Says,
    all_of,
    any_of,
)
from pyworker.streaming import Stream
from pyworker.workload.declared import (
    Estimate,
    Field,
    FieldValue,
    Span,
    Values,
    Workload,
    bad_payload,
    sane_workload,
)
from pyworker.workload.served import ServedTokens

__all__ = [
    "Answer",
    "Answers",
    "BenchmarkConfig",
    "ControlRoute",
    "Estimate",
    "Field",
    "FileExists",
    "HandlerConfig",
    "Listens",
    "Loaded",
    "LogActionConfig",
    "LogMarker",
    "ModelRequest",
    "OpenRoute",
    "Payload",
    "Says",
    "ServedTokens",
    "Span",
    "Unwrap",
    "Values",
    "WorkerConfig",
    "Workload",
    "all_of",
    "any_of",
    "bad_payload",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkConfig:
    """How the model's throughput is measured.

    Attributes:
        payload: Makes one payload; should vary with the given random source, since some model
            servers answer a repeated request from a cache, and with nothing else.
        check: Raises ValueError, with a sentence, when the body of a 200 answer is not the work
            that was asked for.
        runs: Measured rounds; the result is their median.
        concurrency: Requests at a time in a round.
        warm_up: Requests before the first round whose time does not count; 0 for none.
    """

    payload: Callable[[random.Random], Mapping[str, object]]
    check: Callable[[bytes], None]
    runs: int = 3
    concurrency: int = 10
    warm_up: int = 1

    def __post_init__(self) -> None:
        if self.runs < 1 or self.concurrency < 1:
            raise ValueError(
                f"a benchmark needs at least 1 run of 1 request, not {self.runs} runs of"
                f" {self.concurrency}"
            )


@dataclass(frozen=True, slots=True)
class Unwrap:
    """A member of the payload whose value is the request itself, as serverless APIs wrap it.

    Null counts as absent. The value's bytes are forwarded as they came.

    Attributes:
        member: Its name.
        only_objects: True when the request may have a field of that name: only an object is taken
            for a wrapped request then. False refuses anything else.
    """

    member: str
    only_objects: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerConfig:
    """One route that clients call with a grant. Without hooks the payload is forwarded verbatim.

    Attributes:
        route: Path here, such as `/generate`. `{name}` stands for one segment and a last `*` for
            the rest of a path.
        workload: How a request's cost is counted: from fields, by a function of the parsed
            payload, or a constant.
        model_route: Path at the model server; empty for the same path. Names of `route` may stand
            in it.
        model_method: Method at the model server; with GET, HEAD and DELETE no body is sent.
        unwrap: Where in the payload the request may stand; all else is about the request then.
        fill: Members that a request gets which lacks them, before any hook sees it.
        request_parser: From the payload to what the model server gets; None leaves the payload as
            it came, to the byte. A ValueError it raises is the client's 422.
        response_transform: From the model's whole answer, when it is a 2xx, to the client's.
        function: Answers by itself, from the payload; no model server is asked.
        stream: Writes the answer itself, piece by piece, and asks the model server when it likes.
        blocking: The hooks wait or compute for more than a millisecond and run in threads.
        allow_parallel_requests: False serves one request at a time, in the order of arrival.
        queue: Handlers that name the same queue take their turns in it together; the first of them
            says how many are served at a time. Empty for a queue of its own.
        concurrency_limit: Requests served at a time; None for no limit. For a handler that does
            not allow parallel requests it is 1.
        max_queue_time: Seconds; a request is refused when its expected wait is longer, and again
            when its real wait became longer. None for no limit.
        max_queue: Requests that may wait; the next is refused at once.
        benchmark_config: How throughput is measured. One handler of a worker has it.
    """

    route: str
    workload: Workload | WorkloadHook | float
    model_route: str = ""
    model_method: str = "POST"
    unwrap: Unwrap | None = None
    fill: Mapping[str, Any] = field(default_factory=dict[str, Any])
    request_parser: RequestParser | None = None
    response_transform: ResponseTransform | None = None
    function: Function | None = None
    stream: Stream | None = None
    blocking: bool = False
    allow_parallel_requests: bool = False
    queue: str = ""
    concurrency_limit: int | None = None
    max_queue_time: float | None = 30.0
    max_queue: int = 1024
    benchmark_config: BenchmarkConfig | None = None

    def __post_init__(self) -> None:
        if not self.route.startswith("/"):
            raise ValueError(f"route {self.route!r} must begin with /")
        if self.concurrency_limit is not None and self.concurrency_limit < 1:
            raise ValueError(f"{self.route}: concurrency_limit must be at least 1")
        if self.function is not None and self.response_transform is not None:
            raise ValueError(f"{self.route}: a function has no model's answer to transform")
        if self.stream is not None and (self.function or self.response_transform):
            raise ValueError(f"{self.route}: a stream is the whole answer; it stands alone")
        if any("." in name or not name for name in self.fill):
            raise ValueError(f"{self.route}: fill names members of the payload, without dots")

    @property
    def upstream_path(self) -> str:
        """Path at the model server."""
        return self.model_route or self.route

    @property
    def concurrency(self) -> int | None:
        """Requests served at a time; None for no limit."""
        if not self.allow_parallel_requests and self.concurrency_limit is None:
            return 1
        return self.concurrency_limit

    @property
    def needs_payload(self) -> bool:
        """Whether a hook reads the parsed payload."""
        hooks = self.request_parser, self.function
        return not isinstance(self.workload, Workload) or any(hook is not None for hook in hooks)

    @property
    def declared(self) -> Workload:
        """The workload of a handler that has it from fields: no hook reads the payload."""
        if not isinstance(self.workload, Workload):
            raise TypeError(f"{self.route}: the workload is no Workload")
        return self.workload

    def workload_of(self, payload: Payload) -> float:
        """The workload of a parsed payload.

        Raises:
            InvalidRequest: The payload is wrong, or the result is not a sane number.
        """
        if isinstance(self.workload, Workload):
            fields = {path: _at(payload, path) for path in self.workload.paths}
            body = b"" if self.workload.count_payload is None else orjson.dumps(payload)
            return self.workload.of(fields, body, (0, len(body)))
        counted = self.workload(payload) if callable(self.workload) else self.workload
        return sane_workload(counted, "")


def _at(payload: Payload, path: str) -> FieldValue:
    value: Any = payload
    for key in path.split("."):
        value = cast("Any", value).get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str | int | float | bool) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogActionConfig:
    """Markers in the model's log: literal, case-sensitive substrings of a line."""

    on_load: tuple[str, ...] = ()
    on_error: tuple[str, ...] = ()
    on_info: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRoute:
    """A route that is relayed without a grant and without being counted, for people's own probes.

    Attributes:
        route: Path here, with `{name}` and a last `*` as in HandlerConfig.
        methods: That are relayed.
        model_route: Path at the model server; empty for the same path.
        pass_query: Whether the query is passed on, too. Clients carry API keys in it.
        stream: Answers by itself, instead of the model server.
    """

    route: str
    methods: tuple[str, ...] = ("GET", "HEAD")
    model_route: str = ""
    pass_query: bool = False
    stream: Stream | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRoute:
    """A route for processes on this machine only, on a port of its own on loopback.

    Attributes:
        route: Its path.
        function: Answers, from the JSON object in the body, or from none.
        method: The only one it takes.
    """

    route: str
    function: Function
    method: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """A worker.

    Attributes:
        name: As in `python -m pyworker NAME`.
        model_server_url: Base URL of the model server; empty when there is none, and all handlers
            are functions.
        model_log_file: Path of its log; empty when none is followed, and `loaded` asks for none.
        health_endpoint: Path that answers 200 when the model is well; empty when there is none.
        info_endpoint: Path whose answer tells one model from another and does not change while it
            runs; empty when there is none. Benchmark results are kept under it.
        handlers: Routes that need a grant.
        open_routes: Routes that need none; a path alone stands for GET and HEAD.
        log_actions: What the log's lines mean.
        loaded: What says that the model is loaded; the load markers of the log by default.
        max_sessions: Sessions that may be open; None or 0 for no limit, negative for none at all.
        sessions_hold_cost: What a session reserves is the machine, not work that its requests do:
            they count nothing beside it, and it stays reserved to the session's end.
        max_perf: Throughput, workload/s, of a worker that has no benchmark.
        control_port: Where `control_routes` are served; 0 lets the kernel choose.
        control_port_set_by: The variable that sets it, to be told when the port is taken.
        control_routes: Routes for processes on this machine.
        tokens: What counts the prompts, when their tokens are part of a workload: loaded beside
            the serving, and before the benchmark.
    """

    name: str
    model_server_url: str
    model_log_file: str
    handlers: tuple[HandlerConfig, ...]
    health_endpoint: str = ""
    info_endpoint: str = ""
    open_routes: tuple[str | OpenRoute, ...] = ()
    log_actions: LogActionConfig = field(default_factory=LogActionConfig)
    loaded: Loaded = field(default_factory=LogMarker)
    max_sessions: int | None = 10
    sessions_hold_cost: bool = False
    max_perf: float | None = None
    control_port: int = 0
    control_port_set_by: str = ""
    control_routes: tuple[ControlRoute, ...] = ()
    tokens: ServedTokens | None = None

    def __post_init__(self) -> None:
        benchmarked = [h.route for h in self.handlers if h.benchmark_config is not None]
        if self.max_perf is not None and not 0 < self.max_perf < math.inf:
            raise ValueError(f"worker {self.name}: a max_perf of {self.max_perf} is none")
        if len(benchmarked) != (1 if self.max_perf is None else 0):
            found = ", ".join(benchmarked) or "none"
            if self.max_perf is not None:
                raise ValueError(f"worker {self.name}: with max_perf, no benchmark: {found}")
            raise ValueError(f"worker {self.name}: one handler must have a benchmark, not {found}")
        routes = [handler.route for handler in self.handlers]
        twice = sorted({route for route in routes if routes.count(route) > 1})
        if twice:
            raise ValueError(f"worker {self.name}: {', '.join(twice)} stands there twice")

    @property
    def open(self) -> tuple[OpenRoute, ...]:
        """The open routes, each with its methods."""
        return tuple(
            OpenRoute(route=route) if isinstance(route, str) else route
            for route in self.open_routes
        )

    @property
    def benchmarked(self) -> tuple[HandlerConfig, BenchmarkConfig]:
        """The handler with the benchmark, and its benchmark."""
        for handler in self.handlers:
            if handler.benchmark_config is not None:
                return handler, handler.benchmark_config
        raise AssertionError("checked when the definition was made")
