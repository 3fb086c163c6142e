"""One accepted connection: sending, being cut, and never losing a cancellation."""

from collections.abc import AsyncIterator

import pytest
import trio
from fakes.client import RawClient, connect
from fakes.clock import quiet
from trio.testing import MockClock

from pyworker.http.socket_io import receive_some, send_now
from pyworker.http.stream import ClientStream

FULL = 24 * 1024 * 1024  # more than the kernel takes for a peer that does not read


class Pair:
    """The server's end of a connection, and its client."""

    def __init__(self, stream: ClientStream, client: RawClient) -> None:
        self.stream = stream
        self.client = client


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    client = await connect(listener.socket.getsockname()[1])
    stream = ClientStream(await listener.accept())
    await listener.aclose()
    yield Pair(stream, client)
    await stream.aclose()
    await client.close()


async def test_what_is_sent_arrives_whole(pair: Pair):
    data = bytes(range(256)) * 4096
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pair.stream.send_all, data)
        assert await pair.client.exactly(len(data)) == data


async def test_both_ends_can_end_their_side(pair: Pair):
    await pair.client.send(b"question")
    await pair.client.stream.send_eof()  # type: ignore[attr-defined]
    assert await pair.stream.receive_some() == b"question"
    assert await pair.stream.receive_some() == b""
    await pair.stream.send_all(b"answer")
    await pair.stream.send_eof()
    assert await pair.client.rest() == b"answer"


async def test_large_uploads_are_read_in_larger_pieces(pair: Pair):
    largest = 0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pair.client.send, bytes(8 * 1024 * 1024))
        left = 8 * 1024 * 1024
        while left:
            data = await pair.stream.receive_some(65536)
            largest, left = max(largest, len(data)), left - len(data)
    assert 65536 <= largest <= 1024 * 1024


async def test_abort_is_a_reset_for_the_peer(pair: Pair):
    await pair.stream.send_all(b"half")
    pair.stream.abort()
    pair.stream.abort()  # twice is as good as once
    assert await pair.client.exactly(4) == b"half"
    with pytest.raises(trio.BrokenResourceError):
        await pair.client.exactly(1)


@pytest.mark.parametrize("how", ["abort", "close"])
async def test_cutting_wakes_a_send_that_is_blocked_even_when_it_is_shielded(how: str, pair: Pair):
    async with trio.open_nursery() as nursery:

        async def send() -> None:
            with trio.CancelScope(shield=True), pytest.raises(trio.ClosedResourceError):
                await pair.stream.send_all(bytes(FULL))

        nursery.start_soon(send)
        await quiet()
        getattr(pair.stream, how)()


@pytest.mark.parametrize("how", ["abort", "close"])
async def test_cutting_wakes_a_read(how: str, pair: Pair):
    async with trio.open_nursery() as nursery:

        async def read() -> None:
            with pytest.raises(trio.ClosedResourceError):
                await pair.stream.receive_some()

        nursery.start_soon(read)
        await quiet()
        getattr(pair.stream, how)()


async def test_it_tells_since_when_its_peer_takes_nothing(pair: Pair, mock_clock: MockClock):
    before = trio.current_time()
    assert pair.stream.blocked_since is None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pair.stream.send_all, bytes(FULL))
        await quiet()
        assert pair.stream.blocked_since == before
        mock_clock.jump(100.0)
        await pair.client.exactly(FULL // 2)
        await quiet()
        assert pair.stream.blocked_since == before + 100.0
        nursery.cancel_scope.cancel()
    assert pair.stream.blocked_since is None


@pytest.mark.parametrize("leave", ["reset", "close"])
async def test_a_send_to_a_peer_that_left_says_so(leave: str, pair: Pair):
    if leave == "reset":
        pair.client.reset()
    else:
        await pair.client.close()
    with pytest.raises(trio.BrokenResourceError):
        await pair.stream.send_all(bytes(FULL))


async def test_a_read_after_one_that_took_all_there_was_sees_the_end(pair: Pair):
    """It waits before it tries, and a socket that is closed would be waited for in vain."""
    await pair.client.send(b"data")
    assert await pair.stream.receive_some() == b"data"
    pair.stream.close()
    with pytest.raises(trio.ClosedResourceError):
        await pair.stream.receive_some()


async def test_after_it_was_closed_nothing_works(pair: Pair):
    await pair.stream.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await pair.stream.send_all(b"x")
    with pytest.raises(trio.ClosedResourceError):
        await pair.stream.receive_some()


async def test_a_socket_that_takes_nothing_more_takes_zero_bytes(pair: Pair):
    sent = 0
    while taken := send_now(pair.stream.socket, bytes(65536)):
        sent += taken
    assert send_now(pair.stream.socket, b"x") == 0
    assert await pair.client.exactly(sent) == bytes(sent)


async def test_a_reader_of_a_flood_is_cancelled_and_lets_others_run(pair: Pair):
    """Data is always there, so that nothing but its own care makes it yield."""
    others = 0
    async with trio.open_nursery() as nursery:

        async def flood() -> None:
            while True:
                await pair.client.send(bytes(65536))

        async def other() -> None:
            nonlocal others
            for _ in range(100):
                await trio.lowlevel.checkpoint()
                others += 1
            nursery.cancel_scope.cancel()

        nursery.start_soon(flood)
        nursery.start_soon(other)
        while True:
            await receive_some(pair.stream.socket, 1024)
    assert others == 100


async def test_a_cancelled_read_takes_no_data(pair: Pair):
    await pair.client.send(b"data")
    await trio.lowlevel.wait_readable(pair.stream.socket)
    with trio.CancelScope() as scope:
        scope.cancel()
        await receive_some(pair.stream.socket, 100)
    assert scope.cancelled_caught
    assert await receive_some(pair.stream.socket, 100) == b"data"
