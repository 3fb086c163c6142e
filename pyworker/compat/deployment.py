"""A code deployment of the vastai SDK, served: each remote function as POST /remote/NAME.

What it says of images, autoscaling and hardware is for whoever rents the machine; here it is taken
and means nothing.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeVar, cast

from pyworker.class_form.payload import JsonDataException
from pyworker.compat.remote_values import decoded, encoded, encoded_error
from pyworker.compat.sdk import BenchmarkConfig, HandlerConfig, Worker, WorkerConfig

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])
C = TypeVar("C", bound=type)


class Image:
    """What the machine is made of; every method gives the image again."""

    def __getattr__(self, name: str) -> Callable[..., Self]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: self


@dataclass(frozen=True)
class _Remote:
    """A remote function and how it is served."""

    function: Callable[..., Awaitable[Any]]
    options: Mapping[str, Any]

    @property
    def module(self) -> str:
        return self.function.__module__

    def read(self, payload: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments in a client's payload.

        Raises:
            JsonDataException: They are not encoded as they should be.
        """
        args, kwargs = payload.get("args", []), payload.get("kwargs", {})
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            raise JsonDataException({"kwargs": "args must be a list, kwargs an object"})
        own: dict[str, Any] = getattr(self.function, "__globals__", {})
        try:
            return (
                [decoded(value, own, self.module) for value in cast("list[Any]", args)],
                {
                    name: decoded(value, own, self.module)
                    for name, value in cast("dict[str, Any]", kwargs).items()
                },
            )
        except (ValueError, TypeError) as error:
            raise JsonDataException({"kwargs": str(error)}) from error

    def parse(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A request parser: refuses what cannot be read, before it is counted or queued."""
        self.read(payload)
        return dict(payload)

    async def __call__(self, args: Any = (), kwargs: Any = None) -> Any:
        """The function's result as JSON: `ok`, or `err` with its exception."""
        read_args, read_kwargs = self.read({"args": list(args), "kwargs": kwargs or {}})
        try:
            result = await self.function(*read_args, **read_kwargs)
            return {"ok": encoded(result, self.module)}
        except Exception as error:  # noqa: BLE001 - it belongs to the client, who gets it
            log.info("%s raised %r", self.function.__qualname__, error)
            return {"err": encoded_error(error, self.module)}

    def workload(self, payload: Mapping[str, Any]) -> float:
        """What the definition's own calculator says of the arguments."""
        args, kwargs = self.read(payload)
        return float(self.options["workload_calculator"](*args, **kwargs))

    def sample(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """A benchmark's arguments as a client would send them."""
        return {"kwargs": {name: encoded(value, self.module) for name, value in kwargs.items()}}


class Deployment:
    """Remote functions of one file."""

    def __init__(self, name: str | None = None, tag: str = "default", **_: Any) -> None:
        self.name, self.tag = name, tag
        self._remotes: dict[str, _Remote] = {}
        self._contexts: list[tuple[type, Any]] = []
        self._entered: dict[type, Any] = {}

    def remote(self, function: Any = None, **options: Any) -> Any:
        """A decorator for coroutine functions that clients call.

        Its options are `allow_parallel_requests`, `max_queue_time`, `benchmark_dataset`,
        `benchmark_generator`, `benchmark_runs` and `workload_calculator`.
        """

        def register(served: F) -> F:
            self._remotes[served.__name__] = _Remote(served, options)
            return served

        return register if function is None else register(function)

    def context(self, *args: Any, **kwargs: Any) -> Callable[[C], C]:
        """A decorator for classes that are entered before the first request."""

        def register(kind: C) -> C:
            self._contexts.append((kind, kind(*args, **kwargs)))
            return kind

        return register

    def get_context(self, kind: type) -> Any:
        """What entering a context gave."""
        if kind not in self._entered:
            raise KeyError(f"{kind.__qualname__} is no context of this deployment, or not entered")
        return self._entered[kind]

    def configure_autoscaling(self, **_: Any) -> None:
        """Taken; it is for whoever rents the machine."""

    def image(self, *_: Any, **__: Any) -> Image:
        """Taken; it is for whoever rents the machine."""
        return Image()

    def ensure_ready(self) -> None:
        """Serve the functions; when that is over, the program is, too."""
        self.worker().run()
        sys.exit(0)

    async def async_ensure_ready(self) -> None:
        """Serve the functions on the asyncio loop that runs."""
        await self.worker().run_async()
        sys.exit(0)

    def worker(self) -> Worker:
        """The worker that serves the functions."""
        handlers = [_handler(name, remote) for name, remote in self._remotes.items()]
        return Worker(WorkerConfig(handlers=handlers, lifecycle=self._lifecycle()))

    @asynccontextmanager
    async def _lifecycle(self) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:

            async def enter(kind: type, context: AbstractAsyncContextManager[Any]) -> None:
                self._entered[kind] = await stack.enter_async_context(context)

            # Together, as models that load side by side need not wait for each other.
            await asyncio.gather(*(enter(kind, context) for kind, context in self._contexts))
            yield


def _handler(name: str, remote: _Remote) -> HandlerConfig:
    options = remote.options
    dataset: Sequence[Mapping[str, Any]] | None = options.get("benchmark_dataset")
    generator = options.get("benchmark_generator")
    benchmark = None
    if dataset is not None or generator is not None:
        benchmark = BenchmarkConfig(
            dataset=None if dataset is None else [remote.sample(item) for item in dataset],
            generator=None if generator is None else lambda: remote.sample(generator()),
            runs=options.get("benchmark_runs", 10),
        )
    return HandlerConfig(
        route=f"/remote/{name}",
        remote_function=remote,
        request_parser=remote.parse,
        allow_parallel_requests=options.get("allow_parallel_requests", False),
        max_queue_time=options.get("max_queue_time", 30.0),
        benchmark_config=benchmark,
        workload_calculator=remote.workload if options.get("workload_calculator") else None,
    )
