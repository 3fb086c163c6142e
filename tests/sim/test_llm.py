"""The whole simulator over real sockets, its clock a hundred times faster than the wall's.

Durations in these tests are simulated seconds. What must be exact to the token is tested on a
virtual clock in test_engine.py; here only what the wire shows.
"""

import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import trio
import trio.testing

from pyworker.sim.llm import LlmServer
from pyworker.sim.settings import FailStart, LlmSettings
from pyworker.sim.tgi_log import LogWriter

LOADED = LlmSettings(port=0, load_seconds=0.0)


@pytest.fixture
def fast_clock() -> trio.testing.MockClock:
    return trio.testing.MockClock(rate=100.0)


class Running:
    """A simulator in this event loop, and a client for it."""

    client: httpx.AsyncClient

    def __init__(self, server: LlmServer, log: Path) -> None:
        self.server = server
        self.log = log
        self.code: int | None = None
        self.ended = trio.Event()

    async def generate(self, **parameters: object) -> httpx.Response:
        return await self.client.post("/generate", json=_body(parameters))

    async def events(self, **parameters: object) -> list[dict[str, Any]]:
        answer = await self.client.post("/generate_stream", json=_body(parameters))
        assert answer.status_code == 200
        return _events(answer.content)

    async def read_into(self, got: bytearray, **parameters: object) -> None:
        """Stream an answer into `got`, which keeps what came before a failure."""
        async with self.client.stream("POST", "/generate_stream", json=_body(parameters)) as answer:
            async for chunk in answer.aiter_raw():
                got += chunk

    async def fault(self, **members: object) -> None:
        assert (await self.client.post("/sim/fault", json=members)).status_code == 200

    async def state(self) -> dict[str, Any]:
        return (await self.client.get("/sim/state")).json()

    async def until(self, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Poll the state until it is as wanted; the test's timeout is the limit."""
        while not reached(state := await self.state()):  # noqa: ASYNC110 - only HTTP shows it
            await trio.sleep(0.5)
        return state

    def messages(self) -> list[str]:
        return [_message(line) for line in self.log.read_bytes().splitlines()]


def _message(line: bytes) -> str:
    if not line.startswith(b"{"):
        return line.decode()
    record = orjson.loads(line)
    return record["message"] if "message" in record else record["fields"]["message"]


def _body(parameters: dict[str, object]) -> dict[str, object]:
    return {"inputs": "Tell me something", "parameters": parameters}


def _events(content: bytes) -> list[dict[str, Any]]:
    blocks = content.split(b"\n\n")
    assert blocks.pop() == b"", "every event ends with an empty line"
    return [orjson.loads(block.removeprefix(b"data:")) for block in blocks if block != b":"]


@asynccontextmanager
async def running(folder: Path, settings: LlmSettings = LOADED) -> AsyncGenerator[Running]:
    path = folder / "infer.log"
    with LogWriter(path) as log:
        server = LlmServer(settings, log, lambda _: None)
        sim = Running(server, path)
        async with trio.open_nursery() as nursery:

            async def serve(*, task_status: trio.TaskStatus[int]) -> None:
                sim.code = await server.serve(task_status=task_status)
                sim.ended.set()

            port = await nursery.start(serve)
            # Without certificates, whose loading takes longer than most of these tests.
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=None, trust_env=False, verify=False
            ) as sim.client:
                yield sim
            nursery.cancel_scope.cancel()


