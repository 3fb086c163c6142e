"""The benchmarks of the openai routes: usual requests, and what their answers must hold."""

import random
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from fakes.model import FakeModel, replies

from pyworker.model.benchmark import BenchmarkFailed, run_benchmark
from pyworker.proxy.upstream import Upstream
from tests.workers.openai_family import ROUTES, defined
from workers.openai.benchmarks import benchmarks


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_has_the_benchmark_it_is_given(route: str) -> None:
    handler, benchmark = defined(BENCHMARK_ROUTE=route).benchmarked
    assert handler.route == route
    tens = {"completions", "batch", "embeddings", "rerank", "score"}
    expected = {
        "/v1/audio/speech": (4, 2),
        "/v1/audio/speech/batch": (4, 2),
        "/v1/audio/transcriptions": (4, 2),
        "/v1/audio/translations": (4, 2),
        "/v1/audio/generate": (2, 1),
        "/v1/images/generations": (2, 1),
        "/v1/images/edits": (2, 1),
        "/v1/videos/sync": (1, 1),
    }.get(route, (10, 3) if route.rpartition("/")[2] in tens else None)
    assert (benchmark.concurrency, benchmark.runs) == expected


RIGHT: Mapping[str, bytes] = {
    "/v1/completions": b'{"choices":[{"text":" a"}]}',
    "/v1/chat/completions": b'{"choices":[{"message":{"content":null,"reasoning":"so"}}]}',
    "/v1/chat/completions/batch": b'{"choices":[{"message":{"content":"a"}}]}',
    "/v1/embeddings": b'{"data":[{"embedding":[0.1]}]}',
    "/v1/rerank": orjson.dumps({"results": [{"relevance_score": 0.5}] * 16}),
    "/v1/score": orjson.dumps({"data": [{"score": 0.5}] * 16}),
    "/v1/audio/speech": b"RIFF" * 300,
    "/v1/audio/speech/batch": orjson.dumps({"results": [{"audio_data": "A" * 1000}]}),
    "/v1/audio/generate": b"RIFF" * 300,
    "/v1/images/generations": b'{"data":[{"b64_json":"QUJD"}]}',
    "/v1/images/edits": b'{"data":[{"url":"https://x/a.png"}]}',
    "/v1/audio/transcriptions": b'{"text":""}',
    "/v1/audio/translations": b'{"text":"a"}',
    "/v1/videos/sync": b"\0\0\0\x18ftyp" * 200,
}
WRONG = (
    b"",
    b"[]",
    b"<html>",
    b'{"error":{"message":"no"}}',
    b'{"choices":[]}',
    b'{"choices":[{"text":" ","message":{"content":""}}]}',
    b'{"choices":[7]}',
    b'{"data":[{}]}',
    b'{"data":[{"score":1}]}',
    b'{"results":[{"score":1}]}',
    b'{"text":null}',
    orjson.dumps({"error": "x" * 2000}),
    orjson.dumps({"results": [{"error": "x" * 2000}]}),
)


@pytest.mark.parametrize("route", ROUTES)
def test_an_answer_must_hold_the_work_that_was_asked_for(route: str) -> None:
    check = benchmarks(embed_chars=600, voice="")[route].check
    check(RIGHT[route])
    for body in WRONG:
        with pytest.raises(ValueError, match=r"."):
            check(body)


def test_sglangs_rankings_and_scores_have_shapes_of_their_own() -> None:
    sglang = benchmarks(embed_chars=600, voice="", labels=True)
    asked = sglang["/v1/score"].payload(random.Random(1))
    assert sorted(asked) == ["items", "label_token_ids", "query"]
    right: dict[str, object] = {
        "/v1/rerank": [{"score": 0.5}] * 16,
        "/v1/score": {"scores": [[0.5, 0.1]] * 16},
    }
    wrong: dict[str, list[object]] = {
        "/v1/rerank": [[], [{"score": 0.5}] * 15, ["a"] * 16],
        "/v1/score": [{"scores": [[0.5]] * 15}, {"scores": [[]] * 16}, {"scores": [0.5] * 16}],
    }
    for route, answer in right.items():
        sglang[route].check(orjson.dumps(answer))
        for other in wrong[route]:
            with pytest.raises(ValueError, match=r"have a score|has no results"):
                sglang[route].check(orjson.dumps(other))


@pytest.mark.parametrize("route", ["/v1/completions", "/v1/audio/transcriptions"])
async def test_a_benchmark_asks_for_usual_requests_that_differ(
    model: FakeModel, route: str
) -> None:
    handler, benchmark = defined(BENCHMARK_ROUTE=route, MODEL_NAME="m").benchmarked
    upstream = Upstream(model.url, connect_timeout=5.0)
    model.script(replies(200, RIGHT[route]))
    rate = await run_benchmark(handler, benchmark, upstream, random.Random(1))
    bodies = [await call.body() for call in model.calls]
    assert rate > 0
    assert len(set(bodies)) == len(bodies) == 1 + benchmark.runs * benchmark.concurrency
    assert all(
        b"m" in body and call.target == route
        for body, call in zip(bodies, model.calls, strict=True)
    )
    model.script(replies(200, b'{"error":"x"}'))
    with pytest.raises(BenchmarkFailed):
        await run_benchmark(handler, benchmark, upstream, random.Random(1))
    await upstream.aclose()


def test_the_voice_and_the_length_of_texts_can_be_set() -> None:
    rng = random.Random(1)
    environ = {"BENCHMARK_SPEECH_VOICE": "alloy", "BENCHMARK_EMBED_CHARS": "100"}
    speech = defined(BENCHMARK_ROUTE="/v1/audio/speech", **environ).benchmarked[1].payload(rng)
    assert speech["voice"] == "alloy"
    handler, texts = defined(BENCHMARK_ROUTE="/v1/embeddings", **environ).benchmarked
    payload: dict[str, Any] = dict(texts.payload(rng))
    assert len(payload["input"]) == 100
    assert handler.workload_of(payload) == 500
