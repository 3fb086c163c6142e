"""`sim openai`: what it answers, streams and logs in the manner of vLLM and of llama-server."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import trio
import trio.testing

from pyworker.sim.command import parse_arguments
from pyworker.sim.log import LogWriter
from pyworker.sim.openai.server import OpenAiServer
from pyworker.sim.openai.settings import FailStart, OpenAiSettings, Style

BOTH: tuple[Style, ...] = ("vllm", "llama")


@pytest.fixture
def fast_clock() -> trio.testing.MockClock:
    return trio.testing.MockClock(rate=100.0)


class Running:
    """A simulator in this event loop, and a client for it."""

    client: httpx.AsyncClient

    def __init__(self, server: OpenAiServer, log: Path) -> None:
        self.server = server
        self.log = log
        self.code: int | None = None
        self.ended = trio.Event()

    async def chat(self, **members: object) -> httpx.Response:
        request = {"messages": [{"role": "user", "content": "Tell me"}], **members}
        return await self.client.post("/v1/chat/completions", json=request)

    async def complete(self, **members: object) -> httpx.Response:
        return await self.client.post("/v1/completions", json={"prompt": "Tell me", **members})

    async def fault(self, **members: object) -> None:
        assert (await self.client.post("/sim/fault", json=members)).status_code == 200


@asynccontextmanager
async def running(folder: Path, **options: Any) -> AsyncGenerator[Running]:
    usual: dict[str, Any] = {"port": 0, "load_seconds": 0.0}
    settings = OpenAiSettings(**(usual | options))
    path = folder / "vllm.log"
    with LogWriter(path) as log:
        server = OpenAiServer(settings, log, lambda _: None)
        sim = Running(server, path)
        async with trio.open_nursery() as nursery:

            async def serve(*, task_status: trio.TaskStatus[int]) -> None:
                sim.code = await server.serve(task_status=task_status)
                sim.ended.set()

            port = await nursery.start(serve)
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=None, trust_env=False, verify=False
            ) as sim.client:
                yield sim
            nursery.cancel_scope.cancel()


def events_in(content: bytes) -> list[dict[str, Any]]:
    """The events before [DONE]."""
    blocks = content.split(b"\n\n")
    assert blocks[-2:] == [b"data: [DONE]", b""]
    return [orjson.loads(block.removeprefix(b"data: ")) for block in blocks[:-2]]


@pytest.mark.parametrize("style", BOTH)
async def test_an_answer_is_the_same_whole_and_streamed(
    fast_clock: trio.testing.MockClock, tmp_path: Path, style: Style
) -> None:
    async with running(tmp_path, style=style) as sim:
        whole = (await sim.chat(max_tokens=9)).json()
        text = whole["choices"][0]["message"]["content"]
        assert len(text.split()) == 9
        assert whole["choices"][0]["finish_reason"] == "length"
        assert whole["usage"]["completion_tokens"] == 9
        stream = await sim.chat(max_tokens=9, stream=True, stream_options={"include_usage": True})
        events = events_in(stream.content)
        deltas = [e["choices"][0]["delta"] for e in events if e["choices"]]
        assert deltas[0]["role"] == "assistant"
        assert "".join(delta.get("content") or "" for delta in deltas) == text
        assert events[-1]["choices"] == []
        assert events[-1]["usage"]["total_tokens"] == whole["usage"]["total_tokens"]
        plain = (await sim.complete(max_tokens=5)).json()
        pieces = events_in((await sim.complete(max_tokens=5, stream=True)).content)
        said = "".join(event["choices"][0]["text"] for event in pieces)
        assert said == plain["choices"][0]["text"]
        assert pieces[-1]["choices"][0]["finish_reason"] == "length"


async def test_the_two_differ_as_the_real_ones_do(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    for style in BOTH:
        async with running(tmp_path, style=style) as sim:
            stream = await sim.chat(max_tokens=2, stream=True)
            last = events_in(stream.content)[-1]
            health = await sim.client.get("/health")
            if style == "vllm":
                assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
                assert (health.status_code, health.content) == (200, b"")
                assert last["choices"][0]["delta"]["content"]
            else:
                assert stream.headers["x-accel-buffering"] == "no"
                assert health.json() == {"status": "ok"}
                assert last["choices"][0]["delta"] == {}
                assert last["timings"]["predicted_n"] == 2
            models = (await sim.client.get("/v1/models")).json()
            assert models["data"][0]["id"] == "simulated/word-salad-7b"


@pytest.mark.parametrize(
    ("style", "content", "status", "said"),
    [
        ("vllm", b"{", 400, "json_invalid"),
        ("llama", b"{", 500, "parse_error"),
        ("vllm", b'{"prompt":""}', 400, "must be provided"),
        ("vllm", b'{"prompt":"x","model":"other"}', 404, "does not exist"),
        ("vllm", b'{"prompt":"x","max_tokens":9999}', 400, "cannot be greater"),
        ("vllm", b'{"prompt":"x","max_tokens":0}', 400, "at least 1"),
        ("llama", b'{"prompt":"' + b"word " * 9000 + b'"}', 400, "exceeds the available context"),
        ("llama", b'{"prompt":"x","model":"any","max_tokens":1}', 200, "length"),
        ("vllm", b'{"prompt":[5,6],"max_tokens":1}', 200, '"prompt_tokens":2'),
        ("vllm", b'{"prompt":"x","n":2}', 400, "one choice"),
    ],
)
async def test_wrong_requests_are_answered_as_they_do(
    fast_clock: trio.testing.MockClock,
    tmp_path: Path,
    style: Style,
    content: bytes,
    status: int,
    said: str,
) -> None:
    async with running(tmp_path, style=style) as sim:
        answer = await sim.client.post("/v1/completions", content=content)
        assert answer.status_code == status
        assert said in answer.text
        assert (await sim.client.get("/nothing")).status_code == 404


async def test_embeddings_follow_from_their_texts(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        answer = await sim.client.post("/v1/embeddings", json={"input": ["a", "b", "a"]})
        first, second, third = [one["embedding"] for one in answer.json()["data"]]
        assert first == third != second
        assert (await sim.client.post("/v1/embeddings", json={"input": 7})).status_code == 400


async def test_llama_answers_while_it_loads(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, style="llama", load_seconds=100.0) as sim:
        loading = await sim.client.get("/health")
        assert loading.status_code == 503
        assert loading.json()["error"]["message"] == "Loading model"
        while (await sim.client.get("/health")).status_code != 200:  # noqa: ASYNC110 - only HTTP shows it
            await trio.sleep(5.0)
        assert b"model loaded" in sim.log.read_bytes()


@pytest.mark.parametrize("style", BOTH)
@pytest.mark.parametrize("fail", ["engine", "bind"])
async def test_a_start_can_fail(
    fast_clock: trio.testing.MockClock, tmp_path: Path, style: Style, fail: FailStart
) -> None:
    settings = OpenAiSettings(port=0, style=style, load_seconds=1.0, fail_start=fail)
    with LogWriter(tmp_path / "log") as log:
        assert await OpenAiServer(settings, log, lambda _: None).serve() == 1
    said = (tmp_path / "log").read_text()
    expected = {
        ("vllm", "engine"): "Engine core initialization failed",
        ("vllm", "bind"): "OSError: [Errno 98] Address already in use",
        ("llama", "engine"): "exiting due to model loading error",
        ("llama", "bind"): "exiting due to HTTP server error",
    }
    assert expected[style, fail] in said


async def test_faults_strike_as_the_real_ones_do(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="error500", count=2)
        assert (await sim.chat(max_tokens=5)).status_code == 500
        events = events_in((await sim.chat(max_tokens=5, stream=True)).content)
        assert "error" in events[-1], "a clean end to whoever only passes bytes"
        await sim.fault(kind="refuse")
        assert (await sim.chat(max_tokens=5)).status_code == 503
        await sim.fault(kind="cut", count=2)
        for stream in (True, False):
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await sim.chat(max_tokens=50, stream=stream)
        await sim.fault(kind="unhealthy")
        assert (await sim.client.get("/health")).status_code == 503
        assert (await sim.client.get("/health")).status_code == 200
        assert (await sim.client.post("/sim/fault", json={"kind": "x"})).status_code == 422
        state = (await sim.client.get("/sim/state")).json()
        assert (state["running"], state["failed"]) == (0, 4)


async def test_an_engine_that_dies_ends_streams_with_an_error_and_the_process_with_1(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="crash", after_tokens=3)
        events = events_in((await sim.chat(max_tokens=50, stream=True)).content)
        assert events[-1]["error"]["code"] == 500
        await sim.ended.wait()
    assert sim.code == 1
    assert "EngineCore encountered a fatal error." in sim.log.read_text()


async def test_a_client_that_leaves_frees_its_slot(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, decode=1.0) as sim:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(sim.chat, max_tokens=4000, stream=True))
            while (await sim.client.get("/sim/state")).json()["running"] == 0:  # noqa: ASYNC110
                await trio.sleep(0.5)
            nursery.cancel_scope.cancel()
        while (state := (await sim.client.get("/sim/state")).json())["running"]:  # noqa: ASYNC110
            await trio.sleep(0.5)
        assert (state["cancelled"], state["finished"]) == (1, 0)


def test_the_command_line() -> None:
    assert parse_arguments(["openai"]) == OpenAiSettings()
    line = "openai --style llama --port 0 --max-model-len 99 --fail-start engine --fault cut"
    parsed = parse_arguments(line.split())
    assert isinstance(parsed, OpenAiSettings)
    assert (parsed.style, parsed.port, parsed.max_model_len) == ("llama", 0, 99)
    assert len(parsed.faults) == 1
