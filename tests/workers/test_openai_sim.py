"""The workers openai, vllm, sglang and llama in front of the servers that they are for: every route
with a grant, through the whole service.
"""

import hashlib
import random
from pathlib import Path

import pytest
import trio.testing
from fakes.sim_openai import running
from fakes.worker_app import running_worker

from pyworker.model.benchmark import BenchmarkFailed, run_benchmark
from pyworker.proxy.upstream import Upstream
from tests.workers.openai_family import ROUTES
from tests.workers.openai_requests import (
    EVERY,
    FAST,
    REQUESTS,
    WORKERS,
    ask,
    asked,
    behind,
    defined,
    served,
)


def test_there_is_a_request_for_every_route() -> None:
    assert sorted(REQUESTS) == ROUTES == served("vllm")
    assert len(EVERY) == 14 + 14 + 6 + 5


@pytest.mark.parametrize(("worker", "route"), EVERY)
async def test_every_route_is_answered_and_costs_what_it_costs(
    fast_clock: trio.testing.MockClock, tmp_path: Path, worker: str, route: str
) -> None:
    request = asked(worker, route)
    async with behind(worker, tmp_path, decode=FAST, prefill=FAST) as (sim, app, client):
        loads = [0.0]
        app.ledger.on_change = lambda: loads.append(app.ledger.load)
        answer = await ask(client, route, request.payload)
        assert answer.status_code == 200, answer.text
        request.check(answer)
        assert max(loads) == pytest.approx(request.cost)
        state = await sim.state()
        assert (state["failed"], state["cancelled"], state["running"]) == (0, 0, 0)
        # Files arrive byte by byte as they were before the client encoded them.
        assert {one["field"]: one["sha256"] for one in state["uploads"]} == {
            name: hashlib.sha256(data).hexdigest() for name, data in request.files.items()
        }


@pytest.mark.parametrize(("worker", "route"), EVERY)
async def test_every_routes_benchmark_measures_its_server(
    fast_clock: trio.testing.MockClock, tmp_path: Path, worker: str, route: str
) -> None:
    handler, benchmark = defined(worker, BENCHMARK_ROUTE=route).benchmarked
    async with running(tmp_path, style=WORKERS[worker], decode=FAST, prefill=FAST) as sim:
        upstream = Upstream(sim.url, connect_timeout=5.0)
        try:
            assert await run_benchmark(handler, benchmark, upstream, random.Random(1)) > 0
            asked_for = 1 + benchmark.runs * benchmark.concurrency
            state = await sim.state()
            assert state["failed"] == 0
            # A batch is several in the engine.
            assert state["finished"] in {asked_for, 4 * asked_for}
            await sim.fault(kind="error500")
            with pytest.raises(BenchmarkFailed, match="the model answered 500"):
                await run_benchmark(handler, benchmark, upstream, random.Random(1))
        finally:
            await upstream.aclose()


@pytest.mark.parametrize("worker", WORKERS)
async def test_a_route_that_the_server_has_not_is_its_404(
    fast_clock: trio.testing.MockClock, tmp_path: Path, worker: str
) -> None:
    missing = sorted(set(ROUTES) - set(served(worker)))
    config = defined(worker, OPENAI_ROUTES=",".join(ROUTES))
    async with (
        running(tmp_path, style=WORKERS[worker]) as sim,
        running_worker(sim.url, handlers=config.handlers, body_limit=2**20) as app,
        app.client() as client,
    ):
        for route in missing:
            assert (await ask(client, route, REQUESTS[route].payload)).status_code == 404, route
    assert len(missing) == {"sglang": 8, "llama": 9}.get(worker, 0)
