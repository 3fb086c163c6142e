"""The null worker: a machine is reserved by a session or by a request, and released."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
import orjson
import pytest
import trio
import trio.testing
from fakes.grants import autoscaler, stranger
from fakes.model import replies
from fakes.process import Process, running
from fakes.worker_app import WorkerApp, running_worker
from fakes.worker_process import Stage, stage

from pyworker.errors import InvalidRequest
from pyworker.settings import read_settings
from pyworker.worker import BenchmarkConfig, HandlerConfig, WorkerConfig
from workers.null.worker import MAX_PERF, Reservation, define

CONFIG = define(read_settings({}))


@asynccontextmanager
async def serving() -> AsyncGenerator[tuple[WorkerApp, httpx.AsyncClient]]:
    async with (
        running_worker(
            "http://127.0.0.1:0",
            handlers=CONFIG.handlers,
            max_sessions=CONFIG.max_sessions,
            sessions_hold_cost=CONFIG.sessions_hold_cost,
        ) as worker,
        worker.client() as client,
    ):
        yield worker, client


def test_nothing_is_measured_followed_or_asked() -> None:
    assert (CONFIG.max_perf, CONFIG.model_log_file, CONFIG.model_server_url) == (MAX_PERF, "", "")
    assert CONFIG.health_endpoint == ""
    assert CONFIG.max_sessions == 1
    assert all(handler.benchmark_config is None for handler in CONFIG.handlers)
    assert all(handler.workload_of({}) == 100 for handler in CONFIG.handlers)
    watched = define(read_settings({"BACKEND_HEALTH_URL": "http://127.0.0.1:9/ok"}))
    assert watched.health_endpoint == "http://127.0.0.1:9/ok"


def test_a_worker_has_a_benchmark_or_a_throughput() -> None:
    handler = HandlerConfig(route="/x", workload=1.0)
    measured = HandlerConfig(
        route="/y",
        workload=1.0,
        benchmark_config=BenchmarkConfig(payload=lambda _: {}, check=lambda _: None),
    )

    def worker(handler: HandlerConfig, max_perf: float | None) -> WorkerConfig:
        return WorkerConfig(
            name="x",
            model_server_url="",
            model_log_file="",
            handlers=(handler,),
            max_perf=max_perf,
        )

    worker(handler, 1.0)
    for wrong, max_perf in ((handler, None), (measured, 1.0), (handler, 0.0)):
        with pytest.raises(ValueError, match="worker x"):
            worker(wrong, max_perf)


# --- a reservation, by the clock


async def test_a_reservation_lasts_as_long_as_asked_and_no_longer_than_may_be(
    autojump_clock: trio.testing.MockClock,
) -> None:
    reservation = Reservation(3600.0)
    for asked, held in ((600, 600.0), (0, 0.0), (7200.5, 3600.0), (None, 3600.0)):
        payload = {} if asked is None else {"duration": asked}
        answer = await reservation.hold(payload)
        assert answer == {"result": {"reserved_seconds": held, "released": False}}


@pytest.mark.parametrize("duration", [-1, "5", True, None, float("nan"), [1]])
async def test_a_duration_is_a_number_of_seconds(duration: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await Reservation(3600.0).hold({"duration": duration})
    assert list(refused.value.detail) == ["payload"]


async def test_a_reservation_can_be_released(autojump_clock: trio.testing.MockClock) -> None:
    reservation = Reservation(3600.0)
    assert await reservation.release({}) == {"released": False}
    answers: list[dict[str, object]] = []

    async def hold() -> None:
        answers.append(await reservation.hold({"duration": 600}))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hold)
        await trio.sleep(10)
        assert await reservation.release({}) == {"released": True}
    assert answers == [{"result": {"reserved_seconds": 10.0, "released": True}}]
    assert await reservation.release({}) == {"released": False}


# --- through the whole service


async def test_ping_is_a_probe_with_get_and_a_sign_of_life_with_post() -> None:
    async with serving() as (_, client):
        assert (await client.get("/ping")).text == "pong"
        granted = await client.post("/ping", content=autoscaler().envelope(b"{}"))
        assert granted.json() == {"result": "pong"}
        strange = stranger().envelope(b"{}", grant=stranger().grant())
        assert (await client.post("/ping", content=strange)).status_code == 401


async def test_one_session_reserves_the_machine_and_pings_keep_it() -> None:
    async with serving() as (worker, client):
        grant = autoscaler().grant(cost=50_000.0)
        create = {"auth_data": grant, "payload": {"lifetime": 60}}
        created = await client.post("/session/create", json=create)
        assert created.status_code == 201
        session_id = created.json()["session_id"]
        other = {"auth_data": autoscaler().grant(reqnum=2), "payload": {}}
        assert (await client.post("/session/create", json=other)).status_code == 429
        ping = autoscaler().envelope(b"{}", session_id=session_id)
        # However much is reserved, a sign of life waits for nothing.
        assert (await client.post("/ping", content=ping)).status_code == 200
        assert worker.ledger.load == 50_000.0
        named = {"session_id": session_id, "session_auth": grant}
        assert (await client.post("/session/end", json=named)).json()["ended"] is True


async def test_a_second_reservation_is_refused_and_one_ends_with_its_client() -> None:
    async with serving() as (worker, client):
        body = autoscaler().envelope(b'{"duration": 600}')
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(client.post, "/reserve", content=body))
            await worker.until(lambda ledger: ledger.working == 1)
            refused = await client.post("/reserve", content=body)
            assert refused.status_code == 429
            nursery.cancel_scope.cancel()
        await worker.until(lambda ledger: ledger.working == 0)
        answer = await client.post("/reserve", content=autoscaler().envelope(b'{"duration": 0}'))
        assert answer.json()["result"]["released"] is False


# --- as a process


@pytest.fixture(name="stage")
async def _stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with stage(tmp_path) as around:
        yield around


@asynccontextmanager
async def worker_process(stage: Stage, **settings: str) -> AsyncGenerator[Process]:
    environ = stage.environ(NULL_CONTROL_PORT="0", **settings)
    environ.pop("MODEL_LOG", None)
    async with running(["null"], folder=stage.folder, environ=environ) as process:
        yield process


def _port(line: str, words: str) -> int:
    return int(line.partition(words)[2].split()[0])


async def test_it_is_ready_without_a_model_and_is_released_from_its_machine(stage: Stage) -> None:
    async with worker_process(stage, BACKEND_HEALTH_URL=f"{stage.model.url}/ok") as process:
        status = await stage.autoscaler.status(lambda status: status["loadtime"] > 0)
        assert status["max_perf"] == 1000
        # There is no model that loads, and nothing is measured: it says nothing of either.
        told = [line.rpartition("readiness: ")[2] for line in process.err.lines if " -> " in line]
        assert [line.partition(" after ")[0] for line in told] == [
            "starting -> confirming",
            "confirming -> ready",
        ]
        assert told[0].endswith(f"Waits for 200 from {stage.model.url}/ok.")
        assert {call.target for call in stage.model.calls} == {"/ok"}
        port = _port(await process.err.line("listens on port"), "listens on port ")
        told = await process.err.line("control routes on port")
        control = f"http://127.0.0.1:{_port(told, 'control routes on port ')}"
        answers: list[httpx.Response] = []
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:

            async def reserve() -> None:
                url = f"http://127.0.0.1:{port}/reserve"
                answers.append(await client.post(url, content=autoscaler().envelope(b"{}")))

            assert (await client.get(f"{control}/health")).json() == {"status": "ok"}
            assert (await client.get(f"{control}/release")).status_code == 404
            assert (await client.post(f"{control}/release", content=b"[")).status_code == 422
            async with trio.open_nursery() as nursery:
                nursery.start_soon(reserve)
                while not (await client.post(f"{control}/release")).json()["released"]:  # noqa: ASYNC110
                    await trio.sleep(0.05)
        assert orjson.loads(answers[0].content)["result"]["released"] is True


async def test_a_backend_that_is_not_well_keeps_it_from_being_ready(stage: Stage) -> None:
    stage.model.script(replies(503, b"no"))
    async with worker_process(stage, BACKEND_HEALTH_URL=f"{stage.model.url}/ok") as process:
        await process.err.line("listens on port")
        for _ in range(2):
            assert (await stage.model.next_call()).target == "/ok"
        assert all(status["loadtime"] == 0 for status in stage.autoscaler.statuses)
