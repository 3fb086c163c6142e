"""Sessions of the client library with a real worker, found by a real autoscaler, on both loops."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import anyio
import httpx
import orjson
import pytest
import trio
from fakes.model import FakeModel, by_hand, replies, streams
from fakes.worker_app import WorkerApp, running_worker

from pyworker.autoscaler.local.serve import AutoscalerSettings, serve_autoscaler
from pyworker.autoscaler.local.state import Autoscaler as Book
from pyworker.client import (
    AnswerBroken,
    Autoscaler,
    Client,
    Direct,
    Refused,
    Session,
    SessionEnded,
    Unavailable,
)
from pyworker.run import run
from pyworker.settings import read_settings
from workers.null.worker import define

PONG = {"result": "pong"}
NOTHING: dict[str, object] = {}


@dataclass
class Loop:
    """A null worker, which takes one session at a time, and the autoscaler that it reports to."""

    autoscaler: str
    worker: str

    def client(self) -> Client:
        """A client that tries everything once."""
        return Client(Autoscaler(url=self.autoscaler), attempts=1)


@asynccontextmanager
async def loop() -> AsyncGenerator[Loop]:
    """Run them until the worker is routed to."""
    books: list[Book] = []

    async def show(book: Book, url: str) -> None:
        books.append(book)
        await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        url = await nursery.start(partial(serve_autoscaler, AutoscalerSettings(port=0), show=show))
        settings = read_settings(
            {
                "REPORT_ADDR": url,
                "WORKER_PORT": "0",
                "WORKER_HTTP_PORT": "0",
                "NULL_CONTROL_PORT": "0",
                "WORKER_HOST": "127.0.0.1",
            }
        )
        port = await nursery.start(partial(run, define(settings), settings))
        async with httpx.AsyncClient(trust_env=False) as http:
            asked = {"endpoint": "local", "api_key": "local-key", "cost": 1}
            while "url" not in (await http.post(f"{url}/route/", json=asked)).json():  # noqa: ASYNC110
                await trio.sleep(0.01)
        yield Loop(url, f"http://127.0.0.1:{port}")
        nursery.cancel_scope.cancel()


async def _opens_and_uses(loop: Loop) -> None:
    async with loop.client() as client:
        # Twice: the machine is free again after the first.
        for _ in range(2):
            async with client.session(cost=500, lifetime=30) as session:
                assert session.worker == loop.worker
                assert await session.is_open()
                assert orjson.loads(await session.request("/ping", {})) == PONG
                async with session.stream("/ping", {}) as answer:
                    assert (answer.status, orjson.loads(await answer.body())) == (200, PONG)
            assert not await session.is_open()
            with pytest.raises(SessionEnded):
                await session.request("/ping", {})


async def _is_refused_beside_another(loop: Loop) -> None:
    async with loop.client() as client, client.session():
        with pytest.raises(Unavailable) as refused:
            async with client.session():
                raise AssertionError("there is one at a time")
        assert refused.value.status == 429


async def _ends_when_cancelled(loop: Loop) -> None:
    async with loop.client() as client:
        opened: list[Session] = []
        with anyio.CancelScope() as scope:
            async with client.session() as session:
                opened.append(session)
                scope.cancel()
                await session.request("/ping", {})
        assert scope.cancelled_caught
        assert not await opened[0].is_open()


async def _ends_with_an_error(loop: Loop) -> None:
    async with loop.client() as client:
        opened: list[Session] = []

        async def fails() -> None:
            async with client.session() as session:
                opened.append(session)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fails()
        assert not await opened[0].is_open()


async def _is_told_when_it_was_ended_elsewhere(loop: Loop) -> None:
    async with loop.client() as client, client.session() as session:
        await session.end()
        with pytest.raises(SessionEnded, match="410"):
            await session.request("/ping", {})


async def _is_told_what_is_wrong(loop: Loop) -> None:
    async with loop.client() as client:
        with pytest.raises(Refused, match="lifetime") as refused:
            async with client.session(lifetime=-1):
                raise AssertionError("it has no such lifetime")
        assert refused.value.status == 422


Story = Callable[[Loop], Coroutine[None, None, None]]


@pytest.mark.parametrize(
    "story",
    [
        _opens_and_uses,
        _is_refused_beside_another,
        _ends_when_cancelled,
        _ends_with_an_error,
        _is_told_when_it_was_ended_elsewhere,
        _is_told_what_is_wrong,
    ],
)
@pytest.mark.parametrize("backend", ["trio", "asyncio"])
async def test_a_session(story: Story, backend: str) -> None:
    async with loop() as around:
        if backend == "trio":
            await story(around)
        else:
            await trio.to_thread.run_sync(_on_asyncio, story, around)


def _on_asyncio(story: Story, around: Loop) -> None:
    anyio.run(story, around, backend="asyncio")


# --- with a model that is slow, or says nothing


@pytest.fixture
async def model(nursery: trio.Nursery) -> FakeModel:
    """A model server that answers 200 unless a test scripts it otherwise."""
    model = FakeModel()
    await nursery.start(model.serve)
    return model


@asynccontextmanager
async def direct(model: FakeModel) -> AsyncGenerator[tuple[WorkerApp, Client]]:
    """A client of an unsecured worker in front of `model`."""
    async with (
        running_worker(model.url, unsecured=True) as worker,
        Client(Direct(worker.url), attempts=1) as client,
    ):
        yield worker, client


async def test_what_is_reserved_is_counted_until_it_is_over(model: FakeModel) -> None:
    async with direct(model) as (worker, client):
        async with client.session(cost=70):
            assert (worker.ledger.working, worker.ledger.load) == (1, 70.0)
        assert (worker.ledger.working, worker.ledger.load) == (0, 0.0)


async def test_requests_in_a_session_go_on_side_by_side_and_end_with_it(model: FakeModel) -> None:
    model.script(by_hand)
    async with direct(model) as (worker, client):
        with trio.CancelScope() as scope:
            async with client.session(cost=70) as session, trio.open_nursery() as nursery:
                for _ in range(3):
                    nursery.start_soon(session.request, "/generate", NOTHING)
                for _ in range(3):
                    await model.next_call()
                scope.cancel()
        assert scope.cancelled_caught
        await worker.until(lambda ledger: ledger.working == 0)


async def test_a_stream_in_a_session(model: FakeModel) -> None:
    model.script(
        streams(b'data: {"token": {"text": "a"}}\n\n', b'data: {"token": {"text": "b"}}\n\n')
    )
    async with (
        direct(model) as (_, client),
        client.session() as session,
        session.stream("/generate", {}) as answer,
    ):
        assert [text async for text in answer.texts()] == ["a", "b"]


async def test_the_model_server_hears_of_the_end(model: FakeModel) -> None:
    async with direct(model) as (_, client):
        async with client.session(on_close_route="/closed", on_close_payload={"job": 7}):
            assert model.calls == []
        call = await model.next_call()
    assert call.target == "/closed"
    assert orjson.loads(await call.body())["job"] == 7


async def test_a_worker_that_is_gone_does_not_keep_a_session_from_ending() -> None:
    session_id = b'{"session_id": "s", "expiration": 1}'
    async with trio.open_nursery() as nursery:
        worker = FakeModel()
        await nursery.start(worker.serve)
        worker.script(replies(201, session_id, (b"Connection", b"close")))
        async with Client(Direct(worker.url)) as client, client.session() as session:
            assert session.session_id == "s"
            nursery.cancel_scope.cancel()
    assert worker.calls[0].target == "/session/create"


async def test_a_worker_that_is_silent_does_not_hold_a_cancelled_session_for_ever(
    model: FakeModel, autojump_clock: object
) -> None:
    model.script(replies(201, b'{"session_id": "s", "expiration": 1}'), by_hand)
    began = trio.current_time()
    async with Client(Direct(model.url)) as client, client.session():
        pass
    assert 10 <= trio.current_time() - began < 11


@pytest.mark.parametrize("body", [b"pong", b"[]", b"{}"])
async def test_what_is_no_session_is_told(body: bytes, model: FakeModel) -> None:
    model.script(replies(200, body))
    async with Client(Direct(model.url)) as client:
        with pytest.raises(AnswerBroken, match="answered with no session"):
            async with client.session():
                raise AssertionError("there is none")
