"""`sim hello`: what it answers, streams and logs, and its ways to fail.

A second of these tests is a hundred simulated ones.
"""

import re
from pathlib import Path

import httpx
import orjson
import pytest
import trio
import trio.testing
from fakes.sim_hello import running

from pyworker.sim.command import parse_arguments
from pyworker.sim.faults import Fault, FaultKind
from pyworker.sim.hello.server import HelloServer
from pyworker.sim.hello.settings import FailStart, HelloSettings
from pyworker.sim.log import LogWriter


async def test_an_answer_is_the_same_whole_and_streamed(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        whole = (await sim.generate(9)).json()
        assert whole["response_tokens"] == len(whole["response"].split()) == 9
        *tokens, done = await sim.events(9)
        assert done == "[DONE]"
        assert [list(token) for token in tokens] == [["token"]] * 9
        assert "".join(token["token"]["text"] for token in tokens) == whole["response"]
        assert (await sim.generate(9)).json() == whole
        assert (await sim.client.get("/healthcheck")).json() == {"status": "ok"}
        state = await sim.state()
        assert (state["finished"], state["tokens_generated"]) == (3, 27)


async def test_an_answer_takes_its_time(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with running(tmp_path, decode=2.0) as sim:
        began = trio.current_time()
        await sim.generate(40)
        assert trio.current_time() - began >= 20


async def test_a_length_that_is_left_open_is_a_hundred(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        for request in ({"prompt": "x"}, {"prompt": "x", "max_response_tokens": None, "more": 1}):
            answer = await sim.client.post("/generate", json=request)
            assert answer.json()["response_tokens"] == 100


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"{", 400, "the body is no JSON"),
        (b"[]", 422, "prompt must be a text"),
        (b'{"prompt": 7}', 422, "prompt must be a text"),
        (b'{"prompt": "x", "max_response_tokens": 0}', 422, "a whole number from 1: 0"),
        (b'{"prompt": "x", "max_response_tokens": true}', 422, "a whole number from 1: True"),
        (b'{"prompt": "x", "max_response_tokens": 99}', 422, "2 tokens of prompt and 99 of answer"),
        (b" " * 2_000_001, 413, "the limit is 2000000 bytes"),
    ],
)
@pytest.mark.parametrize("route", ["/generate", "/generate_stream"])
async def test_a_wrong_request_is_told_what_is_wrong(
    tmp_path: Path, route: str, body: bytes, status: int, told: str
) -> None:
    async with running(tmp_path, max_total_tokens=100) as sim:
        answer = await sim.client.post(route, content=body)
        assert answer.status_code == status
        assert told in answer.json()["error"]


async def test_other_paths_and_methods_are_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as sim:
        assert (await sim.client.get("/nothing")).status_code == 404
        assert (await sim.client.get("/generate")).json() == {"error": "/generate takes POST"}


async def test_its_log_tells_of_its_life(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, load_seconds=100.0) as sim:
        await sim.generate()
        await sim.client.get("/sim/state")
        sim.server.stop()
        await sim.ended.wait()
        assert sim.code == 0
    lines = sim.log.read_text().splitlines()
    said = [orjson.loads(line)["message"] for line in lines if line.startswith("{")]
    assert said == ["Download file: model.safetensors", "Downloaded model.safetensors in 0:00:40"]
    assert '"message":"Download file' in lines[1]
    own = [line for line in lines if not line.startswith("{")]
    form = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO (.*)")
    assert [found[1] for line in own if (found := form.fullmatch(line))] == [
        "starting infer server",
        "loading weights",
        "infer server has started",
        "POST /generate 200",
        "stopping infer server",
        "infer server has stopped",
    ]


@pytest.mark.parametrize(
    ("fail", "last"),
    [
        ("model", "Exception: corrupted model file"),
        ("bind", "OSError: [Errno 98] Address already in use"),
    ],
)
async def test_a_start_can_fail(
    fast_clock: trio.testing.MockClock, tmp_path: Path, fail: FailStart, last: str
) -> None:
    settings = HelloSettings(port=0, load_seconds=10.0, fail_start=fail)
    with LogWriter(tmp_path / "log") as log:
        assert await HelloServer(settings, log, lambda _: None).serve() == 1
    said = (tmp_path / "log").read_text()
    assert said.endswith(f"{last}\n")
    assert "infer server has started" not in said


async def test_faults_hit_one_request_each(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="error500", count=2, after_tokens=3)
        failed = await sim.generate()
        assert (failed.status_code, failed.json()) == (500, {"error": "the generation failed"})
        *tokens, last = await sim.events()
        assert (len(tokens), last) == (3, {"error": "the generation failed"})
        await sim.fault(kind="refuse", count=2)
        for route in ("/generate", "/generate_stream"):
            refused = await sim.generate(route=route)
            assert (refused.status_code, refused.json()["error"]) == (503, "the server is busy")
        await sim.fault(kind="cut", count=2)
        for route in ("/generate", "/generate_stream"):
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await sim.generate(route=route)
        await sim.fault(kind="unhealthy")
        assert (await sim.client.get("/healthcheck")).status_code == 503
        assert (await sim.client.get("/healthcheck")).status_code == 200
        await sim.fault(kind="hang")
        with trio.move_on_after(60) as scope:
            await sim.generate()
        assert scope.cancelled_caught
        assert (await sim.generate()).status_code == 200
        log = sim.log.read_text()
        assert " ERROR POST /generate 500\n" in log
        assert " ERROR POST /generate_stream 503\n" in log


async def test_one_more_than_it_holds_is_refused(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, decode=0.1, max_concurrent=1, max_queue=0) as sim:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sim.generate)
            while (await sim.state())["running"] == 0:  # noqa: ASYNC110 - only HTTP shows it
                await trio.sleep(0.5)
            assert (await sim.generate()).status_code == 503
            nursery.cancel_scope.cancel()
        while (await sim.state())["running"]:  # noqa: ASYNC110
            await trio.sleep(0.5)
        assert (await sim.state())["cancelled"] == 1


async def test_a_model_that_dies_takes_its_requests_with_it_and_ends_with_1(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="crash", after_tokens=3)
        *tokens, last = await sim.events()
        assert (len(tokens), last) == (3, {"error": "the model has died"})
        await sim.ended.wait()
    assert sim.code == 1
    assert "CUDA error" in sim.log.read_text()


def test_its_command_line() -> None:
    assert parse_arguments(["hello"]) == HelloSettings()
    line = "hello --port 0 --log x.log --decode 7 --fail-start model --fault cut:after_tokens=2"
    assert parse_arguments(line.split()) == HelloSettings(
        port=0,
        log=Path("x.log"),
        decode=7.0,
        fail_start="model",
        faults=(Fault(FaultKind.CUT, after_tokens=2),),
    )
