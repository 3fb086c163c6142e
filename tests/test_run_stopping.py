"""How a worker process stops: by signals, by its grace period, by a task that dies."""

import contextlib
import re
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from fakes.client import connect
from fakes.model import Call, is_silent
from fakes.process import running
from fakes.status_receiver import PATIENCE, Body
from fakes.worker_process import LOADED, Stage, WorkerProcess, stage, tgi
from trio.testing import wait_all_tasks_blocked

EVENT = b'data:{"token":{"text":"a"}}\n\n'
TERM, INT = signal.SIGTERM, signal.SIGINT


@pytest.fixture(name="stage")
async def _stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as around:
        yield around


@pytest.mark.parametrize("number", [TERM, INT])
async def test_a_signal_ends_an_idle_worker_with_a_last_report(
    stage: Stage, number: signal.Signals
) -> None:
    async with stage.ready_worker() as worker, worker.client() as client:
        await client.get("/ping")  # leaves an idle connection
        before = len(stage.autoscaler.statuses)
        worker.process.send_signal(number)
        assert await worker.process.exit_code() == 0
        assert len(stage.autoscaler.statuses) > before
    assert f"{number.name}: draining" in worker.process.err.text
    assert worker.process.err.lines[-1].endswith("worker tgi stopped")


async def test_a_signal_ends_a_worker_whose_autoscaler_is_down(stage: Stage) -> None:
    stage.autoscaler.answer = 503
    async with stage.worker() as worker:
        await worker.process.err.line("status not delivered")
        worker.process.send_signal(TERM)
        assert await worker.process.exit_code() == 0
    assert "the last report was not acknowledged" in worker.process.err.text


async def test_a_client_that_has_asked_for_nothing_yet_does_not_delay_the_end(
    stage: Stage,
) -> None:
    async with (
        stage.worker(GRACE_SECONDS="3600") as worker,
        (await connect(worker.port)).stream,
        worker.client() as client,
    ):
        await client.get("/ping")  # the silent one has been accepted before
        worker.process.send_signal(TERM)
        assert await worker.process.exit_code() == 0


async def test_a_benchmark_under_way_does_not_delay_the_end(stage: Stage) -> None:
    stage.model.script(silent_but_healthy)
    stage.model_log.write_text(LOADED)
    async with stage.worker(MAX_PERF="") as worker:
        await worker.process.err.line("loading -> benchmarking")
        worker.process.send_signal(TERM)
        assert await worker.process.exit_code() == 0
    assert "Traceback" not in worker.process.err.text


async def silent_but_healthy(call: Call) -> None:
    await (tgi(call) if call.target == "/health" else is_silent(call))


async def test_with_no_grace_at_all_a_stream_is_cut_at_once(stage: Stage) -> None:
    async with (
        stage.ready_worker(GRACE_SECONDS="0") as worker,
        worker.open_stream() as stream,
    ):
        await stage.stream_call()
        assert (await stream.head())[0] == 200
        worker.process.send_signal(TERM)
        with pytest.raises(trio.BrokenResourceError):
            await stream.rest()
        assert await worker.process.exit_code() == 0


async def test_a_stream_in_flight_is_finished_and_stands_in_the_last_report(stage: Stage) -> None:
    async with (
        stage.ready_worker() as worker,
        worker.open_stream(tokens=120) as stream,
        worker.idle_connection() as idle,
    ):
        call = await stage.stream_call()
        await call.chunk(EVENT)
        assert (await stream.head())[0] == 200
        assert await stream.chunk() == EVENT

        worker.process.send_signal(TERM)
        await worker.process.err.line("SIGTERM: draining")
        assert await idle.rest() == b""  # closed, cleanly
        with pytest.raises(OSError, match="all attempts to connect"):
            await trio.open_tcp_stream("127.0.0.1", worker.port)

        for _ in range(3):
            await call.chunk(EVENT)
            assert await stream.chunk() == EVENT
        await call.end()
        assert await stream.chunk() == b""
        assert await worker.process.exit_code() == 0
    receiver = stage.autoscaler
    assert (receiver.total("new_load"), receiver.total("cur_perf")) == (120, 120)
    assert receiver.statuses[-1]["cur_load"] == 0
    assert receiver.statuses[-1]["working_request_idxs"] == []
    assert [_told(record) for record in receiver.finished] == [(7, True, "Success")]


