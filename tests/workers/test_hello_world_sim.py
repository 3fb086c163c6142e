"""The hello_world worker against its simulated model server: every route, as its clients meet it.

A second of these tests is a hundred simulated ones.
"""

import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import orjson
import pytest
import trio
import trio.testing
from fakes.grants import autoscaler, stranger
from fakes.sim_hello import Running, events_in, running
from fakes.tokenizers import words_tokenizer
from fakes.worker_app import WorkerApp, running_worker

from pyworker.model.benchmark import BenchmarkFailed, run_benchmark
from pyworker.model.readiness import Phase, Readiness
from pyworker.model.tokenizer import TokenizerLoading
from pyworker.model.watched import model_watch
from pyworker.proxy.upstream import Upstream
from pyworker.settings import Settings, read_settings
from pyworker.sim.hello.server import HelloServer
from pyworker.sim.hello.settings import HelloSettings
from pyworker.sim.log import LogWriter
from pyworker.worker import WorkerConfig
from workers.hello_world.worker import define

ROUTES = ("/generate", "/generate_stream")


def set_for(url: str, log: Path) -> Settings:
    """The settings of a worker beside a model server, with a tokenizer that counts words."""
    tokenizer = words_tokenizer(log.with_name("tokenizer.json"))
    environ = {"MODEL_SERVER_URL": url, "MODEL_LOG": str(log), "TOKENIZER": str(tokenizer)}
    return read_settings(environ)


def defined(sim: Running) -> WorkerConfig:
    config = define(set_for(sim.url, sim.log))
    assert config.tokens is not None
    config.tokens.load()
    return config


@asynccontextmanager
async def serving(
    folder: Path, **settings: object
) -> AsyncGenerator[tuple[Running, WorkerApp, httpx.AsyncClient]]:
    """The simulator, the worker in front of it, and a client of the worker."""
    async with running(folder, **settings) as sim:
        config = defined(sim)
        async with (
            running_worker(
                sim.url,
                handlers=config.handlers,
                open_routes=config.open_routes,
                tokens=config.tokens,
            ) as worker,
            worker.client() as client,
        ):
            yield sim, worker, client


def request_of(prompt: str = "a cat sat", tokens: int = 9) -> bytes:
    payload = orjson.dumps({"prompt": prompt, "max_response_tokens": tokens})
    return autoscaler().envelope(payload)


async def ended(worker: WorkerApp) -> str:
    """How the one request of the worker ended."""
    await worker.until(lambda ledger: ledger.finished_count > 0)
    [record] = worker.ledger.take_finished(10)
    return record.status


