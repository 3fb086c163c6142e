"""The load test against workers: open loop on a virtual clock, and the command as a process."""

from pathlib import Path

import orjson
import pytest
import trio
from fakes.model import Call, FakeModel, replies
from fakes.process import finished

from pyworker.client import Client, Direct
from pyworker.load.drive import Request, Run


@pytest.fixture
async def worker(nursery: trio.Nursery) -> FakeModel:
    """What stands where a worker does."""
    worker = FakeModel()
    await nursery.start(worker.serve)
    return worker


async def slow(call: Call) -> None:
    await call.body()
    await call.start()
    await trio.sleep(10)
    await call.chunk(b"one")
    await trio.sleep(2)
    await call.chunk(b"two")
    await call.end()


async def test_the_next_request_does_not_wait_for_the_last(
    worker: FakeModel, autojump_clock: object
) -> None:
    worker.script(slow)
    began = trio.current_time()
    async with Client(Direct(worker.url)) as client:
        run = Run(client)
        await run.drive([Request(float(n), "/generate", {}, 5.0) for n in range(4)])
    assert trio.current_time() - began == pytest.approx(15, abs=0.5)
    for sample in run.samples:
        assert sample.error == ""
        assert sample.first == pytest.approx(10, abs=0.5)
        assert sample.total == pytest.approx(12, abs=0.5)
        assert [round(gap) for gap in sample.gaps] == [2]
        assert (sample.size, sample.workload) == (6, 5.0)
    assert run.in_flight == 0


async def test_what_fails_is_a_sample_as_well(worker: FakeModel) -> None:
    worker.script(replies(429, b"{}"))
    async with Client(Direct(worker.url), attempts=1) as client:
        run = Run(client)
        await run.drive([Request(0.0, "/generate", {}, 5.0)] * 3)
    assert [sample.error for sample in run.samples] == ["status 429"] * 3


async def test_the_command_writes_figures_and_a_report(worker: FakeModel, tmp_path: Path) -> None:
    worker.script(replies(200, b'{"generated_text": "x"}'))
    arguments = ["load", "tgi", "-n", "20", "-rps", "200", "--direct", worker.url]
    arguments += ["--json", "out.json", "--html", "out.html", "--fixed"]
    code, process = await finished(arguments, folder=tmp_path)
    assert code == 0, process.err.text
    assert "20 requests in" in process.out.text
    figures = orjson.loads((tmp_path / "out.json").read_bytes())
    assert (figures["served"], figures["errors"]) == (20, {})
    assert figures["workload_per_second"] * figures["seconds"] == pytest.approx(20 * 128)
    assert (tmp_path / "out.html").read_text().startswith("<!doctype html>")
    sent = orjson.loads(await worker.calls[0].body())
    assert sent["auth_data"]["cost"] == 128
    assert sent["payload"]["parameters"]["max_new_tokens"] == 128


async def test_a_failed_request_is_exit_code_1(worker: FakeModel, tmp_path: Path) -> None:
    worker.script(replies(500, b"{}"))
    arguments = ["-n", "2", "-rps", "100", "--direct", worker.url]
    program = ("-m", "workers.tgi.test_load")
    code, process = await finished(arguments, folder=tmp_path, program=program)
    assert code == 1
    assert "2  status 500" in process.out.text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing", "-n", "1", "-rps", "1"], "there is no worker 'nothing'"),
        (["tgi", "-n", "0", "-rps", "1"], "-n is 1 to"),
        (["tgi", "-n", "1", "-rps", "nan"], "-rps is above 0"),
        (["tgi", "-n", "1", "-rps", "1", "--route", "/x"], "tgi has no route /x"),
    ],
)
async def test_a_wrong_command_is_a_sentence(
    arguments: list[str], told: str, tmp_path: Path
) -> None:
    code, process = await finished(["load", *arguments], folder=tmp_path)
    assert code == 2
    assert told in process.err.text
    assert process.err.text.count("\n") == 1
