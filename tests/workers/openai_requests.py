"""A request for every route of the openai workers, what it costs, and what its answer must be."""

import base64
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import orjson
from fakes.grants import autoscaler
from fakes.sim_openai import Running, running
from fakes.worker_app import WorkerApp, running_worker

from pyworker.sim.media.pictures import picture_size
from pyworker.sim.media.png import png
from pyworker.sim.media.sound import recording_seconds, tone, wav
from pyworker.sim.openai.settings import StyleName
from pyworker.sim.openai.styles import ROUTES as SIMULATED
from pyworker.worker import WorkerConfig
from tests.workers import openai_family
from tests.workers.openai_family import ROUTES

WORKERS: Mapping[str, StyleName] = {
    "openai": "vllm",
    "vllm": "vllm",
    "sglang": "sglang",
    "llama": "llama",
}
RECORDING = wav(tone(5, 64_000, 16_000), 16_000)  # 4 seconds
PICTURE = png(5, 6, 7, 64, 32)
FAST = 1e5  # tokens a second: what is asked for is there at once


def served(worker: str) -> list[str]:
    """The worker's routes that its server has, too."""
    return [route for route in ROUTES if route in SIMULATED[WORKERS[worker]]]


EVERY = [(worker, route) for worker in WORKERS for route in served(worker)]


def defined(worker: str, **environ: str) -> WorkerConfig:
    """The worker with all the routes that its server has."""
    return openai_family.defined(worker, **{"OPENAI_ROUTES": ",".join(served(worker)), **environ})


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        payload: Of the client.
        cost: Its workload.
        check: Fails when an answer is not what was asked for.
        files: What arrives at the model server as files, by the fields.
    """

    payload: dict[str, Any]
    cost: float
    check: Callable[[httpx.Response], None]
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])


def said(words: int, *path: str) -> Callable[[httpx.Response], None]:
    """Every choice says so many words, in the member that `path` leads to."""

    def check(answer: httpx.Response) -> None:
        for choice in answer.json()["choices"]:
            value = choice
            for name in path:
                value = value[name]
            assert len(value.split()) == words

    return check


def listed(name: str, count: int) -> Callable[[httpx.Response], None]:
    """So many things are listed there, or stand alone in a list."""

    def check(answer: httpx.Response) -> None:
        body: Any = answer.json()
        things: Any = cast("Any", body) if isinstance(body, list) else body[name]
        assert len(things) == count

    return check


def sounds(seconds: float) -> Callable[[httpx.Response], None]:
    """It is a recording of that length."""

    def check(answer: httpx.Response) -> None:
        assert answer.headers["content-type"] == "audio/wav"
        assert recording_seconds(answer.content) == seconds

    return check


def pictures(count: int, width: int, height: int) -> Callable[[httpx.Response], None]:
    """So many pictures of that size."""

    def check(answer: httpx.Response) -> None:
        made = [base64.b64decode(one["b64_json"]) for one in answer.json()["data"]]
        assert [picture_size(one) for one in made] == [(width, height)] * count

    return check


def hears(answer: httpx.Response) -> None:
    """Four seconds are ten words."""
    assert len(answer.json()["text"].split()) == 10


def films(answer: httpx.Response) -> None:
    """Eight frames."""
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.content[4:8] == b"ftyp"
    assert answer.content.count(b"IHDR") == 8


def _user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


_TEXTS = {"query": "q" * 60, "documents": ["d" * 250] * 16}
_HEARD = Asked(
    {"file": _encoded(RECORDING), "language": "en"}, 500 * 4 / 30, hears, {"file": RECORDING}
)
REQUESTS: Mapping[str, Asked] = {
    "/v1/completions": Asked({"prompt": "Tell", "max_tokens": 7}, 7, said(7, "text")),
    "/v1/chat/completions": Asked(
        {"messages": _user("Tell"), "max_tokens": 7}, 7, said(7, "message", "content")
    ),
    "/v1/chat/completions/batch": Asked(
        {"messages": [_user("one"), _user("two")], "max_tokens": 300},
        600,
        said(300, "message", "content"),
    ),
    "/v1/embeddings": Asked({"input": "x" * 600}, 500, listed("data", 1)),
    "/v1/rerank": Asked(_TEXTS, 500, listed("results", 16)),
    "/v1/score": Asked(
        {"text_1": _TEXTS["query"], "text_2": _TEXTS["documents"]}, 500, listed("data", 16)
    ),
    "/v1/audio/speech": Asked({"input": "x" * 240}, 240, sounds(16.0)),
    "/v1/audio/speech/batch": Asked(
        {"items": [{"input": "x" * 120}, {"input": "y" * 120}]}, 240, listed("results", 2)
    ),
    "/v1/audio/generate": Asked({"input": "rain", "audio_length": 2}, 500, sounds(2.0)),
    "/v1/audio/transcriptions": _HEARD,
    "/v1/audio/translations": _HEARD,
    "/v1/images/generations": Asked(
        {"prompt": "a cat", "size": "512x512", "n": 2}, 250, pictures(2, 512, 512)
    ),
    "/v1/images/edits": Asked(
        {"prompt": "older", "image": _encoded(PICTURE), "size": "512x512", "filename": "a.png"},
        125,
        pictures(1, 512, 512),
        {"image": PICTURE},
    ),
    "/v1/videos/sync": Asked(
        {"prompt": "a", "size": "64x32", "num_frames": 8, "input_reference": _encoded(PICTURE)},
        50,
        films,
        {"input_reference": PICTURE},
    ),
}
# SGLang's own fields, which no generation of workers counts: the least there is.
SGLANG_SCORE = Asked(
    {"query": "q", "items": ["a", "b"], "label_token_ids": [1]}, 50, listed("scores", 2)
)


def asked(worker: str, route: str) -> Asked:
    """The request that the worker's server understands."""
    own = WORKERS[worker] == "sglang" and route == "/v1/score"
    return SGLANG_SCORE if own else REQUESTS[route]


async def ask(client: httpx.AsyncClient, route: str, payload: object) -> httpx.Response:
    """What a client with a grant gets."""
    return await client.post(route, content=autoscaler().envelope(orjson.dumps(payload)))


@asynccontextmanager
async def behind(
    worker: str, folder: Path, **options: float
) -> AsyncGenerator[tuple[Running, WorkerApp, httpx.AsyncClient]]:
    """Run the worker's server, the worker in front of it, and a client of the worker."""
    config = defined(worker)
    async with (
        running(folder, style=WORKERS[worker], **options) as sim,
        running_worker(
            sim.url,
            handlers=config.handlers,
            open_routes=config.open_routes,
            body_limit=64 * 1024 * 1024,
        ) as app,
        app.client() as client,
    ):
        yield sim, app, client
