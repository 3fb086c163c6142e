"""A small worker with a benchmark, whose requests cost what their payload says."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from pyworker.worker import BenchmarkConfig, Field, HandlerConfig, WorkerConfig, Workload

COST = 100
DONE = b'{"text":"done"}'


def payload(rng: random.Random) -> Mapping[str, object]:
    """One request of COST."""
    return {"cost": COST, "salt": rng.random()}


def check(body: bytes) -> None:
    """What was asked for is a text."""
    if "text" not in orjson.loads(body):
        raise ValueError(f"the answer has no text: {body[:200]!r}")


def count(values: Mapping[str, str | int]) -> float:
    """The payload's own word for its cost."""
    return float(values["cost"])


def worker(
    url: str = "http://127.0.0.1:5001",
    *,
    parallel: bool = True,
    model_route: str = "/v1/generate",
    workload: Callable[[Mapping[str, str | int]], float] = count,
    name: str = "sample",
    **benchmark: Any,
) -> WorkerConfig:
    """The definition; `benchmark` are arguments of BenchmarkConfig."""
    arguments: dict[str, Any] = {"payload": payload, "check": check, **benchmark}
    return WorkerConfig(
        name=name,
        model_server_url=url,
        model_log_file="model.log",
        handlers=(
            HandlerConfig(
                route="/generate",
                model_route=model_route,
                allow_parallel_requests=parallel,
                workload=Workload(fields=(Field(path="cost", kind=int),), count=workload),
                benchmark_config=BenchmarkConfig(**arguments),
            ),
        ),
    )
