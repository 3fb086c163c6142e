"""Connections to the model server: reuse, the keep-alive race, what is closed and when."""

import gc
import math
from collections.abc import AsyncIterator

import pytest
import trio
from fakes.clock import quiet, time_passes
from fakes.model import Call, FakeModel, answers, by_hand, is_silent, resets_at_once, sends
from trio.testing import MockClock

from pyworker.errors import UpstreamBroken, UpstreamTimeout, UpstreamUnavailable
from pyworker.proxy.upstream import Upstream, UpstreamRequest


def request(body: bytes = b'{"a":1}', path: str = "/generate") -> UpstreamRequest:
    return UpstreamRequest(method="POST", path=path, headers=[(b"x-a", b"1")], body=body)


async def fetched(upstream: Upstream, asked: UpstreamRequest) -> tuple[int, bytes]:
    answer = await upstream.fetch(asked)
    return answer.status, answer.body


@pytest.fixture
async def upstream(model: FakeModel) -> AsyncIterator[Upstream]:
    upstream = Upstream(model.url, connect_timeout=5.0)
    yield upstream
    await upstream.aclose()


async def test_requests_one_after_another_share_a_connection(model: FakeModel, upstream: Upstream):
    for _ in range(5):
        assert await fetched(upstream, request()) == (200, b'{"ok":true}')
    assert [call.connection for call in model.calls] == [0] * 5


async def test_requests_at_a_time_have_a_connection_each_and_all_are_kept(
    model: FakeModel, upstream: Upstream
):
    model.script(by_hand)
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(upstream.fetch, request())
        for call in [await model.next_call() for _ in range(3)]:
            await call.answer()
    model.script(answers)
    await upstream.fetch(request())
    assert (model.connections, model.open) == (3, 3)
    await upstream.aclose()
    await model.until_open(0)


async def test_no_more_than_64_idle_connections_are_kept(model: FakeModel, upstream: Upstream):
    model.script(by_hand)
    async with trio.open_nursery() as nursery:
        for _ in range(80):
            nursery.start_soon(upstream.fetch, request())
        for call in [await model.next_call() for _ in range(80)]:
            await call.answer()
    await model.until_open(64)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
    ],
)
async def test_a_connection_that_the_model_will_close_is_not_kept(
    answer: bytes, model: FakeModel, upstream: Upstream
):
    model.script(sends(answer))
    for _ in range(2):
        assert await fetched(upstream, request()) == (200, b"hi")
    assert model.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nHTTP/1.1 200 OK",
    ],
)
async def test_what_comes_after_an_answer_is_not_taken_for_the_next(
    answer: bytes, model: FakeModel, upstream: Upstream
):
    model.script(sends(answer), answers)
    assert (await upstream.fetch(request())).body in {b"hi", b""}
    assert await fetched(upstream, request()) == (200, b'{"ok":true}')
    assert model.connections == 2


async def test_an_idle_connection_that_the_model_closed_is_not_used(
    model: FakeModel, upstream: Upstream
):
    async def answers_and_closes(call: Call) -> None:
        await answers(call)
        await call.close()

    model.script(answers_and_closes)
    for _ in range(3):
        assert (await upstream.fetch(request())).status == 200
        await model.until_open(0)
    assert [call.connection for call in model.calls] == [0, 1, 2]


async def test_what_the_model_says_while_nobody_asks_is_not_the_next_answer(
    model: FakeModel, upstream: Upstream
):
    """Servers that end an idle connection may say so with a 408 before they close it."""

    async def answers_and_goes(call: Call) -> None:
        await answers(call)
        await call.done.wait()
        await quiet()
        await call.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")

    model.script(answers_and_goes, answers)
    for _ in range(2):
        assert await fetched(upstream, request()) == (200, b'{"ok":true}')
        await quiet()
        await quiet()
    assert model.connections == 2


async def closes_unread(call: Call) -> None:
    await call.close()


async def reads_and_closes(call: Call) -> None:
    await call.body()
    await call.close()


@pytest.mark.parametrize("closes", [resets_at_once, closes_unread, reads_and_closes])
async def test_the_keep_alive_race_is_run_once_more_on_a_new_connection(
    closes: object, model: FakeModel, upstream: Upstream
):
    """The model closes the kept connection at the moment the next request reaches it."""
    model.script(answers, closes, answers)  # type: ignore[arg-type]
    assert (await upstream.fetch(request(b"first"))).status == 200
    assert (await upstream.fetch(request(b"second"))).status == 200
    assert [call.connection for call in model.calls] == [0, 0, 1]
    assert await model.calls[2].body() == b"second"


async def test_the_race_is_not_run_a_third_time(model: FakeModel, upstream: Upstream):
    model.script(answers, resets_at_once)
    await upstream.fetch(request())
    with pytest.raises(UpstreamUnavailable):
        await upstream.fetch(request())
    assert len(model.calls) == 3


async def test_it_is_no_race_when_a_byte_of_the_answer_came(model: FakeModel, upstream: Upstream):
    async def begins_and_resets(call: Call) -> None:
        await call.body()
        await call.send(b"H")
        await quiet()
        call.reset()

    model.script(answers, begins_and_resets)
    await upstream.fetch(request())
    with pytest.raises(UpstreamUnavailable):
        await upstream.fetch(request())
    assert len(model.calls) == 2


async def test_it_is_no_race_on_a_fresh_connection(model: FakeModel, upstream: Upstream):
    model.script(resets_at_once)
    with pytest.raises(UpstreamUnavailable):
        await upstream.fetch(request())
    assert len(model.calls) == 1


