"""The worker of fakes/story_class_form.py, served: what its classes say is what clients and the model see."""

import orjson
import pytest
import trio
from fakes import story_class_form as definition
from fakes.class_worker import ClassWorker, class_worker, envelope
from fakes.client import post
from fakes.model import FakeModel, by_hand, replies, streams

from pyworker.class_form.backend import Backend
from pyworker.class_form.translate import worker_config


@pytest.fixture
async def backend(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> Backend:
    monkeypatch.setattr(definition.backend, "model_server_url", model.url)
    return definition.backend


async def test_a_stream_is_relayed_and_counted_by_its_payload(backend: Backend, model: FakeModel):
    model.script(streams(b"data: one\n\n", b"data: two\n\n"))
    async with class_worker(backend, definition.routes, model) as worker:
        answer = await worker.post("/story", {"topic": "ice", "words": 30, "unknown": 1})
    assert (answer.status_code, answer.text) == (200, "data: one\n\ndata: two\n\n")
    assert worker.loads[0] == 30.0
    [call] = model.calls
    assert call.target == "/generate_stream"
    asked = {"inputs": "A story about ice.", "max_words": 30}
    assert orjson.loads(await call.body()) == asked


@pytest.mark.parametrize(
    ("payload", "wrong"),
    [
        ({}, {"topic": "missing parameter"}),
        ({"topic": "ice", "words": 0}, {"words": "must be at least 1"}),
    ],
)
async def test_a_payload_that_is_wrong_is_422_with_its_fields(
    backend: Backend, model: FakeModel, payload: object, wrong: object
):
    async with class_worker(backend, definition.routes, model) as worker:
        status, body = await worker.posted("/story", payload)
    assert (status, body["payload"]) == (422, wrong)
    assert body["error"].startswith("payload")
    assert model.calls == []


async def test_a_response_of_the_definition(backend: Backend, model: FakeModel):
    model.script(
        replies(200, b'{"generated_text": "moby"}', (b"Content-Type", b"application/json")),
        replies(418, b"short and stout"),
    )
    async with class_worker(backend, definition.routes, model) as worker:
        made = await worker.post("/title", {"topic": "ice"})
        refused = await worker.post("/title", {"topic": "ice"})
    assert (made.status_code, made.json()) == (200, {"title": "MOBY"})
    assert made.headers["content-type"] == "application/json; charset=utf-8"
    assert made.headers["x-asked"] == "/title"
    assert int(made.headers["content-length"]) == len(made.content)
    assert (refused.status_code, refused.text) == (418, "no title")


async def test_an_open_route_asks_the_model_server(backend: Backend, model: FakeModel):
    model.script(replies(200, b"7.1"))
    async with class_worker(backend, definition.routes, model) as worker:
        answer = await worker.client.get("/version/tgi")
        wrong = await worker.client.post("/version/tgi")
    assert (answer.status_code, answer.text) == (200, "7.1")
    assert wrong.status_code == 405
    assert model.calls[0].target == "/version?for=tgi"
    assert worker.loads == []


async def test_a_client_that_leaves_ends_the_coroutine(backend: Backend, model: FakeModel):
    model.script(by_hand)
    async with class_worker(backend, definition.routes, model) as worker:
        await _leave(worker, model)


async def _leave(worker: ClassWorker, model: FakeModel) -> None:
    client = await worker.app.connect()
    await client.send(post("/title", envelope({"topic": "ice"})))
    call = await model.next_call()
    await call.start(headers=[(b"Content-Type", b"application/json")])
    await call.chunk(b"{")
    await client.close()
    with trio.fail_after(10):
        await call.left.wait()
        await worker.app.until(lambda ledger: ledger.working == 0)
    call.done.set()


def test_what_is_served():
    config = worker_config("story", definition.backend, definition.routes)
    story, title = config.handlers
    assert [(h.route, h.upstream_path) for h in config.handlers] == [
        ("/story", "/generate_stream"),
        ("/title", "/generate"),
    ]
    assert (story.allow_parallel_requests, story.max_queue_time, story.queue) == (True, 60.0, "")
    assert story.benchmark_config is not None
    assert (story.benchmark_config.runs, story.benchmark_config.concurrency) == (2, 4)
    assert title.benchmark_config is None
    assert config.log_actions.on_load == ("Connected",)
    assert [route.route for route in config.open] == ["/version/{name}"]
