"""How long sessions live, what ends them, and that their end is told to the model server."""

import logging
import time
from functools import partial
from typing import Any

import httpx
import orjson
import pytest
import trio
from fakes.clock import quiet, time_passes
from fakes.model import Behaviour, FakeModel, by_hand, is_silent, resets_at_once
from fakes.sessions import ask, create, inner
from fakes.worker_app import running_worker
from trio.testing import MockClock

from pyworker.errors import InvalidSession, QueueFull
from pyworker.proxy.ledger import Amounts, Ledger
from pyworker.proxy.sessions import MAX_LIFETIME_SECONDS, Session, Sessions
from pyworker.proxy.upstream import NO_SERVER, Upstream


async def test_unused_it_ends_a_lifetime_later_and_use_extends_it(
    model: FakeModel, mock_clock: MockClock
) -> None:
    async with running_worker(model.url) as worker, worker.client() as client:
        session_id, auth = await create(client, lifetime=10)
        mock_clock.jump(8)
        await client.post("/generate", content=inner(session_id))
        mock_clock.jump(9)
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert (await ask(client, "health", session_id, auth)).json() == {"ok": True}
        mock_clock.jump(11)
        await worker.until(lambda ledger: ledger.working == 0)
        assert (await ask(client, "health", session_id, auth)).json() == {"ok": False}


async def test_a_request_in_flight_keeps_it_open_and_ending_it_cuts_the_request(
    model: FakeModel, mock_clock: MockClock
) -> None:
    model.script(by_hand)
    async with (
        running_worker(model.url) as worker,
        worker.client() as client,
        trio.open_nursery() as nursery,
    ):
        session_id, auth = await create(client, lifetime=5)
        answered: list[httpx.Response] = []

        async def long_job() -> None:
            answered.append(await client.post("/generate", content=inner(session_id)))

        nursery.start_soon(long_job)
        await model.next_call()
        mock_clock.jump(60)
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert (await ask(client, "health", session_id, auth)).json() == {"ok": True}
        await ask(client, "end", session_id, auth)
        await worker.until(lambda ledger: ledger.load == 0)
    assert answered[0].status_code == 410
    assert worker.ledger.take_amounts().served == 0


async def test_the_model_server_is_told_in_the_background(
    model: FakeModel, client: httpx.AsyncClient
) -> None:
    given = {"job": 7}
    session_id, auth = await create(client, on_close_route="/bye?x=1", on_close_payload=given)
    await ask(client, "end", session_id, auth)
    call = await model.next_call()
    assert (call.method, call.target) == ("POST", "/bye?x=1")
    assert orjson.loads(await call.body()) == {"job": 7, "session_id": session_id}


@pytest.mark.parametrize(
    ("given", "sent"), [(None, {}), ([1], {"payload": [1]}), ("x", {"payload": "x"})]
)
async def test_what_is_no_object_is_sent_as_one(
    given: Any, sent: dict[str, Any], model: FakeModel, client: httpx.AsyncClient
) -> None:
    session_id, auth = await create(client, on_close_route="/bye", on_close_payload=given)
    await ask(client, "end", session_id, auth)
    body = await (await model.next_call()).body()
    assert orjson.loads(body) == {**sent, "session_id": session_id}


@pytest.mark.parametrize("behaves", [resets_at_once, is_silent])
async def test_a_model_server_that_does_not_want_to_know_ends_nothing(
    behaves: Behaviour, model: FakeModel, mock_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    model.script(behaves)
    with caplog.at_level(logging.WARNING):
        async with running_worker(model.url) as worker, worker.client() as client:
            session_id, auth = await create(client, on_close_route="/bye")
            assert (await ask(client, "end", session_id, auth)).status_code == 200
            await model.next_call()
            async with time_passes(mock_clock, step=1.0):
                await model.until_open(0)
            # The next one is served as ever.
            await create(client)
    problem = "on_close took too long" if behaves is is_silent else "on_close: the model server at"
    assert problem in caplog.text


async def test_a_request_that_took_longer_than_a_lifetime_extends_it(
    model: FakeModel, mock_clock: MockClock
) -> None:
    model.script(by_hand)
    async with (
        running_worker(model.url) as worker,
        worker.client() as client,
        trio.open_nursery() as nursery,
    ):
        session_id, auth = await create(client, lifetime=5)
        nursery.start_soon(partial(client.post, "/generate", content=inner(session_id)))
        call = await model.next_call()
        mock_clock.jump(60)
        await quiet()
        got = (await ask(client, "get", session_id, auth)).json()
        assert 4 < got["expiration"] - time.time() <= 5
        await call.start()
        await call.end()
        await worker.until(lambda ledger: ledger.working == 1 and ledger.backlog == 0)
        mock_clock.jump(4)
        await quiet()
        assert (await ask(client, "health", session_id, auth)).json() == {"ok": True}
        mock_clock.jump(2)
        await worker.until(lambda ledger: ledger.working == 0)


async def test_no_lifetime_is_longer_than_an_hour(model: FakeModel, mock_clock: MockClock) -> None:
    async with running_worker(model.url) as worker, worker.client() as client:
        for used in (False, True):
            session_id, auth = await create(client, lifetime=1e9)
            if used:
                await client.post("/generate", content=inner(session_id))
            got = (await ask(client, "get", session_id, auth)).json()
            assert got["lifetime"] == MAX_LIFETIME_SECONDS
            assert got["expiration"] - time.time() <= MAX_LIFETIME_SECONDS
            mock_clock.jump(MAX_LIFETIME_SECONDS + 1)
            await worker.until(lambda ledger: ledger.working == 0)


def made(sessions: Sessions) -> Session:
    return sessions.create(
        auth_data={},
        request_idx=1,
        cost=7.0,
        lifetime=60.0,
        on_close_route=None,
        on_close_payload=None,
    )


def book(limit: int | None) -> tuple[Sessions, Ledger]:
    """Sessions without a model server."""
    ledger = Ledger()
    upstream = Upstream(NO_SERVER, connect_timeout=1.0)
    return Sessions(ledger, limit=limit, tell_model=upstream.fetch), ledger


async def test_a_request_whose_session_was_closed_while_it_was_read_is_refused() -> None:
    sessions, ledger = book(limit=1)
    session = made(sessions)
    sessions.close(session)
    ledger.take_amounts()
    with pytest.raises(InvalidSession), sessions.use(session, 5.0):
        pytest.fail("it is not served")
    assert (ledger.take_amounts(), ledger.load) == (Amounts(), 0.0)


@pytest.mark.parametrize("limit", [None, 0])
async def test_without_a_limit_there_is_one_that_nobody_needs(limit: int | None) -> None:
    sessions, _ = book(limit)
    for _ in range(10_000):
        made(sessions)
    with pytest.raises(QueueFull, match="10000 sessions are open"):
        made(sessions)
