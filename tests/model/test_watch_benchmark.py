"""The watch with the real benchmark and the real probe, all against one server."""

import logging
import random
from pathlib import Path

import pytest
import trio
from fakes.bench import DONE, worker
from fakes.model_http import Answer, Asked, model_http, whole

from pyworker.model.benchmark import run_benchmark
from pyworker.model.health import HealthProbe
from pyworker.model.markers import LogMarkers
from pyworker.model.readiness import Phase, Readiness
from pyworker.model.watch import ModelWatch
from pyworker.proxy.upstream import Upstream


class Model:
    """Well, and 2 s of work for each request, as long as it is told nothing else."""

    def __init__(self) -> None:
        self.work: Answer = whole(DONE, after=2)

    async def __call__(self, asked: Asked, stream: trio.SocketStream) -> None:
        await (whole() if asked.path == "/health" else self.work)(asked, stream)


async def test_from_the_first_line_to_ready_through_a_failure(
    tmp_path: Path, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    model = Model()
    log = tmp_path / "model.log"
    log.touch()
    async with model_http(model) as server, trio.open_nursery() as nursery:
        definition = worker(server.url)
        readiness = Readiness(clock=trio.current_time)

        async def measure() -> float:
            upstream = Upstream(server.url, connect_timeout=5)
            try:
                return await run_benchmark(*definition.benchmarked, upstream, random.Random(1))
            finally:
                await upstream.aclose()

        key = trio.Event()
        key.set()
        watch = ModelWatch(
            readiness,
            log_path=log,
            markers=LogMarkers(["fatal"], ["loaded"]),
            measure=measure,
            probe=HealthProbe(server.url, "/health"),
            key_available=key.wait,
            in_thread=False,
        )
        await nursery.start(watch.serve)
        model.work = whole(b"CUDA out of memory", status=500)
        with log.open("a") as writer:
            writer.write("loaded\n")
        await trio.sleep_until(1)
        assert readiness.phase is Phase.ERRORED
        assert readiness.error == (
            "benchmark warm-up 1: the model answered 500: CUDA out of memory (1 of 1 answers failed)"
        )
        model.work = whole(DONE, after=2)
        await trio.sleep_until(39)
        assert readiness.ready
        # 30 s after the failure: 2 s of warm-up and three rounds of 2 s.
        assert readiness.load_time == 30.25 + 2 + 3 * 2
        assert readiness.max_perf == pytest.approx(500)
        nursery.cancel_scope.cancel()
    assert "the benchmark is tried again in 30 s" in caplog.text
