"""A server to talk to: what it does with each path is in `handle`."""

from collections.abc import AsyncIterator

import pytest
import trio
from fakes.client import RawClient, connect
from fakes.server import RunningServer, running_server


@pytest.fixture
async def server() -> AsyncIterator[RunningServer]:
    """A running server."""
    async with running_server() as server:
        yield server


@pytest.fixture
async def raw(server: RunningServer) -> AsyncIterator[RawClient]:
    """A bare connection to `server`."""
    raw = await connect(server.port)
    yield raw
    with trio.CancelScope(shield=True):
        await raw.close()