async def test_when_the_grace_period_is_over_a_stream_is_cut_visibly(stage: Stage) -> None:
    async with (
        stage.ready_worker(GRACE_SECONDS="0.3") as worker,
        worker.open_stream(tokens=80) as stream,
    ):
        call = await stage.stream_call()
        await call.chunk(EVENT)
        assert (await stream.head())[0] == 200
        assert await stream.chunk() == EVENT
        worker.process.send_signal(TERM)
        with pytest.raises(trio.BrokenResourceError):
            await stream.rest()
        await _within_patience(call.left)
        assert await worker.process.exit_code() == 0
    assert "grace period of 0.3 s is over" in worker.process.err.text
    receiver = stage.autoscaler
    assert (receiver.statuses[-1]["cur_load"], receiver.total("cur_perf")) == (0, 0)
    assert [_told(record) for record in receiver.finished] == [(7, True, "Cancelled")]


@pytest.mark.parametrize(("first", "second"), [(TERM, TERM), (TERM, INT), (INT, INT)])
async def test_a_second_signal_stops_at_once(
    stage: Stage, first: signal.Signals, second: signal.Signals
) -> None:
    async with (
        stage.ready_worker(GRACE_SECONDS="3600") as worker,
        worker.open_stream() as stream,
    ):
        call = await stage.stream_call()
        await call.chunk(EVENT)
        await stream.head()
        worker.process.send_signal(first)
        await worker.process.err.line("draining")
        worker.process.send_signal(second)
        assert await worker.process.exit_code() == 0
        await _within_patience(call.left)
        with pytest.raises(trio.BrokenResourceError):
            await stream.rest()
    assert "second signal: cutting what is left" in worker.process.err.text


async def test_a_second_signal_ends_the_wait_for_a_silent_autoscaler(stage: Stage) -> None:
    async with stage.ready_worker() as worker:
        stage.autoscaler.silent = True
        worker.process.send_signal(TERM)
        await worker.process.err.line("draining")
        worker.process.send_signal(TERM)
        assert await worker.process.exit_code() == 0, worker.process.err.text
    assert "second signal: " in worker.process.err.text


async def test_a_client_that_takes_no_bytes_does_not_outlive_the_grace_period(
    stage: Stage,
) -> None:
    async with stage.ready_worker(GRACE_SECONDS="0.3") as worker, _stuck_stream(stage, worker):
        worker.process.send_signal(TERM)
        assert await worker.process.exit_code() == 0
    assert [_told(record) for record in stage.autoscaler.finished] == [(7, True, "Cancelled")]


async def test_a_task_that_dies_later_ends_the_worker_though_a_client_takes_no_bytes(
    stage: Stage,
) -> None:
    async with stage.ready_worker() as worker, _stuck_stream(stage, worker):
        stage.model_log.unlink()
        stage.model_log.mkdir()
        assert await worker.process.exit_code() == 2
    assert "is not a regular file" in stage.autoscaler.statuses[-1]["error_msg"]


def _told(record: Body) -> tuple[object, ...]:
    return record["request_idx"], record["success"], record["status"]


@asynccontextmanager
async def _stuck_stream(stage: Stage, worker: WorkerProcess) -> AsyncGenerator[None]:
    """A stream whose client takes no bytes, full to the brim."""
    async with worker.open_stream(receive_buffer=4096), trio.open_nursery() as nursery:
        nursery.start_soon(_feed, await stage.stream_call())
        await wait_all_tasks_blocked(0.1)
        yield
        nursery.cancel_scope.cancel()


async def _feed(call: Call) -> None:
    with contextlib.suppress(trio.BrokenResourceError):  # the worker's end is what is waited for
        while True:
            await call.chunk(b"x" * 65536)


async def _within_patience(event: trio.Event) -> None:
    with trio.fail_after(PATIENCE):
        await event.wait()


async def test_an_idle_connection_of_this_machine_does_not_delay_the_end(stage: Stage) -> None:
    """A model server that keeps the connection on which it ended a session, say."""
    settings = stage.environ(GRACE_SECONDS="3600", NULL_CONTROL_PORT="0", MAX_PERF="")
    async with running(["null"], folder=stage.folder, environ=settings) as process:
        line = await process.err.line("control routes on port")
        found = re.search(r"on port (\d+)", line)
        assert found is not None
        client = await connect(int(found[1]))
        async with client.stream:
            await client.send(b"GET /health HTTP/1.1\r\nHost: worker\r\n\r\n")
            assert (await client.answer())[0] == 200
            process.send_signal(TERM)
            assert await process.exit_code() == 0
