"""`sim openai`: completions, chats, starts and faults, in the manner of each of its servers."""

from functools import partial
from pathlib import Path
from typing import get_args

import httpx
import pytest
import trio
import trio.testing
from fakes.sim import serving
from fakes.sim_openai import Running, events_in, running

from pyworker.sim.command import parse_arguments
from pyworker.sim.log import LogWriter
from pyworker.sim.openai.server import OpenAiServer
from pyworker.sim.openai.settings import FailStart, OpenAiSettings, StyleName
from pyworker.sim.openai.styles import ROUTES

STYLES = get_args(StyleName)


@pytest.mark.parametrize("style", STYLES)
async def test_an_answer_is_the_same_whole_and_streamed(
    fast_clock: trio.testing.MockClock, tmp_path: Path, style: StyleName
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


async def test_they_differ_as_the_real_ones_do(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    for style in STYLES:
        async with running(tmp_path, style=style) as sim:
            stream = await sim.chat(max_tokens=2, stream=True)
            first, *_, last = events_in(stream.content)
            health = await sim.client.get("/health")
            models = (await sim.client.get("/v1/models")).json()
            assert models["data"][0]["id"] == "simulated/word-salad-7b"
            owner = {"vllm": "vllm", "sglang": "sglang", "llama": "llamacpp"}[style]
            assert models["data"][0]["owned_by"] == owner
            assert first["choices"][0]["delta"]["role"] == "assistant"
            if style == "llama":
                assert stream.headers["x-accel-buffering"] == "no"
                assert health.json() == {"status": "ok"}
                assert last["choices"][0]["delta"] == {}
                assert last["timings"]["predicted_n"] == 2
                assert "model_path" in (await sim.client.get("/props")).json()
                continue
            assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert (health.status_code, health.content) == (200, b"")
            # vLLM's last text says why it ended, SGLang says so in an event of its own.
            text = last["choices"][0]["delta"]["content"]
            assert (text is None) is (style == "sglang")
            assert last["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("style", STYLES)
async def test_a_style_has_its_routes_and_no_others(
    fast_clock: trio.testing.MockClock, tmp_path: Path, style: StyleName
) -> None:
    every = frozenset[str]().union(*ROUTES.values())
    async with running(tmp_path, style=style) as sim:
        for path in sorted(every):
            found = {
                (await sim.client.request(method, path)).status_code for method in ("GET", "POST")
            }
            assert (found == {404}) is (path not in ROUTES[style]), path
        body = (await sim.client.get("/nothing")).json()
    assert body == (
        {"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}}
        if style == "llama"
        else {"detail": "Not Found"}
    )


async def test_sglang_answers_while_it_warms_up_and_says_loaded_after_that(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = OpenAiSettings(port=0, style="sglang", load_seconds=40.0)

    def hold(said: str) -> None:
        if "listening" in said:
            fast_clock.rate = 0.0

    sim = Running(tmp_path / "sglang.log")
    async with serving(sim, lambda log, _: OpenAiServer(settings, log, hold)):
        # The port opens with uvicorn's lines, a tenth of the load before the end.
        assert (await sim.client.get("/health")).status_code == 503
        assert (await sim.client.get("/health_generate")).status_code == 503
        assert (await sim.client.get("/get_model_info")).json()["is_generation"]
        assert "Uvicorn running on" in sim.log.read_text()
        assert "fired up" not in sim.log.read_text()
        fast_clock.rate = 100.0
        await sim.healthy()
        told = [line for line in sim.lines() if "/health" not in line]
        assert told[-1].endswith("The server is fired up and ready to roll!")


async def test_a_batch_has_a_choice_for_each_conversation(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    talks = [[{"role": "user", "content": text}] for text in ("one", "two", "three")]
    async with running(tmp_path, decode=1.0) as sim:
        before = (await sim.state())["now"]
        answer = await sim.post("/v1/chat/completions/batch", messages=talks, max_tokens=20)
        took = (await sim.state())["now"] - before
        body = answer.json()
        alone = (await sim.post("/v1/chat/completions", messages=talks[1], max_tokens=20)).json()
        state = await sim.state()
        wrong = [
            await sim.post("/v1/chat/completions/batch", messages=given)
            for given in ([], talks[0], None)
        ]
        streamed = await sim.post("/v1/chat/completions/batch", messages=talks, stream=True)
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert body["choices"][1]["message"] == alone["choices"][0]["message"]
    assert body["usage"]["completion_tokens"] == 60
    # Side by side: the time of one, and what this machine needs for HTTP, times a hundred.
    assert 20.0 <= took < 40.0
    assert (state["finished"], state["failed"]) == (4, 0)
    assert [one.status_code for one in (*wrong, streamed)] == [400] * 4


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
        ("sglang", b"{", 400, "json_invalid"),
        ("sglang", b'{"prompt":"x","model":"any","max_tokens":1}', 200, "length"),
        ("sglang", b'{"prompt":"x","max_tokens":9999}', 400, '"object":"error"'),
        ("sglang", b'{"prompt":"' + b"word " * 9000 + b'"}', 400, "longer than the model"),
    ],
)
async def test_wrong_requests_are_answered_as_they_do(
    fast_clock: trio.testing.MockClock,
    tmp_path: Path,
    style: StyleName,
    content: bytes,
    status: int,
    said: str,
) -> None:
    async with running(tmp_path, style=style) as sim:
        answer = await sim.client.post("/v1/completions", content=content)
        assert answer.status_code == status
        assert said in answer.text
        assert (await sim.client.get("/nothing")).status_code == 404


async def test_llama_answers_while_it_loads(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, style="llama", load_seconds=40.0) as sim:
        loading = await sim.client.get("/health")
        assert loading.status_code == 503
        assert loading.json()["error"]["message"] == "Loading model"
        fast_clock.jump(40.0)  # less than a connection is kept for
        await sim.healthy()
        assert b"model loaded" in sim.log.read_bytes()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("fail", ["engine", "bind"])
async def test_a_start_can_fail(
    fast_clock: trio.testing.MockClock, tmp_path: Path, style: StyleName, fail: FailStart
) -> None:
    settings = OpenAiSettings(port=0, style=style, load_seconds=1.0, fail_start=fail)
    with LogWriter(tmp_path / "log") as log:
        assert await OpenAiServer(settings, log, lambda _: None).serve() == 1
    said = (tmp_path / "log").read_text()
    expected = {
        ("vllm", "engine"): "Engine core initialization failed",
        ("vllm", "bind"): "OSError: [Errno 98] Address already in use",
        ("sglang", "engine"): "Received sigquit from a child process.",
        ("sglang", "bind"): "error while attempting to bind on address",
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
        state = await sim.state()
        assert (state["running"], state["failed"]) == (0, 4)


@pytest.mark.parametrize("style", STYLES)
async def test_an_engine_that_dies_ends_streams_with_an_error_and_the_process_with_1(
    fast_clock: trio.testing.MockClock, tmp_path: Path, style: StyleName
) -> None:
    async with running(tmp_path, style=style) as sim:
        await sim.fault(kind="crash", after_tokens=3)
        events = events_in((await sim.chat(max_tokens=50, stream=True)).content)
        assert events[-1]["error"]["code"] == 500
        await sim.ended.wait()
    assert sim.code == 1
    said = {
        "vllm": "EngineCore encountered a fatal error.",
        "sglang": "Received sigquit from a child process.",
        "llama": "CUDA error: out of memory",
    }
    assert said[style] in sim.log.read_text()


async def test_a_client_that_leaves_frees_its_slot(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, decode=1.0) as sim:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(sim.chat, max_tokens=4000, stream=True))
            await sim.until(lambda state: state["running"] > 0)
            nursery.cancel_scope.cancel()
        state = await sim.until(lambda state: not state["running"])
        assert (state["cancelled"], state["finished"]) == (1, 0)


def test_the_command_line() -> None:
    assert parse_arguments(["openai"]) == OpenAiSettings()
    line = "openai --style sglang --port 0 --max-model-len 99 --fail-start engine --fault cut"
    parsed = parse_arguments(line.split())
    assert isinstance(parsed, OpenAiSettings)
    assert (parsed.style, parsed.port, parsed.max_model_len) == ("sglang", 0, 99)
    assert len(parsed.faults) == 1
