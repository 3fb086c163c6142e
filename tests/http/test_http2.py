"""HTTP/2 with prior knowledge: requests, streams, breaks, and clients that break the rules."""

from collections.abc import AsyncIterator

import httpx
import pytest
import trio
from fakes.client import connect
from fakes.clock import quiet, time_passes
from fakes.h2_client import H2Client
from fakes.server import BODY_LIMIT, RunningServer
from h2.events import StreamEnded
from trio.testing import MockClock


@pytest.fixture
async def h2(server: RunningServer) -> AsyncIterator[H2Client]:
    client = H2Client((await connect(server.port)).stream)
    await client.begin()
    yield client
    await client.stream.aclose()


async def still_serves(server: RunningServer) -> bool:
    """Whether another client is served."""
    client = H2Client((await connect(server.port)).stream)
    await client.begin()
    served = await client.status(await client.request(b"/facts", method=b"GET")) == 200
    await client.stream.aclose()
    return served


async def test_a_post_and_its_answer(server: RunningServer):
    async with httpx.AsyncClient(http1=False, http2=True, trust_env=False) as client:
        response = await client.post(f"http://127.0.0.1:{server.port}/echo", content=b"hello")
        assert (response.http_version, response.status_code) == ("HTTP/2", 200)
        assert response.content == b"hello"
        async with client.stream("GET", f"http://127.0.0.1:{server.port}/stream") as response:
            assert await response.aread() == b"onetwo"


async def test_requests_at_a_time_share_a_connection(h2: H2Client, server: RunningServer):
    waiting = await h2.request(b"/wait")
    await server.paths.waiting.wait()
    echoes = [await h2.request(b"/echo", b"%d" % number) for number in range(50)]
    for number, stream in enumerate(echoes):
        assert await h2.status(stream) == 200
        assert await h2.data(stream) == b"%d" % number
    server.paths.go.set()
    assert await h2.status(waiting) == 200
    assert await h2.data(waiting) == b"waited"


async def test_a_refusal_is_the_same_as_in_http_1(h2: H2Client):
    stream = await h2.request(b"/refuse")
    assert await h2.status(stream) == 429
    assert b'"code":"queue_full"' in await h2.data(stream)


async def test_a_body_over_the_limit_is_413(h2: H2Client):
    length = (b"content-length", b"%d" % (BODY_LIMIT + 1))
    stream = await h2.request(b"/echo", None, extra=[length])
    assert await h2.status(stream) == 413


async def test_a_cut_answer_is_seen_and_costs_its_connection(h2: H2Client, server: RunningServer):
    stream = await h2.request(b"/cut")
    assert await h2.data(stream) == b"one"
    server.paths.go.set()
    with pytest.raises(trio.BrokenResourceError):
        await h2.next(StreamEnded)
    assert await still_serves(server)


async def test_a_stream_that_its_client_resets_is_cancelled_and_the_others_are_not(
    h2: H2Client, server: RunningServer, mock_clock: MockClock
):
    waiting = await h2.request(b"/wait")
    await server.paths.waiting.wait()
    await quiet()
    h2.h2.reset_stream(waiting)
    await h2.flush()
    await server.paths.until_ended(1)
    assert server.paths.ended == ["cancelled"]
    assert await h2.status(await h2.request(b"/echo", b"x")) == 200


async def test_a_stream_that_is_reset_while_it_floods_is_cancelled(
    h2: H2Client, server: RunningServer, mock_clock: MockClock
):
    flood = await h2.request(b"/flood")
    await server.paths.waiting.wait()
    await quiet()
    h2.h2.reset_stream(flood)
    await h2.flush()
    await server.paths.until_ended(1)
    assert server.paths.ended == ["cancelled"]
    assert await h2.status(await h2.request(b"/echo", b"x")) == 200


