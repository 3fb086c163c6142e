"""The seam's contract: an answer that is collected to be transformed, not passed through."""

from collections.abc import AsyncIterator

import pytest
from fakes.client import RawClient, connect, post
from fakes.fronts import Front
from fakes.model import Call, FakeModel, by_hand, resets_at_once, streams
from fakes.relaying import fetches
from trio.testing import MockClock


@pytest.fixture
async def raw(front: Front, model: FakeModel) -> AsyncIterator[RawClient]:
    """A bare connection to a front that fetches."""
    async with front(fetches, model.url) as running:
        raw = await connect(running.port)
        yield raw
        await raw.close()


async def test_status_and_whole_body_are_collected(raw: RawClient, model: FakeModel):
    model.script(streams(b"one", b"two"))
    await raw.send(post("/generate", b"{}"))
    assert await raw.answer() == (200, b'{"status":200,"size":6}')


async def test_no_answer_is_502(raw: RawClient, model: FakeModel):
    model.script(resets_at_once)
    await raw.send(post("/generate", b"{}"))
    assert (await raw.answer())[0] == 502


async def test_an_answer_that_breaks_off_is_502_since_the_client_has_seen_nothing(
    raw: RawClient, model: FakeModel
):
    async def breaks(call: Call) -> None:
        await call.start()
        await call.chunk(b"half")
        call.reset()

    model.script(breaks)
    await raw.send(post("/generate", b"{}"))
    status, body = await raw.answer()
    assert (status, b'"code":"upstream_unavailable"' in body) == (502, True)


async def test_a_client_that_leaves_closes_it(
    raw: RawClient, model: FakeModel, mock_clock: MockClock
):
    model.script(by_hand)
    await raw.send(post("/generate", b"{}"))
    call = await model.next_call()
    await call.start()
    await call.chunk(b"half")
    await raw.close()
    await call.left.wait()
