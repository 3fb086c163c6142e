"""The routes of openai, vllm, sglang and llama through the whole service: what a model server gets of
a request, and what that costs.
"""

import base64
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from fakes.grants import autoscaler
from fakes.model import FakeModel, streams
from fakes.worker_app import WorkerApp, running_worker

from tests.workers.openai_family import ROUTES, defined
from workers.openai.media import babble_wav

WAV = base64.b64encode(b"RIFF\x24\x00\x00\x00WAVEfmt ").decode()


@asynccontextmanager
async def serving(
    model: FakeModel, **environ: str
) -> AsyncGenerator[tuple[WorkerApp, httpx.AsyncClient]]:
    """All routes in front of a fake model."""
    config = defined(OPENAI_ROUTES=",".join(ROUTES), **environ)
    async with (
        running_worker(
            model.url, handlers=config.handlers, open_routes=config.open_routes
        ) as worker,
        worker.client() as client,
    ):
        yield worker, client


async def ask(
    model: FakeModel, route: str, payload: bytes, **environ: str
) -> tuple[httpx.Response, float]:
    """The answer to a request, and what it cost."""
    loads: list[float] = [0.0]
    async with serving(model, **environ) as (worker, client):
        worker.ledger.on_change = lambda: loads.append(worker.ledger.load)
        response = await client.post(route, content=autoscaler().envelope(payload))
    return response, max(loads)


def test_there_are_the_routes_of_the_api() -> None:
    assert ROUTES == [
        "/v1/audio/generate",
        "/v1/audio/speech",
        "/v1/audio/speech/batch",
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
        "/v1/chat/completions",
        "/v1/chat/completions/batch",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/images/edits",
        "/v1/images/generations",
        "/v1/rerank",
        "/v1/score",
        "/v1/videos/sync",
    ]


# --- what is forwarded, and what it costs

INNER = b'{"prompt" : "a", "max_tokens": 7, "temperature": 1.0e0}'


@pytest.mark.parametrize("route", ["/v1/completions", "/v1/chat/completions"])
@pytest.mark.parametrize("payload", [INNER, b'{"input":' + INNER + b', "max_tokens": 900}'])
async def test_the_bytes_of_a_request_are_forwarded_wrapped_or_not(
    model: FakeModel, route: str, payload: bytes
) -> None:
    response, load = await ask(model, route, payload)
    (call,) = model.calls
    assert (response.status_code, call.target, load) == (200, route, 7.0)
    assert await call.body() == INNER
    assert call.header(b"content-type") == b"application/json"


@pytest.mark.parametrize(
    ("payload", "load"),
    [
        (b'{"max_tokens": 256}', 256.0),
        (b'{"max_tokens": 0}', 0.0),
        (b'{"max_tokens": null}', 0.0),
        (b"{}", 0.0),
        (b'{"max_tokens": -1}', 100.0),
        (b'{"max_tokens": 1000000}', 1e6),
        (b'{"max_completion_tokens": 5}', 0.0),
    ],
)
async def test_a_completion_costs_its_max_tokens(
    model: FakeModel, payload: bytes, load: float
) -> None:
    response, counted = await ask(model, "/v1/completions", payload)
    assert (response.status_code, counted) == (200, load)


@pytest.mark.parametrize(
    ("route", "payload", "field"),
    [
        ("/v1/completions", b'{"max_tokens": "many"}', "max_tokens"),
        ("/v1/completions", b'{"max_tokens": 1000001}', "max_tokens"),
        ("/v1/completions", b'{"input": "text"}', "input"),
        ("/v1/rerank", b'{"input": [1]}', "input"),
        ("/v1/audio/transcriptions", b'{"input": "text"}', "input"),
        ("/v1/audio/transcriptions", b'{"model": "m"}', "file"),
        ("/v1/images/edits", b'{"prompt": "p"}', "image"),
        ("/v1/audio/speech", b'{"input": "hi", "ref_audio": "/etc/passwd"}', "ref_audio"),
        ("/v1/audio/speech/batch", b'{"items": 1}', "items"),
    ],
)
async def test_what_a_route_does_not_take_is_a_422_that_names_its_field(
    model: FakeModel, route: str, payload: bytes, field: str
) -> None:
    response, _ = await ask(model, route, payload)
    assert (response.status_code, list(response.json()["payload"])) == (422, [field])
    assert model.calls == []


