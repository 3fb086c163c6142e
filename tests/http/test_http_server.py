"""HTTP/1.1 connections: keep-alive, limits of time, odd clients, hostile clients, drain."""

from contextlib import suppress

import pytest
import trio
from fakes.client import RawClient, connect, post
from fakes.clock import quiet, time_passes
from fakes.server import RunningServer, running_server
from trio.testing import MockClock

from pyworker.errors import CannotBind
from pyworker.http.server import open_listeners, port_of

ECHO = post("/echo", b"hello")


async def test_a_connection_serves_many_requests(raw: RawClient):
    for _ in range(20):
        await raw.send(ECHO)
        assert await raw.answer() == (200, b"hello")


async def test_pipelined_requests_are_answered_in_order(raw: RawClient):
    await raw.send(b"".join(post("/echo", b"%d" % number) for number in range(20)))
    for number in range(20):
        assert await raw.answer() == (200, b"%d" % number)


async def test_a_pipelined_request_that_comes_in_pieces_is_answered(
    raw: RawClient, server: RunningServer
):
    await raw.send(post("/wait", b"") + ECHO[:30])
    await server.paths.waiting.wait()
    await quiet()
    await raw.send(ECHO[30:])
    await quiet()
    server.paths.go.set()
    assert await raw.answer() == (200, b"waited")
    assert await raw.answer() == (200, b"hello")


async def test_pipelined_requests_behind_a_cut_answer_are_not_served(
    raw: RawClient, server: RunningServer
):
    await raw.send(post("/cut", b"") + ECHO)
    await server.paths.waiting.wait()
    await quiet()
    server.paths.go.set()
    await raw.until_closed()
    assert [exchange.path for exchange in server.paths.entered] == ["/cut"]


async def test_an_idle_connection_stays_for_75_seconds(raw: RawClient, mock_clock: MockClock):
    await raw.send(ECHO)
    await raw.answer()
    for _ in range(3):
        await quiet()
        for _ in range(14):
            mock_clock.jump(5.0)
            await trio.testing.wait_all_tasks_blocked()
        await raw.send(ECHO)
        assert await raw.answer() == (200, b"hello")
    before = trio.current_time()
    async with time_passes(mock_clock, step=1.0):
        assert await raw.until_closed() == b""
    assert 75.0 <= trio.current_time() - before < 85.0


async def test_a_connection_that_serves_is_not_idle(
    raw: RawClient, server: RunningServer, mock_clock: MockClock
):
    await raw.send(post("/wait", b""))
    await server.paths.waiting.wait()
    for _ in range(100):
        mock_clock.jump(36.0)
        await trio.testing.wait_all_tasks_blocked()
    server.paths.go.set()
    assert await raw.answer() == (200, b"waited")


@pytest.mark.parametrize("begun", [b"", b"POST /echo HTT", ECHO[:40]])
async def test_a_head_that_is_never_completed_is_not_waited_for(
    begun: bytes, raw: RawClient, server: RunningServer, mock_clock: MockClock
):
    await raw.send(begun)
    await quiet()
    before = trio.current_time()
    async with time_passes(mock_clock, step=1.0):
        await raw.until_closed()
    assert 70.0 <= trio.current_time() - before < 85.0
    assert server.paths.entered == []


async def test_a_head_that_comes_byte_by_byte_for_ever_is_not_waited_for(
    raw: RawClient, mock_clock: MockClock
):
    await raw.send(b"POST /echo HTTP/1.1\r\n")
    before = trio.current_time()
    with suppress(trio.BrokenResourceError):
        while True:
            assert trio.current_time() - before < 100.0
            await raw.send(b"X: y\r\n")
            await quiet()
            mock_clock.jump(4.0)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET /echo HTTP/9.9 extra\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nHost: w\r\nContent-Length: x\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nHost: w\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /echo HTTP/1.1\r\n\r\n",  # no Host
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # TLS to the plain port
    ],
)
async def test_what_is_no_request_is_400_and_the_end(
    request_bytes: bytes, raw: RawClient, server: RunningServer
):
    await raw.send(request_bytes)
    assert (await raw.head())[0] == 400
    await raw.until_closed()
    assert server.paths.entered == []


async def test_a_head_without_an_end_is_refused(raw: RawClient, server: RunningServer):
    async def send_for_ever() -> None:
        with suppress(trio.BrokenResourceError):
            await raw.send(b"GET /echo HTTP/1.1\r\n")
            while True:
                await raw.send(b"X-Padding: " + b"x" * 1000 + b"\r\n")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send_for_ever)
        assert (await raw.head())[0] in {400, 431}
        nursery.cancel_scope.cancel()
    assert server.paths.entered == []


