"""What a run sends: payloads of the worker's benchmark, or one that is given, each at its time."""

import argparse
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from pyworker.client.payload import payload_given
from pyworker.errors import SettingsError
from pyworker.finding import find_worker, worker_names
from pyworker.load.arrivals import fixed, poisson
from pyworker.load.drive import Request
from pyworker.settings import read_settings
from pyworker.worker import BenchmarkConfig, HandlerConfig, WorkerConfig

# Made before the first is sent, so that making them holds nothing up. What is beyond is made while
# the run waits for the next arrival: a payload may be a picture, and a million have no room.
_MADE_BEFORE = 1000


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of a run, in order.

    Attributes:
        route: Where they go.
        count: How many they are.
        each: Gives them, once.
    """

    route: str
    count: int
    each: Iterator[Request]

    def __iter__(self) -> Iterator[Request]:
        return self.each


def what_is_sent(asked: argparse.Namespace, environ: Mapping[str, str]) -> Requests:
    """The requests that a command line asks for.

    Args:
        asked: worker, route, payload, stream, n, rps, fixed, seed.
        environ: The worker's settings.

    Raises:
        SettingsError: There is no such worker or route, or nothing to send there.
        InvalidRequest: The worker would refuse the payload.
    """
    config = _definition(asked.worker, environ)
    handler = _handler(config, asked)
    payload, check = _payloads(handler, config, asked)
    rng = random.Random(asked.seed)
    starts = fixed(asked.n, asked.rps) if asked.fixed else poisson(asked.n, asked.rps, rng)

    def made() -> Iterator[Request]:
        for at in starts:
            body = payload(rng)
            yield Request(at, handler.route, body, handler.workload_of(body), check)

    requests = made()
    before = list(islice(requests, _MADE_BEFORE))
    return Requests(handler.route, asked.n, chain(before, requests))


def _definition(name: str, environ: Mapping[str, str]) -> WorkerConfig:
    define = find_worker(name)
    if define is None:
        raise SettingsError(f"there is no worker {name!r}; there are {', '.join(worker_names())}")
    return define(read_settings(environ))


def _benchmark(config: WorkerConfig) -> tuple[HandlerConfig, BenchmarkConfig] | None:
    return None if config.max_perf is not None else config.benchmarked


def _handler(config: WorkerConfig, asked: argparse.Namespace) -> HandlerConfig:
    routes = ", ".join(handler.route for handler in config.handlers)
    if asked.route is None:
        benchmarked = _benchmark(config)
        if benchmarked is None:
            raise SettingsError(f"{asked.worker} has no benchmark; --route is one of {routes}")
        return benchmarked[0]
    for handler in config.handlers:
        if handler.route == asked.route:
            return handler
    raise SettingsError(f"{asked.worker} has no route {asked.route}; it has {routes}")


def _payloads(
    handler: HandlerConfig, config: WorkerConfig, asked: argparse.Namespace
) -> tuple[Callable[[random.Random], Mapping[str, Any]], Callable[[bytes], None] | None]:
    """What makes payloads, and what looks at their answers."""
    added = {"stream": True} if asked.stream else {}
    if asked.payload is not None:
        given = {**payload_given(asked.payload), **added}
        return (lambda _: given), None
    benchmarked = _benchmark(config)
    if benchmarked is None:
        raise SettingsError(f"{asked.worker} has no benchmark; --payload says what is sent")
    measured, benchmark = benchmarked
    # A stream has other answers, and so has another route.
    check = benchmark.check if handler is measured and not asked.stream else None
    return (lambda rng: {**benchmark.payload(rng), **added}), check
