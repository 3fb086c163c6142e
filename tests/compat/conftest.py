"""A model server for definitions of other generations, and an asyncio loop for their coroutines."""

from collections.abc import AsyncIterator

import pytest
import trio
from fakes.model import FakeModel

from pyworker.compat.asyncio_thread import asyncio_thread
from pyworker.compat.bridge import Bridge


@pytest.fixture
async def model(nursery: trio.Nursery) -> FakeModel:
    """A model server that answers 200 unless a test scripts it otherwise."""
    model = FakeModel()
    await nursery.start(model.serve)
    return model


@pytest.fixture
async def bridge() -> AsyncIterator[Bridge]:
    """Between the test and an asyncio loop in a thread."""
    async with asyncio_thread(Bridge()) as running:
        yield running
