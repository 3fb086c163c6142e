"""What a definition for the vastai SDK is made of, generation C: data under the SDK's names.

A field that the SDK takes and does not use is taken here, too; protocol.md 11.2 in our words:
docs/compatibility.md.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from pyworker.class_form.backend import LogAction
from pyworker.class_form.handler import EndpointHandler
from pyworker.class_form.payload import ApiPayload
from pyworker.class_form.translate import any_body


@dataclass
class LogActionConfig:
    """Texts in the model's log, and what they mean."""

    on_load: Sequence[str] = field(default_factory=list[str])
    on_error: Sequence[str] = field(default_factory=list[str])
    on_info: Sequence[str] = field(default_factory=list[str])

    @property
    def log_actions(self) -> list[tuple[LogAction, str]]:
        """As pairs."""
        return [
            *((LogAction.ModelLoaded, text) for text in self.on_load),
            *((LogAction.ModelError, text) for text in self.on_error),
            *((LogAction.Info, text) for text in self.on_info),
        ]


@dataclass
class BenchmarkConfig:
    """How throughput is measured: a random element of `dataset`, or what `generator` makes."""

    dataset: Sequence[Mapping[str, Any]] | None = None
    generator: Callable[[], Mapping[str, Any]] | None = None
    runs: int = 8
    concurrency: int | None = 10
    do_warmup: bool = True

    def check(self, body: bytes) -> None:
        """Raise ValueError when an answer is not the work that was asked for; here, never."""
        any_body(body)


@dataclass
class HandlerConfig:
    """One route; `healthcheck` and `is_remote_dispatch` are taken and mean nothing."""

    route: str
    healthcheck: str | None = None
    allow_parallel_requests: bool = False
    max_queue_time: float | None = 30.0
    benchmark_config: BenchmarkConfig | None = None
    handler_class: type[EndpointHandler[Any]] | None = None
    payload_class: type[ApiPayload] | None = None
    request_parser: Callable[[Any], Any] | None = None
    response_generator: Callable[[Any, Any], Awaitable[Any]] | None = None
    workload_calculator: Callable[[Any], float] | None = None
    is_remote_dispatch: bool = False
    remote_function: Callable[..., Any] | None = None


@dataclass
class WorkerConfig:
    """A worker; `benchmark_data` and `benchmark_route` are taken and mean nothing."""

    model_server_url: str | None = None
    model_server_port: int | None = None
    model_log_file: str | None = None
    benchmark_data: Sequence[Any] = field(default_factory=list[Any])
    handlers: Sequence[HandlerConfig] = field(default_factory=list[HandlerConfig])
    model_healthcheck_url: str | None = None
    benchmark_route: str | None = None
    log_action_config: LogActionConfig = field(default_factory=LogActionConfig)
    max_sessions: int | None = 10
    lifecycle: AbstractAsyncContextManager[Any] | None = None

    @property
    def url(self) -> str | None:
        """The model server's base URL."""
        if self.model_server_url is None:
            return None
        url = str(self.model_server_url).rstrip("/")
        return url if self.model_server_port is None else f"{url}:{self.model_server_port}"
