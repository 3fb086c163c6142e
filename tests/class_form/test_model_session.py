"""Further requests of a definition to its model server: each connection is closed with its answer."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import trio
from fakes.model import FakeModel, by_hand

from pyworker.bridge.calls import Bridge
from pyworker.bridge.thread import asyncio_thread
from pyworker.class_form.model_response import ModelResponse
from pyworker.class_form.model_session import ModelSession

KEPT: list[ModelResponse] = []


async def looks_at_the_status(session: ModelSession) -> None:
    async with session.get("/health") as answer:
        KEPT.append(answer)
        assert answer.ok


async def reads_a_piece(session: ModelSession) -> None:
    async with session.get("/health") as answer:
        KEPT.append(answer)
        assert await answer.content.readany() == b"piece"


async def closes_without_a_block(session: ModelSession) -> None:
    answer = await session.get("/health")
    KEPT.append(answer)
    await answer.aclose()


async def closes_as_aiohttp_does(session: ModelSession) -> None:
    answer = await session.get("/health")
    KEPT.append(answer)
    answer.close()


async def releases_as_aiohttp_does(session: ModelSession) -> None:
    answer = await session.get("/health")
    KEPT.append(answer)
    await answer.release()


@pytest.mark.parametrize(
    "ask",
    [
        looks_at_the_status,
        reads_a_piece,
        closes_without_a_block,
        closes_as_aiohttp_does,
        releases_as_aiohttp_does,
    ],
)
async def test_an_answer_that_is_not_read_to_its_end_is_given_back(
    ask: Callable[[ModelSession], Awaitable[None]], model: FakeModel
) -> None:
    """Also while the definition keeps it: no garbage collector is waited for."""
    model.script(by_hand)
    async with asyncio_thread(Bridge()) as bridge, trio.open_nursery() as nursery:
        session = ModelSession(bridge, model.url)
        nursery.start_soon(bridge.call, partial(ask, session))
        call = await model.next_call()
        await call.start()
        await call.chunk(b"piece")
        with trio.fail_after(5):
            await call.left.wait()
        call.done.set()
    KEPT.clear()
