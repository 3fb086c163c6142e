"""All bodies together: counted, bounded, refused when they are too many, and never lost count of."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from fakes.client import RawClient, connect, post
from fakes.clock import quiet, time_passes
from fakes.server import LARGE_LIMIT, RunningServer, running_server
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from pyworker.errors import BodyMemoryFull
from pyworker.http.body_memory import FREE_BYTES, BodyMemory

LIMIT = 2 * LARGE_LIMIT
LARGE = bytes(LARGE_LIMIT)
CHUNK = 64 * 1024


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3 * FREE_BYTES)), max_size=60))
def test_what_is_held_is_the_sum_of_the_large_bodies_and_within_the_limit(
    grown: list[tuple[int, int]],
) -> None:
    limit = 8 * FREE_BYTES
    memory = BodyMemory(limit)
    held = dict.fromkeys(range(10), 0)
    size = dict(held)
    for body, more in grown:
        size[body] += more
        room = limit - memory.held
        try:
            held[body] = memory.hold(size[body], held[body])
        except BodyMemoryFull:
            assert size[body] - held[body] > room
            memory.give_back(held[body])
            held[body] = size[body] = 0
        assert held[body] == (size[body] if size[body] > FREE_BYTES else 0)
        assert memory.held == sum(held.values()) <= limit
    for each in held.values():
        memory.give_back(each)
    assert memory.held == 0


@pytest.fixture
async def memory() -> BodyMemory:
    """Room for two of the largest bodies."""
    return BodyMemory(LIMIT)


@pytest.fixture
async def server(memory: BodyMemory) -> AsyncIterator[RunningServer]:
    """A server that counts bodies."""
    async with running_server(memory=memory) as server:
        yield server
    assert memory.held == 0


@asynccontextmanager
async def asking(server: RunningServer, request: bytes = b"") -> AsyncGenerator[RawClient]:
    client = await connect(server.port)
    async with client.stream:
        await client.send(request)
        yield client


async def refused(client: RawClient) -> None:
    status, headers = await client.head()
    fields = dict(headers)
    assert (status, fields[b"retry-after"]) == (503, b"5")
    answer = json.loads(await client.exactly(int(fields[b"content-length"])))
    assert (answer["code"], answer["limit"]) == ("body_memory_full", LIMIT)


def begun(size: int) -> bytes:
    """The head of a request with a body of this size."""
    return b"POST /hold HTTP/1.1\r\nHost: w\r\nContent-Length: %d\r\n\r\n" % size


async def until(memory: BodyMemory, held: int) -> None:
    with trio.fail_after(5):
        while memory.held != held:  # noqa: ASYNC110 - a number tells nobody
            await trio.sleep(0.005)


async def test_a_body_is_held_until_its_answer_has_ended(
    server: RunningServer, memory: BodyMemory
) -> None:
    async with asking(server, post("/hold", LARGE)) as client:
        await server.paths.waiting.wait()
        assert memory.held == LARGE_LIMIT
        server.paths.go.set()
        assert await client.answer() == (200, b"%d" % LARGE_LIMIT)
        await until(memory, 0)
        # The connection goes on.
        await client.send(post("/hold", LARGE))
        assert await client.answer() == (200, b"%d" % LARGE_LIMIT)


async def test_a_body_without_room_is_refused_before_it_is_read(
    server: RunningServer, memory: BodyMemory
) -> None:
    full = post("/hold", LARGE)
    async with asking(server, full), asking(server, full) as second:
        await until(memory, LIMIT)
        async with asking(server, begun(FREE_BYTES + 1)) as third:
            await refused(third)
        assert memory.held == LIMIT
        server.paths.go.set()
        assert (await second.answer())[0] == 200
    await until(memory, 0)
    async with asking(server, full) as again:
        assert (await again.answer())[0] == 200


async def test_small_bodies_get_through_while_large_ones_fill_the_memory(
    server: RunningServer, memory: BodyMemory
) -> None:
    full = post("/hold", LARGE)
    async with asking(server, full), asking(server, full):
        await until(memory, LIMIT)
        async with asking(server, post("/echo", bytes(FREE_BYTES))) as small:
            assert await small.answer() == (200, bytes(FREE_BYTES))


async def test_a_chunked_body_is_refused_when_it_finds_no_room_on_its_way(
    server: RunningServer, memory: BodyMemory
) -> None:
    async with asking(server, post("/hold", LARGE)), asking(server) as chunked:
        await chunked.send(b"POST /hold HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"%x\r\n%b\r\n" % (CHUNK, bytes(CHUNK))
        for _ in range(8):
            await chunked.send(chunk)
        await until(memory, LARGE_LIMIT + 8 * CHUNK)
        async with asking(server, begun(LARGE_LIMIT)) as other:
            await refused(other)
        async with asking(server, begun(8 * CHUNK) + bytes(8 * CHUNK)):
            await until(memory, LIMIT)
            await chunked.send(chunk)
            await refused(chunked)
            # At once, although the rest of the body is still waited for.
            await until(memory, LIMIT - 8 * CHUNK)


async def test_a_client_that_leaves_in_the_middle_leaves_nothing(
    server: RunningServer, memory: BodyMemory
) -> None:
    async with asking(server, begun(LARGE_LIMIT) + LARGE[1:]):
        await until(memory, LARGE_LIMIT - 1)
    await until(memory, 0)
    async with asking(server, post("/hold", LARGE)):
        await server.paths.waiting.wait()
    await server.paths.until_ended(1)
    await until(memory, 0)
    assert server.paths.ended == ["cancelled"]


async def test_a_body_that_stops_coming_gives_its_memory_back(
    server: RunningServer, memory: BodyMemory, mock_clock: MockClock
) -> None:
    async with asking(server, begun(LARGE_LIMIT) + bytes(2 * FREE_BYTES)) as client:
        await quiet()
        assert memory.held == 2 * FREE_BYTES
        async with time_passes(mock_clock, step=30.0):
            assert (await client.answer())[0] == 408
        assert memory.held == 0


async def test_a_server_that_ends_counts_down_to_nothing(memory: BodyMemory) -> None:
    async with running_server(memory=memory) as server:
        client = await connect(server.port)
        await client.send(begun(LARGE_LIMIT) + LARGE[1:])
        other = await connect(server.port)
        await other.send(post("/hold", LARGE))
        await until(memory, LIMIT - 1)
    assert memory.held == 0
    await client.close()
    await other.close()