async def test_nobody_can_connect_before_connected_is_logged(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    send_said, said = trio.open_memory_channel[str](2)
    settings = LlmSettings(port=0, load_seconds=40.0)
    with LogWriter(tmp_path / "log") as log:
        server = LlmServer(settings, log, send_said.send_nowait)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(nursery.start, server.serve)
            loading = await said.receive()
            port = int(loading.rpartition(":")[2])
            assert loading == f"sim: loading, will listen on http://127.0.0.1:{port}"
            for _ in range(3):
                with pytest.raises(OSError, match="all attempts to connect"):
                    await trio.open_tcp_stream("127.0.0.1", port)
                assert b'"Connected"' not in (tmp_path / "log").read_bytes()
            assert await said.receive() == f"sim: listening on http://127.0.0.1:{port}"
            assert b'"message":"Connected"' in (tmp_path / "log").read_bytes()
            await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
            nursery.cancel_scope.cancel()


async def test_a_whole_answer(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with running(tmp_path) as sim:
        answer = await sim.generate(max_new_tokens=5, details=True, temperature=0.7)
        body = answer.json()
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-prompt-tokens"] == "5"  # "something" is two
        assert answer.headers["x-generated-tokens"] == "5"
        assert int(answer.headers["x-inference-time"]) >= 83  # 5 tokens at 60 a second
        details = body["details"]
        assert details["finish_reason"] == "length"
        assert body["generated_text"] == "".join(token["text"] for token in details["tokens"])
        assert isinstance(details["seed"], int)
        assert sim.messages()[-1] == "Success"
        plain = (await sim.generate(max_new_tokens=5)).json()
        assert plain == {"generated_text": body["generated_text"]}


async def test_a_stream_is_the_same_text_one_event_a_token(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        whole = (await sim.generate(max_new_tokens=20)).json()["generated_text"]
        answer = await sim.client.post(
            "/generate_stream", json=_body({"max_new_tokens": 20, "details": True})
        )
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["x-accel-buffering"] == "no"
        *events, last = _events(answer.content)
        assert [event["index"] for event in events] == list(range(1, 20))
        assert all(event["generated_text"] is event["details"] is None for event in events)
        assert last["generated_text"] == whole
        assert "".join(event["token"]["text"] for event in (*events, last)) == whole
        assert last["details"] == {
            "finish_reason": "length",
            "generated_tokens": 20,
            "seed": None,
            "input_length": 5,
        }


async def test_events_arrive_as_they_are_made(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = LlmSettings(port=0, load_seconds=0.0, decode=0.2)  # one each 5 s
    async with (
        running(tmp_path, settings) as sim,
        sim.client.stream("POST", "/generate_stream", json=_body({"max_new_tokens": 4})) as answer,
    ):
        times = [trio.current_time() async for _ in answer.aiter_raw()]
        assert times[-1] - times[0] >= 5.0


async def test_the_prompt_is_repeated_when_the_full_text_is_wanted(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        answer = await sim.generate(max_new_tokens=2, return_full_text=True)
        assert answer.json()["generated_text"].startswith("Tell me something ")
        # POST / does so by default, and answers with a list.
        compatible = await sim.client.post("/", json=_body({"max_new_tokens": 2}))
        assert compatible.json() == [answer.json()]
        stream = await sim.client.post("/", json={**_body({"max_new_tokens": 2}), "stream": True})
        assert _events(stream.content)[-1]["generated_text"] == answer.json()["generated_text"]


async def test_best_of_gives_the_likeliest_and_lists_the_others(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        body = (
            await sim.generate(max_new_tokens=9, best_of=2, do_sample=True, details=True)
        ).json()
        (other,) = body["details"]["best_of_sequences"]

        def score(sequence: dict[str, Any]) -> float:
            return sum(token["logprob"] for token in sequence["tokens"])

        assert score(body["details"]) >= score(other)
        assert body["generated_text"] != other["generated_text"]
        assert (await sim.state())["finished"] == 2
        refused = await sim.generate(best_of=3, do_sample=True)
        assert refused.status_code == 422


async def test_wrong_requests_are_answered_as_axum_and_tgi_do(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = LlmSettings(port=0, load_seconds=0.0, payload_limit=1000)
    async with running(tmp_path, settings) as sim:
        invalid = await sim.generate(temperature=0)
        assert (invalid.status_code, invalid.json()) == (
            422,
            {
                "error": "Input validation error: `temperature` must be strictly positive",
                "error_type": "validation",
            },
        )
        large = await sim.client.post("/generate", json={"inputs": "x" * 1000})
        assert (large.status_code, large.text) == (
            413,
            "Failed to buffer the request body: length limit exceeded",
        )
        assert (await sim.client.post("/generate", json={})).status_code == 422
        assert (await sim.client.post("/generate", content=b"{")).status_code == 415
        missing = await sim.client.get("/nothing")
        assert (missing.status_code, missing.content) == (404, b"")
        wrong = await sim.client.get("/generate")
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
        assert await sim.events(max_new_tokens=0) == [
            {
                "error": "Input validation error: `max_new_tokens` must be strictly positive",
                "error_type": "validation",
            }
        ]
        assert await sim.events(best_of=2) == [
            {
                "error": "Input validation error: "
                "`best_of` != 1 is not supported when streaming tokens",
                "error_type": "validation",
            }
        ]
        assert (await sim.state())["failed"] == 0, "nothing wrong ever reached the engine"


async def test_health_and_info(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with running(tmp_path) as sim:
        for path in ("/health", "/ping", "/"):
            healthy = await sim.client.get(path)
            assert (healthy.status_code, healthy.content) == (200, b"")
        info = (await sim.client.get("/info")).json()
        assert info["max_total_tokens"] == 8192
        assert info["router"] == "text-generation-router"


async def test_a_full_server_queues_and_then_refuses(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = LlmSettings(port=0, load_seconds=0.0, max_concurrent=1, max_queue=1)
    async with running(tmp_path, settings) as sim:
        await sim.fault(kind="hang", after_tokens=0)
        waiting: list[httpx.Response] = []

        async def wait() -> None:
            waiting.append(await sim.generate(max_new_tokens=2))

        async with trio.open_nursery() as nursery:
            async with trio.open_nursery() as holding:
                holding.start_soon(partial(sim.generate, max_new_tokens=1))
                await sim.until(lambda state: state["running"] == 1)
                nursery.start_soon(wait)
                await sim.until(lambda state: state["queued"] == 1)
                refused = await sim.generate(max_new_tokens=1)
                assert (refused.status_code, refused.json()) == (
                    429,
                    {"error": "Model is overloaded", "error_type": "overloaded"},
                )
                assert await sim.events(max_new_tokens=1) == [refused.json()]
                assert not waiting
                holding.cancel_scope.cancel()
        assert [answer.status_code for answer in waiting] == [200]
        assert int(waiting[0].headers["x-queue-time"]) > 0
        assert sim.messages().count("no permits available") == 2


@pytest.mark.parametrize("path", ["/generate_stream", "/generate"])
async def test_a_client_that_leaves_frees_the_slot(
    fast_clock: trio.testing.MockClock, tmp_path: Path, path: str
) -> None:
    settings = LlmSettings(port=0, load_seconds=0.0, decode=1.0, max_concurrent=1, max_queue=0)
    async with running(tmp_path, settings) as sim:
        async with trio.open_nursery() as nursery:
            body = _body({"max_new_tokens": 8000})
            nursery.start_soon(partial(sim.client.post, path, json=body))
            await sim.until(lambda state: state["running"] == 1)
            await trio.sleep(3.0)
            nursery.cancel_scope.cancel()
        state = await sim.until(lambda state: state["running"] == 0)
        assert (state["cancelled"], state["finished"], state["failed"]) == (1, 0, 0)
        assert 2 <= state["tokens_generated"] < 8000
        assert state["seconds_busy"] >= 3.0
        assert (await sim.state())["seconds_busy"] == state["seconds_busy"]


async def test_a_silent_stream_sends_a_comment_every_15_seconds(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    # A prompt of 5 tokens takes 50 s; then one token.
    settings = LlmSettings(port=0, load_seconds=0.0, prefill=0.1)
    async with running(tmp_path, settings) as sim:
        answer = await sim.client.post("/generate_stream", json=_body({"max_new_tokens": 1}))
        comments, event = answer.content.split(b"data:")
        assert comments in {b":\n\n" * 2, b":\n\n" * 3}
        assert orjson.loads(event)["index"] == 1


async def test_error500_is_tgis_incomplete_generation(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="error500", count=2, after_tokens=3)
        failed = await sim.generate(max_new_tokens=10)
        assert (failed.status_code, failed.json()["error_type"]) == (500, "incomplete_generation")
        *events, last = await sim.events(max_new_tokens=10)
        assert len(events) == 3
        assert last["error_type"] == "incomplete_generation_stream"
        assert (await sim.generate(max_new_tokens=10)).status_code == 200
        assert (await sim.state())["failed"] == 2


async def test_a_cut_resets_the_connection_in_the_middle(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="cut", count=2, after_tokens=4)
        got = bytearray()
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await sim.read_into(got, max_new_tokens=10)
        assert len(_events(bytes(got))) == 4
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await sim.generate(max_new_tokens=10)
        assert len(await sim.events(max_new_tokens=10)) == 10
        assert (await sim.state())["running"] == 0


async def test_a_hang_sends_nothing_more_and_keeps_its_slot(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="hang", after_tokens=2)
        got = bytearray()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(sim.read_into, got, max_new_tokens=10))
            await sim.until(lambda state: state["tokens_generated"] == 2)
            await trio.sleep(20.0)
            assert (await sim.state())["running"] == 1
            nursery.cancel_scope.cancel()
        assert got.count(b"\n\n") == 2, "not even a comment"
        state = await sim.until(lambda state: state["running"] == 0)
        assert state["cancelled"] == 1


async def test_slow_unhealthy_refuse_and_none(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="slow", factor=60)
        slow = await sim.generate(max_new_tokens=5)
        assert int(slow.headers["x-inference-time"]) >= 5000
        await sim.fault(kind="unhealthy", count=1)
        sick = await sim.client.get("/health")
        assert (sick.status_code, sick.json()) == (
            503,
            {"error": "unhealthy", "error_type": "healthcheck"},
        )
        assert (await sim.client.get("/health")).status_code == 200
        await sim.fault(kind="refuse", count=None)
        assert (await sim.generate()).status_code == 429
        await sim.fault(kind="none")
        assert (await sim.generate(max_new_tokens=1)).status_code == 200
        for wrong in (b"{", b"[]", b'{"kind":"explode"}'):
            answer = await sim.client.post("/sim/fault", content=wrong)
            assert answer.status_code == 422
            assert answer.json()["error"]


async def test_a_crash_fails_what_runs_and_ends_with_code_1(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = LlmSettings(port=0, load_seconds=0.0, decode=1.0)
    async with running(tmp_path, settings) as sim:
        ends: list[dict[str, Any]] = []

        async def stream() -> None:
            ends.append((await sim.events(max_new_tokens=1000))[-1])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream)
            nursery.start_soon(stream)
            await sim.until(lambda state: state["running"] == 2)
            await sim.fault(kind="crash")
        assert [end["error_type"] for end in ends] == ["generation", "generation"]
        await sim.ended.wait()
        assert sim.code == 1
        assert "Shard 0 crashed" in sim.messages()
        assert sim.log.read_bytes().endswith(b"\nError: ShardFailed\n")
        with pytest.raises(httpx.ConnectError):
            await sim.client.get("/health")


async def test_a_crash_can_wait_for_a_token(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="crash", after_tokens=2)
        assert (await sim.client.get("/health")).status_code == 200
        *events, last = await sim.events(max_new_tokens=10)
        assert len(events) == 2
        assert last["error"].startswith("Request failed during generation: ")
        await sim.ended.wait()
        assert sim.code == 1


async def test_stopping_lets_requests_finish_and_takes_no_new_ones(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = LlmSettings(port=0, load_seconds=0.0, decode=10.0, grace_seconds=1e6)
    async with running(tmp_path, settings) as sim:
        async with sim.client.stream(
            "POST", "/generate_stream", json=_body({"max_new_tokens": 50})
        ) as answer:
            sim.server.stop()
            await trio.sleep(1.0)
            with pytest.raises(httpx.ConnectError):
                await sim.client.get("/health")
            assert len(_events(await answer.aread())) == 50
        await sim.ended.wait()
        assert sim.code == 0
        assert sim.messages()[-1] == "shard terminated"


async def test_a_second_stop_does_not_wait(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = LlmSettings(port=0, load_seconds=0.0, decode=0.001, grace_seconds=1e6)
    async with running(tmp_path, settings) as sim, trio.open_nursery() as nursery:

        async def broken() -> None:
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await sim.generate(max_new_tokens=50)

        nursery.start_soon(broken)
        await sim.until(lambda state: state["running"] == 1)
        sim.server.stop()
        await trio.sleep(5.0)
        assert not sim.ended.is_set()
        sim.server.stop()
        await sim.ended.wait()
        assert sim.code == 0


async def test_the_grace_ends(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    settings = LlmSettings(port=0, load_seconds=0.0, grace_seconds=10.0)
    async with running(tmp_path, settings) as sim, trio.open_nursery() as nursery:
        await sim.fault(kind="hang", after_tokens=0)

        async def broken() -> None:
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await sim.generate(max_new_tokens=50)

        nursery.start_soon(broken)
        await sim.until(lambda state: state["running"] == 1)
        stopped_at = trio.current_time()
        sim.server.stop()
        await sim.ended.wait()
        assert trio.current_time() - stopped_at >= 10.0


async def _serve(settings: LlmSettings, path: Path) -> tuple[int, list[str], bytes]:
    said: list[str] = []
    with LogWriter(path / "log") as log:
        code = await LlmServer(settings, log, said.append).serve()
    return code, said, (path / "log").read_bytes()


@pytest.mark.parametrize(
    ("fail", "last"),
    [
        ("download", b"\nError: DownloadError\n"),
        ("shard", b"\nError: ShardCannotStart\n"),
        ("webserver", b"\nError: WebserverFailed\n"),
        ("bind", b"\nError: WebserverFailed\n"),
    ],
)
async def test_a_failing_start_never_listens(
    fast_clock: trio.testing.MockClock, tmp_path: Path, fail: FailStart, last: bytes
) -> None:
    settings = LlmSettings(port=0, load_seconds=1.0, fail_start=fail)
    code, said, log = await _serve(settings, tmp_path)
    assert code == 1
    assert log.endswith(last)
    assert (b'"Connected"' in log) == (fail == "bind")
    assert not any("listening" in line for line in said)


async def test_a_taken_port_fails_after_connected_as_in_the_real_one(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said, log = await _serve(LlmSettings(port=port, load_seconds=1.0), tmp_path)
    assert (code, said) == (1, [])
    messages = [_message(line) for line in log.splitlines()]
    after = messages[messages.index("Connected") + 1]
    assert after == f"Failed to bind to 127.0.0.1:{port}: Address already in use (os error 98)"
    assert messages[-1] == "Error: WebserverFailed"


async def test_a_stop_while_it_loads_ends_it(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    with LogWriter(tmp_path / "log") as log:
        server = LlmServer(LlmSettings(port=0, load_seconds=1000.0), log, lambda _: None)
        async with trio.open_nursery() as nursery:

            async def stop() -> None:
                await trio.sleep(1.0)
                server.stop()

            nursery.start_soon(stop)
            assert await server.serve() == 0
    assert b'"Connected"' not in (tmp_path / "log").read_bytes()