async def test_an_answer_costs_the_tokens_of_its_prompt_whole_and_streamed(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with serving(tmp_path) as (_, worker, client):
        whole = await client.post("/generate", content=request_of())
        assert whole.json()["response_tokens"] == 9
        assert "x-workload-estimated" not in whole.headers
        streamed = await client.post("/generate_stream", content=request_of())
        assert streamed.headers["content-type"] == "text/event-stream"
        *tokens, done = events_in(streamed.content)
        assert done == "[DONE]"
        assert "".join(token["token"]["text"] for token in tokens) == whole.json()["response"]
        await worker.until(lambda ledger: ledger.finished_count == 2)
        amounts = worker.ledger.take_amounts()
        assert (amounts.received, amounts.served) == (6.0, 6.0)


async def test_a_stream_comes_token_by_token(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with serving(tmp_path, decode=0.5) as (_, worker, client):
        async with client.stream("POST", "/generate_stream", content=request_of(tokens=5)) as got:
            pieces = [trio.current_time() async for _ in got.aiter_raw()]
        # The last token's event and [DONE] may come together.
        assert len(pieces) >= 5
        assert pieces[-1] - pieces[0] >= 7
        assert await ended(worker) == "Success"


@pytest.mark.parametrize("route", ROUTES)
async def test_without_a_grant_or_a_prompt_the_model_is_not_asked(
    fast_clock: trio.testing.MockClock, tmp_path: Path, route: str
) -> None:
    async with serving(tmp_path) as (sim, _, client):
        asked = b'{"prompt": "x", "max_response_tokens": 1}'
        strange = stranger().envelope(asked, grant=stranger().grant())
        assert (await client.post(route, content=strange)).status_code == 401
        missing = await client.post(route, content=autoscaler().envelope(b'{"prompt": "x"}'))
        assert missing.status_code == 422
        assert missing.json()["payload"] == {"max_response_tokens": "missing parameter"}
        assert (await client.get(route)).status_code == 405
        assert (await sim.state())["finished"] == 0


async def test_its_health_is_the_models_and_needs_no_grant(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with serving(tmp_path) as (sim, worker, client):
        well = await client.get("/healthcheck")
        assert (well.status_code, well.json()) == (200, {"status": "ok"})
        await sim.fault(kind="unhealthy")
        assert (await client.get("/healthcheck")).status_code == 503
        assert (await client.post("/healthcheck")).status_code == 405
        assert worker.ledger.received_count == 0


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("kind", "tokens", "status", "told"),
    [
        ("refuse", 9, 503, "the server is busy"),
        ("none", 9000, 422, "are over 8192"),
    ],
)
async def test_a_refusal_is_passed_on(
    fast_clock: trio.testing.MockClock,
    tmp_path: Path,
    route: str,
    kind: str,
    tokens: int,
    status: int,
    told: str,
) -> None:
    async with serving(tmp_path) as (sim, worker, client):
        await sim.fault(kind=kind)
        answer = await client.post(route, content=request_of(tokens=tokens))
        assert answer.status_code == status
        assert told in answer.json()["error"]
        assert await ended(worker) == "Error"


async def test_a_failure_is_a_500_or_the_last_event(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with serving(tmp_path) as (sim, _, client):
        await sim.fault(kind="error500", count=2)
        whole = await client.post("/generate", content=request_of())
        streamed = await client.post("/generate_stream", content=request_of())
        failed = {"error": "the generation failed"}
        assert (whole.status_code, whole.json()) == (500, failed)
        assert (streamed.status_code, events_in(streamed.content)) == (200, [failed])


async def read_into(got: bytearray, client: httpx.AsyncClient) -> None:
    """Stream an answer into `got`, which keeps what came before a failure."""
    async with client.stream("POST", "/generate_stream", content=request_of()) as stream:
        async for chunk in stream.aiter_raw():
            got += chunk


async def test_an_answer_that_is_cut_is_no_answer(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with serving(tmp_path) as (sim, worker, client):
        await sim.fault(kind="cut", count=2)
        whole = await client.post("/generate", content=request_of())
        assert (whole.status_code, whole.json()["code"]) == (502, "upstream_unavailable")
        assert await ended(worker) == "Error"
        got = bytearray()
        with pytest.raises(httpx.TransportError):
            await read_into(got, client)
        assert got.count(b"data:") == 4
        assert b"[DONE]" not in got
        assert await ended(worker) == "Error"


async def test_the_benchmark_measures_prompts_a_second(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, decode=20.0) as sim:
        config = defined(sim)
        upstream = Upstream(sim.url, connect_timeout=5.0)
        try:
            rate = await run_benchmark(*config.benchmarked, upstream, random.Random(1))
            state = await sim.state()
            assert state["finished"] == 3 * 10 + 1
            assert state["tokens_generated"] == 300 * (3 * 10 + 1)
            # Ten prompts of 250 tokens each, whose answers take 15 s. It is slower than that only
            # by what this machine needs for HTTP, times a hundred.
            assert 10 * 250 / 15 / 3 < rate < 10 * 250 / 15
            await sim.fault(kind="error500")
            with pytest.raises(BenchmarkFailed, match="the model answered 500"):
                await run_benchmark(*config.benchmarked, upstream, random.Random(1))
        finally:
            await upstream.aclose()


# --- what its log and its health say


@asynccontextmanager
async def watched(url: str, log: Path) -> AsyncGenerator[Readiness]:
    """The worker's own watch over a model server."""
    settings = set_for(url, log)
    config = define(settings)
    readiness = Readiness(clock=trio.current_time)
    tokenizer = TokenizerLoading(config, connect_timeout=5.0)
    watch = model_watch(config, settings, readiness, trio.lowlevel.checkpoint, tokenizer)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tokenizer.serve)
        await nursery.start(watch.serve)
        yield readiness
        nursery.cancel_scope.cancel()


async def until(readiness: Readiness, phase: Phase) -> None:
    while readiness.phase is not phase:  # noqa: ASYNC110 - it calls one function, the reporter's
        await trio.sleep(0.5)


async def test_it_is_ready_when_the_model_has_started_and_broken_when_it_has_died(
    fast_clock: trio.testing.MockClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)  # where a benchmark's result is kept
    caplog.set_level("INFO")
    async with (
        running(tmp_path, load_seconds=20.0, decode=1e4) as sim,
        watched(sim.url, sim.log) as readiness,
    ):
        await until(readiness, Phase.READY)
        assert readiness.max_perf > 0
        assert any('"message":"Download' in text for text in caplog.messages)
        await sim.fault(kind="crash")
        await sim.ended.wait()
        await until(readiness, Phase.ERRORED)
        assert "health probe failed" in readiness.error


async def test_a_corrupted_model_is_told_in_the_models_own_words(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    log = tmp_path / "infer.log"
    fails = HelloSettings(port=0, load_seconds=20.0, fail_start="model")
    with LogWriter(log) as writer:
        async with watched("http://127.0.0.1:9", log) as readiness:
            assert await HelloServer(fails, writer, lambda _: None).serve() == 1
            await until(readiness, Phase.ERRORED)
            assert "Exception: corrupted model file" in readiness.error