@pytest.mark.parametrize(
    ("route", "payload", "workload"),
    [
        ("/v1/chat/completions/batch", b'{"messages": [[], []], "max_tokens": 300}', 600),
        ("/v1/embeddings", b'{"input": ["' + b"x" * 600 + b'"]}', 500),
        ("/v1/rerank", b'{"query": "q", "documents": ["d"]}', 50),
        ("/v1/score", b'{"text_1": "q", "text_2": ["d"]}', 50),
        ("/v1/audio/speech", b'{"input": "' + b"x" * 250 + b'"}', 250),
        ("/v1/audio/speech/batch", b'{"items": [{"input": "x", "a": 1.0e0}]}', 50),
        ("/v1/audio/generate", b'{"input": "rain", "seconds": 1e1}', 500),
        ("/v1/images/generations", b'{"prompt": "x", "size": "1024x512"}', 250),
    ],
)
async def test_json_routes_forward_the_bytes_and_cost_what_they_cost(
    model: FakeModel, route: str, payload: bytes, workload: float
) -> None:
    response, load = await ask(model, route, payload)
    assert (response.status_code, load) == (200, workload)
    assert await model.calls[0].body() == payload


@pytest.mark.parametrize("route", ["/v1/embeddings", "/v1/audio/speech", "/v1/audio/generate"])
async def test_input_is_a_field_where_it_is_no_object(model: FakeModel, route: str) -> None:
    async with serving(model) as (_, client):
        for payload in (b'{"input": "Hi", "voice": "a"}', b'{"input": {"input": "Hi"}, "x": 1}'):
            answer = await client.post(route, content=autoscaler().envelope(payload))
            assert answer.status_code == 200
    assert [await call.body() for call in model.calls] == [
        b'{"input": "Hi", "voice": "a"}',
        b'{"input": "Hi"}',
    ]


async def test_uploads_become_forms(model: FakeModel) -> None:
    clip = base64.b64encode(babble_wav(random.Random(1), 3)).decode()
    payload = orjson.dumps({"input": {"file": clip, "language": "en"}})
    for route in ("/v1/audio/transcriptions", "/v1/audio/translations"):
        _, load = await ask(model, route, payload, MODEL_NAME="whisper")
        assert load == 50
    for call in model.calls:
        kind = (call.header(b"content-type") or b"").decode()
        assert kind.startswith("multipart/form-data; boundary=")
        body = await call.body()
        for piece in (
            b'name="language"\r\n\r\nen\r\n',
            b'name="model"\r\n\r\nwhisper\r\n',
            b"RIFF",
        ):
            assert piece in body
        assert b'name="file"; filename="audio.wav"\r\nContent-Type: audio/wav' in body


@pytest.mark.parametrize("route", ROUTES)
async def test_model_name_is_asked_for_where_a_request_names_no_model(
    model: FakeModel, route: str
) -> None:
    upload: dict[str, Any] = {"file": WAV, "image": WAV, "items": [], "max_tokens": 1}
    async with serving(model, MODEL_NAME="org/my-model") as (_, client):
        for payload in ({**upload}, {**upload, "model": "other"}):
            body = autoscaler().envelope(orjson.dumps(payload))
            assert (await client.post(route, content=body)).status_code == 200
    first, second = [await call.body() for call in model.calls]
    assert b"org/my-model" in first
    assert b"org/my-model" not in second
    assert b"other" in second


async def test_without_model_name_nothing_is_added(model: FakeModel) -> None:
    await ask(model, "/v1/completions", b'{"prompt":"a"}')
    assert await model.calls[0].body() == b'{"prompt":"a"}'


async def test_a_stream_passes_event_by_event(model: FakeModel) -> None:
    events = (b'data: {"choices":[{"text":"a"}]}\n\n', b": ping\r\n\r\n", b"data: [DONE]\n\n")
    model.script(streams(*events))
    async with serving(model) as (_, client):
        body = autoscaler().envelope(b'{"stream": true, "max_tokens": 3}')
        async with client.stream("POST", "/v1/chat/completions", content=body) as answer:
            chunks = [chunk async for chunk in answer.aiter_raw()]
    assert b"".join(chunks) == b"".join(events)
    assert answer.headers["content-type"] == "text/event-stream"


async def test_models_are_listed_without_a_grant(model: FakeModel) -> None:
    async with serving(model) as (_, client):
        for path in ("/v1/models", "/v1/models/org/model"):
            assert (await client.get(path)).status_code == 200
        refused = await client.post("/v1/models")
    assert [call.target for call in model.calls] == ["/v1/models", "/v1/models/org/model"]
    assert refused.status_code == 405


@pytest.mark.parametrize(
    ("route", "request_"),
    [
        ("/v1/completions", b'{"prompt": "eight by", "max_tokens": 5}'),
        ("/v1/completions", b'{"input": {"prompt": "eight by", "max_tokens": 5}}'),
        ("/v1/completions", b'{"prompt": [1, 2], "max_tokens": 5}'),
    ],
)
async def test_a_prompt_is_counted_where_it_stands(
    model: FakeModel, route: str, request_: bytes
) -> None:
    # No tokenizer is loaded here: 4 bytes a token.
    response, load = await ask(model, route, request_, WORKLOAD="prompt+output")
    assert (response.status_code, load) == (200, 7.0)
    assert response.headers["x-workload-estimated"] == "1"