async def test_it_is_no_race_when_the_model_is_silent(model: FakeModel, mock_clock: MockClock):
    """It may be working on the request; asked twice it would work twice."""
    upstream = Upstream(model.url, connect_timeout=5.0, silence=10.0)
    model.script(answers, is_silent)
    await upstream.fetch(request())
    async with time_passes(mock_clock, step=1.0):
        with pytest.raises(UpstreamTimeout):
            await upstream.fetch(request())
    assert len(model.calls) == 2
    await model.until_open(0)


async def test_an_answer_that_was_not_read_to_its_end_closes_its_connection(
    model: FakeModel, upstream: Upstream
):
    model.script(by_hand)
    async with trio.open_nursery() as nursery:

        async def look_only() -> None:
            async with upstream.open(request()) as response:
                assert response.status == 200

        nursery.start_soon(look_only)
        call = await model.next_call()
        await call.start()
        await call.left.wait()
        call.done.set()
    await model.until_open(0)


async def test_answers_that_were_left_take_no_place_among_the_kept_connections(
    model: FakeModel, upstream: Upstream
):
    """As many as are kept at most, and one more that is read to its end."""
    model.script(by_hand)
    leaves = trio.Event()

    async def looks_only() -> None:
        async with upstream.open(request()):
            await leaves.wait()

    async with trio.open_nursery() as nursery:
        for _ in range(64):
            nursery.start_soon(looks_only)
        left = [await model.next_call() for _ in range(64)]
        for call in left:
            await call.start()
        nursery.start_soon(upstream.fetch, request())
        read = await model.next_call()
        await read.body()
        leaves.set()
        for call in left:
            await call.left.wait()
            call.done.set()
        await read.answer()
    model.script(answers)
    await upstream.fetch(request())
    assert model.calls[-1].connection == read.connection


async def test_whoever_is_cancelled_closes_the_connection_at_once(
    model: FakeModel, upstream: Upstream, mock_clock: MockClock
):
    model.script(by_hand)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(upstream.fetch, request())
        call = await model.next_call()
        nursery.cancel_scope.cancel()
    await call.left.wait()


async def test_an_answer_that_comes_before_the_body_was_taken_arrives(
    model: FakeModel, upstream: Upstream
):
    """A model may refuse a large body by its head and close."""

    async def refuses(call: Call) -> None:
        await call.answer(413, [(b"Connection", b"close")], b"too large")
        await call.close()

    model.script(refuses)
    assert await fetched(upstream, request(bytes(32 * 1024 * 1024))) == (413, b"too large")


async def test_a_fetched_answer_that_breaks_off_raises(model: FakeModel, upstream: Upstream):
    async def breaks(call: Call) -> None:
        await call.body()
        await call.start()
        await call.chunk(b"half")
        call.reset()

    model.script(breaks)
    with pytest.raises(UpstreamBroken):
        await upstream.fetch(request())


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_fetched_answer_that_is_too_large_is_not_waited_for(
    chunked: bool, model: FakeModel, upstream: Upstream
):
    async def goes_on(call: Call) -> None:
        if chunked:
            await call.start()
            await call.chunk(bytes(11))
        else:
            await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + bytes(11))
        await call.left.wait()

    model.script(goes_on)
    with trio.fail_after(5), pytest.raises(UpstreamBroken, match="larger than 10 bytes"):
        await upstream.fetch(UpstreamRequest(method="GET", path="/", headers=[]), limit=10)
    await model.until_open(0)
    gc.collect()  # a generator that was left half-way would warn now


async def test_get_and_head_send_no_body_and_no_length(model: FakeModel, upstream: Upstream):
    model.script(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    for method in ("GET", "HEAD"):
        await upstream.fetch(UpstreamRequest(method=method, path="/health?full=1", headers=[]))
    assert [call.target for call in model.calls] == ["/health?full=1"] * 2
    assert not any(call.header(b"content-length") for call in model.calls)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
async def test_an_answer_without_a_body_has_none_whatever_its_head_says(
    method: str, status: int, model: FakeModel, upstream: Upstream
):
    """RFC 9112 6.3; it is complete with its head, and its connection is free again."""
    model.script(sends(b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n" % status))
    for _ in range(2):
        with trio.fail_after(5):
            asked = UpstreamRequest(method=method, path="/", headers=[])
            assert await fetched(upstream, asked) == (status, b"")
    assert model.connections == 1


async def test_an_empty_post_has_a_length_of_zero(model: FakeModel, upstream: Upstream):
    await upstream.fetch(request(b""))
    assert model.calls[0].header(b"content-length") == b"0"


@pytest.mark.parametrize("size", [1, 65_536, 65_537, 3_000_000])
async def test_bodies_of_all_sizes_arrive(size: int, model: FakeModel, upstream: Upstream):
    body = (bytes(range(256)) * (size // 256 + 1))[:size]
    model.script(by_hand)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(upstream.fetch, request(body))
        call = await model.next_call()
        assert await call.body() == body
        await call.answer()


async def test_the_host_header_names_the_port_unless_it_is_the_usual_one(model: FakeModel):
    upstream = Upstream(model.url.replace("127.0.0.1", "localhost"), connect_timeout=math.inf)
    await upstream.fetch(request())
    await upstream.aclose()
    assert model.calls[0].header(b"host") == b"localhost:%d" % model.port
