"""Answers that a definition writes itself: what reaches the client, and how they fail."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import orjson
import pytest
import trio
from fakes.client import post
from fakes.grants import autoscaler
from fakes.model import FakeModel, by_hand, replies, streams
from fakes.worker_app import WORKLOAD, WorkerApp, running_worker

from pyworker.errors import InvalidRequest
from pyworker.streaming import Call, Stream
from pyworker.worker import HandlerConfig, OpenRoute


def streaming(stream: Stream) -> HandlerConfig:
    return HandlerConfig(
        route="/made/{name}",
        model_route="/generate",
        workload=WORKLOAD,
        allow_parallel_requests=True,
        stream=stream,
    )


@asynccontextmanager
async def serving(model: FakeModel, stream: Stream) -> AsyncGenerator[WorkerApp]:
    async with running_worker(model.url, handlers=(streaming(stream),)) as worker:
        yield worker


async def asked(model: FakeModel, stream: Stream) -> httpx.Response:
    async with serving(model, stream) as worker, worker.client() as client:
        return await client.post("/made/now", content=autoscaler().envelope(b'{"a":1}'))


async def shouted(call: Call) -> None:
    async with call.ask() as answer:
        kind = dict(answer.headers)["content-type"]
        await call.start(answer.status, [("Content-Type", kind), ("X-Made", "here")])
        async for chunk in answer.chunks():
            await call.send(chunk.upper())


async def test_a_stream_changes_the_models_answer_on_its_way(model: FakeModel):
    model.script(streams(b"data: one\n\n", b"data: two\n\n"))
    response = await asked(model, shouted)
    assert (response.status_code, response.text) == (200, "DATA: ONE\n\nDATA: TWO\n\n")
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["x-made"] == "here"
    assert model.calls[0].target == "/generate"
    assert await model.calls[0].body() == b'{"a":1}'
    assert model.calls[0].header(b"accept-encoding") is None


async def test_it_sees_the_request_as_plain_data(model: FakeModel):
    async def tell(call: Call) -> None:
        request = call.request
        envelope = orjson.loads(request.body)
        told = [request.method, request.path, dict(request.names), envelope["payload"]]
        await call.start(201, [("content-type", "application/json")])
        await call.send(orjson.dumps(told))

    response = await asked(model, tell)
    assert response.status_code == 201
    assert response.json() == ["POST", "/made/now", {"name": "now"}, {"a": 1}]
    assert model.calls == []


async def test_an_event_leaves_before_the_next_one_is_there(model: FakeModel):
    model.script(by_hand)
    async with serving(model, shouted) as worker:
        client = await worker.connect()
        await client.send(post("/made/now", autoscaler().envelope(b"{}")))
        call = await model.next_call()
        await call.start(headers=[(b"Content-Type", b"text/event-stream")])
        await call.chunk(b"one")
        assert (await client.head())[0] == 200
        assert await client.chunk() == b"ONE"
        await call.chunk(b"two")
        assert await client.chunk() == b"TWO"
        await call.end()
        assert await client.chunk() == b""
        await client.close()


async def test_a_client_that_leaves_ends_it_and_the_models_work(model: FakeModel):
    model.script(by_hand)
    async with serving(model, shouted) as worker:
        client = await worker.connect()
        await client.send(post("/made/now", autoscaler().envelope(b"{}")))
        call = await model.next_call()
        await call.start(headers=[(b"Content-Type", b"text/plain")])
        await call.chunk(b"one")
        await client.head()
        await client.close()
        await call.left.wait()
        call.done.set()
        await worker.until(lambda ledger: ledger.working == 0)


async def refuses(call: Call) -> None:
    raise InvalidRequest("no")


async def fails(call: Call) -> None:
    raise ZeroDivisionError


async def says_nothing(call: Call) -> None:
    await trio.lowlevel.checkpoint()


@pytest.mark.parametrize(
    ("stream", "status", "error"),
    [
        (refuses, 422, "no"),
        (fails, 500, "the handler failed: ZeroDivisionError: "),
        (says_nothing, 500, "the handler has given no answer"),
    ],
)
async def test_what_fails_before_it_began_is_an_answer(
    model: FakeModel, stream: Stream, status: int, error: str
):
    response = await asked(model, stream)
    assert (response.status_code, response.json()["error"]) == (status, error)


async def test_what_fails_on_its_way_is_cut(model: FakeModel):
    async def half(call: Call) -> None:
        await call.start(200, [])
        await call.send(b"half")
        raise ZeroDivisionError

    async with serving(model, half) as worker, worker.client() as client:
        with pytest.raises(httpx.TransportError):
            await client.post("/made/now", content=autoscaler().envelope(b"{}"))


async def test_a_second_start_and_a_piece_before_it_are_mistakes(model: FakeModel):
    mistakes: list[str] = []

    async def wrong(call: Call) -> None:
        for mistake in (call.send(b"x"), call.start(200, []), call.start(200, [])):
            try:
                await mistake
            except RuntimeError as error:
                mistakes.append(str(error))

    assert (await asked(model, wrong)).status_code == 200
    assert mistakes == [
        "the answer has not been started",
        "the answer has been started already",
    ]


async def test_what_is_written_after_the_end_is_not_in_the_next_answer(model: FakeModel):
    """The connection is kept, and by then another answer may be on it."""
    calls: list[Call] = []
    mistakes: list[str] = []

    async def answer(call: Call) -> None:
        calls.append(call)
        await call.start(200, [])
        for late in calls[:-1]:
            for write in (late.send(b"late"), late.start(200, [])):
                try:
                    await write
                except RuntimeError as error:
                    mistakes.append(str(error))
        await call.send(b"mine")

    async with serving(model, answer) as worker, worker.client() as client:
        for _ in range(2):
            body = autoscaler().envelope(b"{}")
            assert (await client.post("/made/now", content=body)).text == "mine"
    assert mistakes == ["the answer is over"] * 2


async def test_a_header_that_cannot_be_sent_is_an_error_and_no_broken_answer(model: FakeModel):
    async def dash(call: Call) -> None:
        await call.start(200, [("x-title", "a \u2014 b")])

    response = await asked(model, dash)
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")


async def test_an_open_route_may_answer_itself_where_a_worker_would(model: FakeModel):
    async def pong(call: Call) -> None:
        await call.start(200, [])
        await call.send(b"my own " + call.request.method.encode())

    handler = HandlerConfig(route="/health", workload=1.0)
    routes = (OpenRoute(route="/ping", methods=("GET", "PUT"), stream=pong),)
    model.script(replies(200, b"the model's"))
    async with (
        running_worker(model.url, handlers=(handler,), open_routes=routes) as worker,
        worker.client() as client,
    ):
        assert (await client.get("/ping")).text == "my own GET"
        assert (await client.put("/ping")).text == "my own PUT"
        assert (await client.post("/ping")).status_code == 405
        # A route that takes grants leaves GET to what every worker answers.
        assert (await client.get("/health")).json() == {"status": "ok"}
        body = autoscaler().envelope(b"{}")
        assert (await client.post("/health", content=body)).text == "the model's"
        assert (await client.delete("/health")).status_code == 405


def test_a_stream_stands_alone():
    with pytest.raises(ValueError, match="stands alone"):
        HandlerConfig(route="/x", workload=1.0, stream=shouted, function=lambda _: None)