async def test_a_client_that_leaves_cancels_all_its_streams(
    h2: H2Client, server: RunningServer, mock_clock: MockClock
):
    for _ in range(3):
        await h2.request(b"/wait")
    while len(server.paths.entered) < 3:
        await quiet()
    await h2.stream.aclose()
    await server.paths.until_ended(3)
    assert server.paths.ended == ["cancelled"] * 3


async def test_an_idle_connection_is_closed_by_a_drain(h2: H2Client, server: RunningServer):
    await h2.status(await h2.request(b"/facts", method=b"GET"))
    await quiet()
    await server.drain()
    await h2.until_closed()


async def test_a_stream_that_takes_no_bytes_is_cut_after_five_minutes(
    h2: H2Client, server: RunningServer, mock_clock: MockClock
):
    """The socket takes everything; it is the stream's window that is never opened again."""
    await h2.request(b"/flood")
    await server.paths.waiting.wait()
    await quiet()
    before = trio.current_time()
    async with time_passes(mock_clock, step=5.0):
        await server.paths.until_ended(1)
    assert 290.0 <= trio.current_time() - before < 320.0
    await h2.until_closed()


async def test_a_stream_that_is_read_is_passed_whole(h2: H2Client, server: RunningServer):
    stream = await h2.request(b"/flood")
    got = 0
    while got < 1024 * 1024:
        got += len(await h2.data(stream))
    assert server.paths.ended == []


@pytest.mark.parametrize(
    ("path", "extra"),
    [
        pytest.param(b"/a\xff", [], id="a path that is not ASCII"),
        pytest.param(b"/echo", [(b"content-length", b"x")], id="a length that is no number"),
        pytest.param(b"/echo", [(b"content-length", b"-1")], id="a negative length"),
        pytest.param(b"/echo", [(b"X-Upper", b"1")], id="a name in upper case"),
        pytest.param(b"/echo", [(b"connection", b"close")], id="a hop-by-hop header"),
    ],
)
async def test_a_request_against_the_rules_harms_only_its_own_connection(
    path: bytes, extra: list[tuple[bytes, bytes]], h2: H2Client, server: RunningServer
):
    await h2.request(path, extra=extra)
    await h2.until_closed()
    assert await still_serves(server)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(b"\x00\x00\x05\x00\x00\x00\x00\x00\x07hello", id="data of no stream"),
        pytest.param(b"\x00\x00\x04\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00", id="reset of none"),
        pytest.param(b"\xff\xff\xff\x00\x00\x00\x00\x00\x01", id="a frame too large"),
        pytest.param(b"\x00\x00\x03\x01\x04\x00\x00\x00\x01\xff\xff\xff", id="no header block"),
        pytest.param(b"\x00\x00\x01\x01\x05\x00\x00\x00\x01\x82", id="half a request"),
        pytest.param(b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00", id="an empty window"),
    ],
)
async def test_frames_against_the_rules_harm_only_their_own_connection(
    frames: bytes, h2: H2Client, server: RunningServer
):
    await h2.stream.send_all(frames)
    await quiet()
    assert await still_serves(server)


async def test_data_after_the_answer_harms_nobody(h2: H2Client, server: RunningServer):
    """Hypercorn looks for a stream that is gone by then."""
    stream = await h2.request(b"/unread", None)
    assert await h2.status(stream) == 200
    for _ in range(3):
        h2.h2.send_data(stream, b"late")
        await h2.flush()
        await quiet()
    assert await still_serves(server)


async def test_a_client_that_resets_its_upload_leaves_its_neighbours_alone(
    h2: H2Client, server: RunningServer
):
    waiting = await h2.request(b"/wait")
    await server.paths.waiting.wait()
    upload = await h2.request(b"/echo", None)
    await quiet()
    h2.h2.reset_stream(upload)
    await h2.flush()
    await quiet()
    server.paths.go.set()
    assert await h2.status(waiting) == 200
    assert await h2.data(waiting) == b"waited"