async def test_a_client_of_http_1_0_gets_an_answer_that_ends_with_the_connection(raw: RawClient):
    await raw.send(b"GET /stream HTTP/1.0\r\n\r\n")
    status, headers = await raw.head()
    assert (status, dict(headers).get(b"transfer-encoding")) == (200, None)
    assert await raw.rest() == b"onetwo"


async def test_a_client_of_http_1_0_gets_a_whole_answer_whole(raw: RawClient):
    await raw.send(b"POST /echo HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello")
    assert await raw.answer() == (200, b"hello")
    assert await raw.rest() == b""


async def test_a_cut_answer_is_seen_by_a_client_of_http_1_0(raw: RawClient, server: RunningServer):
    """It could take a clean end for the end of the answer."""
    await raw.send(b"GET /cut HTTP/1.0\r\n\r\n")
    await raw.head()
    assert await raw.exactly(3) == b"one"
    server.paths.go.set()
    with pytest.raises(trio.BrokenResourceError):
        await raw.exactly(1)


async def test_connection_close_closes_after_the_whole_answer(raw: RawClient):
    await raw.send(post("/echo", b"hello", [(b"Connection", b"close")]))
    assert await raw.answer() == (200, b"hello")
    assert await raw.rest() == b""


async def test_a_client_that_expects_100_gets_it_and_then_its_answer(raw: RawClient):
    head, body = (
        post("/echo", b"hello", [(b"Expect", b"100-continue")]).split(b"hello")[0],
        b"hello",
    )
    await raw.send(head)
    assert (await raw.head())[0] == 100
    await raw.send(body)
    assert await raw.answer() == (200, b"hello")


async def test_a_web_socket_is_refused(raw: RawClient, server: RunningServer):
    await raw.send(
        b"GET /echo HTTP/1.1\r\nHost: w\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert (await raw.head())[0] == 403
    assert server.paths.entered == []


async def test_a_client_that_takes_no_bytes_is_cut_after_five_minutes(
    server: RunningServer, mock_clock: MockClock
):
    raw = await connect(server.port, receive_buffer=4096)
    await raw.send(post("/flood", b""))
    await server.paths.waiting.wait()
    await quiet()
    before = trio.current_time()
    async with time_passes(mock_clock, step=5.0):
        await server.paths.until_ended(1)
    assert 290.0 <= trio.current_time() - before < 320.0
    assert server.paths.ended == ["cancelled"]
    with pytest.raises(trio.BrokenResourceError):
        await raw.rest()
    await raw.close()


async def test_a_slow_client_is_not_cut(server: RunningServer, mock_clock: MockClock):
    raw = await connect(server.port, receive_buffer=4096)
    await raw.send(post("/flood", b""))
    for _ in range(4):
        await quiet()
        for _ in range(4):
            mock_clock.jump(60.0)
            await trio.testing.wait_all_tasks_blocked()
        assert len(await raw.exactly(1024 * 1024)) == 1024 * 1024
    assert server.paths.ended == []
    await raw.close()


async def test_draining_closes_idle_connections_and_takes_no_new_ones(
    server: RunningServer, mock_clock: MockClock
):
    used, fresh = await connect(server.port), await connect(server.port)
    await used.send(ECHO)
    await used.answer()
    await quiet()
    await server.drain()
    for raw in (used, fresh):
        assert await raw.until_closed() == b""
        await raw.close()
    with pytest.raises(OSError, match="refused"):
        await connect(server.port)


async def test_draining_lets_a_running_exchange_finish_and_closes_after_it(
    raw: RawClient, server: RunningServer, mock_clock: MockClock
):
    await raw.send(post("/wait", b""))
    await server.paths.waiting.wait()
    await server.drain()
    await quiet()
    server.paths.go.set()
    assert await raw.answer() == (200, b"waited")
    assert await raw.until_closed() == b""


async def test_the_end_of_the_server_cuts_what_is_left():
    async with running_server() as server:
        raw = await connect(server.port)
        await raw.send(post("/flood", b""))
        await server.paths.waiting.wait()
        await quiet()
    assert server.paths.ended == ["cancelled"]
    with pytest.raises(trio.BrokenResourceError):
        await raw.rest()
    await raw.close()


async def test_a_port_that_is_taken_is_one_sentence():
    listeners = await open_listeners("127.0.0.1", 0)
    port = port_of(listeners)
    assert port > 0
    with pytest.raises(CannotBind) as caught:
        await open_listeners("127.0.0.1", port)
    sentence = f"port {port} is taken: cannot listen on 127.0.0.1:{port}: Address already in use"
    assert str(caught.value) == sentence
    with pytest.raises(CannotBind, match=rf"^port {port} \(--port\) is taken: "):
        await open_listeners("127.0.0.1", port, set_by="--port")
    for listener in listeners:
        await listener.aclose()


async def test_an_address_that_is_not_ours_is_one_sentence():
    with pytest.raises(CannotBind, match="cannot listen on 192"):
        await open_listeners("192.0.2.1", 0)
