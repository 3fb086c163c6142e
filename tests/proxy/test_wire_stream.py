"""The stream under an upstream connection: packets, counters, TLS, and errors in plain words."""

from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import pairwise

import httpcore
import pytest
import trio
from fakes.certificate import certificate
from fakes.clock import time_passes
from trio.testing import MockClock

from pyworker.errors import UpstreamUnavailable
from pyworker.proxy.upstream import Upstream, UpstreamRequest
from pyworker.proxy.wire_stream import WireBackend, WireStream


class Pair:
    """A connected WireStream and the other end of it."""

    def __init__(self, wire: WireStream, peer: trio.SocketStream) -> None:
        self.wire = wire
        self.peer = peer


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    wire = WireStream()
    await WireBackend(wire).connect_tcp("127.0.0.1", listener.socket.getsockname()[1])
    peer = await listener.accept()
    await listener.aclose()
    yield Pair(wire, peer)
    await wire.aclose()
    await peer.aclose()


async def test_head_and_body_leave_as_one_packet(pair: Pair):
    pair.wire.begin(has_body=True)
    await pair.wire.write(b"head")
    assert not pair.peer.socket.is_readable()
    await pair.wire.write(b"body")
    assert await pair.peer.receive_some() == b"headbody"
    await pair.wire.write(b"more")
    assert await pair.peer.receive_some() == b"more"


async def test_a_large_body_follows_its_head_in_order(pair: Pair):
    body = bytes(range(256)) * 4096
    pair.wire.begin(has_body=True)
    async with trio.open_nursery() as nursery:

        async def write() -> None:
            await pair.wire.write(b"head")
            await pair.wire.write(body)

        nursery.start_soon(write)
        got = b""
        while len(got) < 4 + len(body):
            got += await pair.peer.receive_some()
    assert got == b"head" + body


async def test_it_says_when_it_is_dry_before_each_read_and_counts_what_came(pair: Pair):
    dry = 0

    async def when_dry() -> None:
        nonlocal dry
        dry += 1

    pair.wire.when_dry = when_dry
    await pair.peer.send_all(b"abc")
    assert await pair.wire.read(2) == b"ab"
    assert await pair.wire.read(2) == b"c"
    await pair.peer.send_eof()
    assert await pair.wire.read(2) == b""
    assert (dry, pair.wire.received) == (3, 3)


HEAD = b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n"


@pytest.mark.parametrize("cuts", [[], [1], [len(HEAD) - 3], [len(HEAD) - 1], [5, 6, 7, len(HEAD)]])
async def test_a_read_stops_where_the_body_begins_however_the_head_comes(
    cuts: list[int], pair: Pair
):
    pair.wire.begin(has_body=False)
    sent, got = HEAD + b"body", b""
    for start, end in pairwise([0, *cuts, len(sent)]):
        await pair.peer.send_all(sent[start:end])
        if not pair.wire.at_body:
            got += await pair.wire.read(65536)
    assert (got, pair.wire.at_body) == (HEAD, True)
    assert await pair.wire.read(65536) == b"body"
    assert not pair.wire.at_body


async def test_what_it_is_given_is_read_next_and_was_not_received(pair: Pair):
    pair.wire.give(b"given")
    assert await pair.wire.read(10) == b"given"
    assert pair.wire.received == 0


async def test_an_idle_connection_becomes_readable_when_the_peer_closes_it(pair: Pair):
    assert not pair.wire.get_extra_info("is_readable")
    await pair.peer.aclose()
    await trio.lowlevel.wait_readable(pair.wire._stream.socket)  # pyright: ignore[reportPrivateUsage]
    assert pair.wire.get_extra_info("is_readable")
    assert pair.wire.get_extra_info("server_addr") is None


async def test_reading_gives_up_after_its_timeout(pair: Pair, mock_clock: MockClock):
    async with time_passes(mock_clock, step=0.5):
        with pytest.raises(httpcore.ReadTimeout, match="no byte came for 4 s"):
            await pair.wire.read(10, timeout=4.0)


async def test_writing_gives_up_after_its_timeout(pair: Pair, mock_clock: MockClock):
    async with time_passes(mock_clock, step=0.5):
        with pytest.raises(httpcore.WriteTimeout, match="could not send for 4 s"):
            await pair.wire.write(bytes(64 * 1024 * 1024), timeout=4.0)


async def test_a_peer_that_is_gone_is_told_in_the_systems_words(pair: Pair):
    await pair.peer.send_all(b"x")
    await pair.wire.write(b"unread, so that closing resets")
    await trio.lowlevel.wait_readable(pair.peer.socket)
    await pair.peer.aclose()
    assert await pair.wire.read(10) == b"x"
    with pytest.raises(httpcore.ReadError, match="reset by peer"):
        await pair.wire.read(10)
    with pytest.raises(httpcore.WriteError):
        await pair.wire.write(b"x")


async def test_a_refused_connection_is_told_in_the_systems_words():
    with trio.socket.socket() as free:
        await free.bind(("127.0.0.1", 0))
        with pytest.raises(httpcore.ConnectError, match="Connection refused"):
            await WireBackend(WireStream()).connect_tcp("127.0.0.1", free.getsockname()[1])


async def _serve_tls(
    listeners: list[trio.SocketListener], *, task_status: trio.TaskStatus[None]
) -> None:
    async def echo(stream: trio.SocketStream) -> None:
        tls = trio.SSLStream(stream, certificate().server(), server_side=True)
        with suppress(trio.BrokenResourceError):  # a client that does not trust us
            await tls.send_all(await tls.receive_some())
        await stream.aclose()

    task_status.started()
    await trio.serve_listeners(echo, listeners)


@pytest.fixture
async def tls_port(nursery: trio.Nursery) -> int:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    await nursery.start(_serve_tls, listeners)
    return int(listeners[0].socket.getsockname()[1])


async def test_it_becomes_tls(tls_port: int):
    wire = WireStream()
    await WireBackend(wire).connect_tcp("127.0.0.1", tls_port)
    assert await wire.start_tls(certificate().client(), "127.0.0.1") is wire
    await wire.write(b"secret")
    assert await wire.read(100) == b"secret"
    assert not wire.get_extra_info("is_readable") or await wire.read(100) == b""
    await wire.aclose()


async def test_a_model_server_with_a_strangers_certificate_is_unavailable_and_leaves_no_socket(
    tls_port: int,
):
    """A leaked socket is a ResourceWarning, and a warning is a failure."""
    upstream = Upstream(f"https://127.0.0.1:{tls_port}", connect_timeout=5.0)
    request = UpstreamRequest(method="GET", path="/", headers=[])
    with pytest.raises(UpstreamUnavailable, match="certificate verify failed"):
        await upstream.fetch(request)


async def test_a_tls_handshake_that_takes_too_long_is_a_connect_timeout(
    pair: Pair, mock_clock: MockClock
):
    async with time_passes(mock_clock, step=0.5):
        with pytest.raises(httpcore.ConnectTimeout):
            await pair.wire.start_tls(certificate().client(), "127.0.0.1", timeout=4.0)
