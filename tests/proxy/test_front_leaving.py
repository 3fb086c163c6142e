"""The seam's contract: a client that leaves ends its exchange and the model's work at once.

No time passes in these tests: the clock stands still, so nothing here waits for a timer.
"""

from collections.abc import Awaitable, Callable

import pytest
from fakes.client import RawClient, post
from fakes.clock import quiet
from fakes.model import Call, FakeModel, by_hand
from fakes.relaying import Relaying
from trio.testing import MockClock


async def resets(raw: RawClient) -> None:
    raw.reset()


async def closes(raw: RawClient) -> None:
    await raw.close()


leaves = pytest.mark.parametrize("leave", [resets, closes])
Leave = Callable[[RawClient], Awaitable[None]]


@leaves
async def test_before_the_answer(
    leave: Leave, raw: RawClient, model: FakeModel, relaying: Relaying, mock_clock: MockClock
):
    model.script(by_hand)
    await raw.send(post("/generate", b"{}"))
    call = await model.next_call()
    await call.body()
    await leave(raw)
    await call.left.wait()
    ended = await relaying.next_end()
    assert (ended.cancelled, ended.relayed.status) == (True, 0)


@leaves
async def test_in_the_middle_of_a_stream(
    leave: Leave, raw: RawClient, model: FakeModel, relaying: Relaying, mock_clock: MockClock
):
    model.script(by_hand)
    await raw.send(post("/generate", b"{}"))
    call = await model.next_call()
    await call.start()
    await call.chunk(b"one")
    await raw.head()
    assert await raw.chunk() == b"one"
    await leave(raw)
    await call.left.wait()
    ended = await relaying.next_end()
    assert (ended.cancelled, ended.relayed.status, ended.relayed.sent) == (True, 200, 3)


@leaves
async def test_while_the_model_floods_it(
    leave: Leave, raw: RawClient, model: FakeModel, relaying: Relaying, mock_clock: MockClock
):
    """The front waits in a send to a client that reads nothing; leaving must wake it."""

    async def floods(call: Call) -> None:
        await call.start()
        while True:
            await call.chunk(bytes(65536))

    model.script(floods)
    await raw.send(post("/generate", b"{}"))
    await raw.head()
    await quiet()
    await leave(raw)
    await model.next_call()
    assert (await relaying.next_end()).cancelled
    await model.until_open(0)


@leaves
async def test_in_the_middle_of_its_own_body(
    leave: Leave, raw: RawClient, model: FakeModel, relaying: Relaying, mock_clock: MockClock
):
    await raw.send(b"POST /generate HTTP/1.1\r\nHost: w\r\nContent-Length: 100\r\n\r\nhalf of it")
    await quiet()
    await leave(raw)
    assert (await relaying.next_end()).error is not None
    assert model.calls == []


async def test_with_a_second_request_already_sent(
    raw: RawClient, model: FakeModel, relaying: Relaying, mock_clock: MockClock
):
    """A pipelined request must not stop the front from looking at the connection."""
    model.script(by_hand)
    await raw.send(post("/generate", b"{}") + post("/generate", b"{}"))
    call = await model.next_call()
    await call.body()
    await quiet()
    raw.reset()
    await call.left.wait()
    assert (await relaying.next_end()).cancelled


async def test_a_client_that_has_its_whole_answer_costs_no_connection(
    raw: RawClient, model: FakeModel, relaying: Relaying, mock_clock: MockClock
):
    await raw.send(post("/generate", b"{}"))
    await raw.answer()
    assert (await relaying.next_end()).error is None
    await raw.close()
    await quiet()
    assert model.open == 1
