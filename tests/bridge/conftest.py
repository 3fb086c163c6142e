"""An asyncio loop in a thread beside the test."""

from collections.abc import AsyncIterator

import pytest

from pyworker.bridge.calls import Bridge
from pyworker.bridge.thread import asyncio_thread


@pytest.fixture
async def bridge() -> AsyncIterator[Bridge]:
    """Between the test and an asyncio loop in a thread."""
    async with asyncio_thread(Bridge()) as running:
        yield running
