"""A code deployment of the vastai SDK, served: each remote function as POST /remote/NAME.

What it says of images, autoscaling and hardware is for whoever rents the machine; here it is taken
and means nothing.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from inspect import isawaitable
from typing import Any, Self, TypeVar, cast

import orjson

from pyworker.class_form.payload import JsonDataException
from pyworker.class_form.plain import must_be_plain, plain
from pyworker.compat.remote_values import Encoding
from pyworker.compat.sdk import BenchmarkConfig, HandlerConfig, Worker, WorkerConfig

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)


class Image:
    """What the machine is made of; every method gives the image again."""

    def __getattr__(self, name: str) -> Callable[..., Self]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: self


class Deployment:
    """Remote functions of one file."""

    def __init__(self, name: str | None = None, tag: str = "default", **_: Any) -> None:
        self.name, self.tag = name, tag
        self._handlers: list[HandlerConfig] = []
        self._contexts: list[tuple[type, Any]] = []
        self._entered: dict[type, Any] = {}

    def remote(
        self,
        function: Any = None,
        *,
        allow_parallel_requests: bool = False,
        max_queue_time: float | None = 30.0,
        benchmark_dataset: Sequence[Mapping[str, Any]] | None = None,
        benchmark_generator: Callable[[], Mapping[str, Any]] | None = None,
        benchmark_runs: int = 10,
        workload_calculator: Callable[..., float] | None = None,
    ) -> Any:
        """A decorator for functions that clients call; its options are those of a handler.

        What the benchmark gives are keyword arguments; the calculator gets a call's arguments.
        """

        def register(served: F) -> F:
            route = f"/remote/{served.__name__}"
            must_be_plain(route, benchmark_generator=benchmark_generator)
            remote = _Remote(served, workload_calculator)
            benchmark, make = None, benchmark_generator
            if benchmark_dataset is not None or make is not None:
                benchmark = _RemoteBenchmark(
                    dataset=[remote.sample(item) for item in benchmark_dataset or ()],
                    generator=None if make is None else lambda: remote.sample(make()),
                    runs=benchmark_runs,
                )
            self._handlers.append(
                HandlerConfig(
                    route=route,
                    remote_function=remote,
                    request_parser=remote.parse,
                    allow_parallel_requests=allow_parallel_requests,
                    max_queue_time=max_queue_time,
                    benchmark_config=benchmark,
                    workload_calculator=workload_calculator and remote.workload,
                )
            )
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
        """Serve the functions, and end the program: what follows in it is for its clients."""
        self._worker().run()
        sys.exit(0)

    async def async_ensure_ready(self) -> None:
        """Serve the functions on the asyncio loop that runs, and end the program."""
        await self._worker().run_async()
        sys.exit(0)

    def _worker(self) -> Worker:
        return Worker(WorkerConfig(handlers=self._handlers, lifecycle=self._lifecycle()))

    @asynccontextmanager
    async def _lifecycle(self) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:

            async def enter(kind: type, context: AbstractAsyncContextManager[Any]) -> None:
                self._entered[kind] = await stack.enter_async_context(context)

            # Side by side, as models that load need not wait for each other; when one fails, the
            # others are cancelled and left.
            async with asyncio.TaskGroup() as group:
                for kind, context in self._contexts:
                    group.create_task(enter(kind, context))
            yield


class _Remote:
    """A function as it is called from afar: with encoded arguments, for an encoded result."""

    def __init__(
        self, function: Callable[..., Any], calculator: Callable[..., float] | None
    ) -> None:
        self._function = function
        self._calculator = calculator
        self._encoding = Encoding(function.__module__, getattr(function, "__globals__", {}))

    async def __call__(self, args: Any = (), kwargs: Any = None) -> Any:
        """`{"ok": result}`, or `{"err": exception}`."""
        read_args, read_kwargs = self._read({"args": args, "kwargs": kwargs or {}})
        try:
            result = self._function(*read_args, **read_kwargs)
            result = await result if isawaitable(result) else result
            return {"ok": self._encoding.encoded(result)}
        except Exception as error:  # noqa: BLE001 - it belongs to the client, who gets it
            log.info("%s raised %r", self._function.__qualname__, error)
            return {"err": self._encoding.error(error)}

    def parse(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A request parser: what cannot be read is refused before it is counted or queued."""
        self._read(payload)
        return dict(payload)

    def workload(self, payload: Mapping[str, Any]) -> float:
        """What the definition's own calculator says of the arguments."""
        args, kwargs = self._read(payload)
        if self._calculator is None:
            return 0.0
        return float(plain("it", self._calculator(*args, **kwargs)))

    def sample(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments of the benchmark as a client would send them."""
        return {"kwargs": {name: self._encoding.encoded(value) for name, value in kwargs.items()}}

    def _read(self, payload: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        unknown = payload.keys() - {"args", "kwargs"}
        if unknown:
            raise JsonDataException(dict.fromkeys(sorted(unknown), "must be within kwargs"))
        args, kwargs = payload.get("args", []), payload.get("kwargs", {})
        if not isinstance(args, list | tuple) or not isinstance(kwargs, dict):
            raise JsonDataException({"kwargs": "must be an object, and args a list"})
        decoded = self._encoding.decoded
        try:
            named = cast("dict[str, Any]", kwargs).items()
            return (
                [decoded(value) for value in cast("Sequence[Any]", args)],
                {name: decoded(value) for name, value in named},
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise JsonDataException({"kwargs": str(error)}) from error


class _RemoteBenchmark(BenchmarkConfig):
    """A benchmark whose function must not fail: a model that only raises would be the fastest."""

    def check(self, body: bytes) -> None:
        """See BenchmarkConfig."""
        result = orjson.loads(body)["result"]
        if "ok" not in result:
            failed = result["err"]
            said = failed["contents"]["args"]["contents"]
            raise ValueError(f"the function raised {failed['class']}: {', '.join(map(str, said))}")
