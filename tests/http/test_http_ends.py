"""How an exchange and its connection end: slow clients, half-closed ones, and what is left behind."""

import gc
from contextlib import suppress

import pytest
import trio
from fakes.client import RawClient, connect, post
from fakes.clock import quiet, time_passes
from fakes.h2_client import H2Client
from fakes.server import LARGE_ANSWER, Paths, RunningServer
from trio.testing import MockClock

from pyworker.http.connection import Connection
from pyworker.http.server import open_listeners, port_of, serve_http


async def slow_client(server: RunningServer) -> RawClient:
    """A client that has only the head of a large answer so far."""
    raw = await connect(server.port, receive_buffer=4096)
    await raw.send(post("/large", b""))
    await raw.head()
    await quiet()
    return raw


async def test_a_client_that_ends_its_side_while_it_takes_its_answer_gets_all_of_it(
    server: RunningServer, mock_clock: MockClock
):
    raw = await slow_client(server)
    await raw.end_sending()
    await quiet()
    assert len(await raw.rest()) == LARGE_ANSWER
    assert server.paths.ended == ["done"]
    await raw.close()


async def test_an_answer_on_its_way_to_a_slow_client_is_no_idle_connection(
    server: RunningServer, mock_clock: MockClock
):
    raw = await slow_client(server)
    for _ in range(20):
        mock_clock.jump(5.0)
        await trio.testing.wait_all_tasks_blocked()
    await quiet()
    assert len(await raw.exactly(LARGE_ANSWER)) == LARGE_ANSWER
    # It is one from now on.
    await quiet()
    mock_clock.jump(70.0)
    await raw.send(post("/echo", b"hello"))
    assert await raw.answer() == (200, b"hello")
    await raw.close()


async def test_draining_waits_for_an_answer_on_its_way_to_a_slow_client(
    server: RunningServer, mock_clock: MockClock
):
    raw = await slow_client(server)
    await server.drain()
    await quiet()
    assert len(await raw.exactly(LARGE_ANSWER)) == LARGE_ANSWER
    # It is closed then, although the drain has looked at it already.
    async with time_passes(mock_clock, step=1.0):
        with trio.fail_after(10.0):
            assert await raw.rest() == b""
    await raw.close()


async def test_a_half_answer_is_cut_when_its_client_ends_its_side(
    raw: RawClient, server: RunningServer, mock_clock: MockClock
):
    """The end of its side is how a client leaves; one of HTTP/1.0 must not see a clean end."""
    await raw.send(b"GET /cut HTTP/1.0\r\n\r\n")
    await raw.head()
    assert await raw.exactly(3) == b"one"
    await raw.end_sending()
    with pytest.raises(trio.BrokenResourceError):
        await raw.exactly(1)


async def test_a_body_that_nobody_reads_leaves_no_task_behind(
    server: RunningServer, mock_clock: MockClock
):
    """Hypercorn's reader waits for somebody to take it; the clock stands still."""
    await quiet()
    before = trio.lowlevel.current_statistics().tasks_living
    raw = await connect(server.port)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sends_until_cut, raw)
        await quiet()
        server.paths.go.set()
    await raw.close()
    await quiet()
    assert trio.lowlevel.current_statistics().tasks_living == before


async def sends_until_cut(raw: RawClient) -> None:
    with suppress(trio.BrokenResourceError):
        await raw.send(b"POST /cut HTTP/1.1\r\nHost: w\r\nContent-Length: %d\r\n\r\n" % 10**12)
        while True:
            await raw.send(bytes(2**20))


async def test_a_connection_that_ended_is_not_kept(server: RunningServer, mock_clock: MockClock):
    raw = await connect(server.port)
    await raw.send(post("/echo", b"hello"))
    await raw.answer()
    await raw.close()
    await quiet()
    server.paths.entered.clear()
    gc.collect()
    assert not [found for found in gc.get_objects() if isinstance(found, Connection)]


async def test_a_server_that_is_cancelled_does_not_wait_for_a_client_that_takes_no_bytes(
    nursery: trio.Nursery, mock_clock: MockClock
):
    """Hypercorn shields what it writes to HTTP/2; only a cut ends that."""
    listeners = await open_listeners("127.0.0.1", 0)
    paths, ended = Paths(), trio.Event()
    scope = trio.CancelScope()

    async def serve(*, task_status: trio.TaskStatus[None]) -> None:
        with scope:
            await serve_http(paths, listeners, task_status=task_status)
        ended.set()

    await nursery.start(serve)
    client = H2Client((await connect(port_of(listeners), receive_buffer=4096)).stream)
    await client.begin()
    client.h2.increment_flow_control_window(2**30)
    flood = await client.request(b"/flood")
    client.h2.increment_flow_control_window(2**30, flood)
    await client.flush()
    await paths.waiting.wait()
    await quiet()
    scope.cancel()
    await quiet()
    was_ended = ended.is_set()
    await client.stream.aclose()  # so that a server that waits does not wait for ever
    assert was_ended
