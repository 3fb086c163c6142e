"""The seam's contract: a model that breaks is seen as broken by the client, in one way or another."""

import httpx
import pytest
import trio
from fakes.client import RawClient, connect, post
from fakes.clock import time_passes
from fakes.fronts import Front
from fakes.model import Behaviour, Call, FakeModel, by_hand, is_silent, resets_at_once, sends
from fakes.relaying import Relaying
from trio.testing import MockClock

from pyworker.errors import UpstreamBroken, UpstreamTimeout, UpstreamUnavailable

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def reset(call: Call) -> None:
    call.reset()


async def fin(call: Call) -> None:
    await call.close()


def after(data: bytes, cut: Behaviour) -> Behaviour:
    """A model that sends `data` and is cut when its client has got that."""

    async def behaviour(call: Call) -> None:
        await call.body()
        await call.send(data)
        await call.done.wait()
        await cut(call)

    return behaviour


@pytest.mark.parametrize("cut", [reset, fin])
@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(CHUNKED + b"3\r\none\r\n", id="between chunks"),
        pytest.param(CHUNKED + b"3\r\none\r\n5\r\ntw", id="mid-chunk"),
        pytest.param(CHUNKED + b"3\r\none\r\n5", id="within a chunk's length"),
        pytest.param(CHUNKED + b"3\r\none\r\n0\r\n", id="before the last line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none", id="short of its length"),
    ],
)
async def test_an_answer_that_breaks_off_is_passed_on_and_then_cut(
    begun: bytes, cut: Behaviour, raw: RawClient, model: FakeModel, relaying: Relaying
):
    model.script(after(begun, cut))
    await raw.send(post("/generate", b"{}"))
    assert (await raw.head())[0] == 200
    await raw.until(b"one")
    (await model.next_call()).done.set()
    rest = await raw.until_reset()
    assert b"HTTP/" not in rest  # no second head
    assert b"0\r\n" not in rest  # no clean end
    ended = await relaying.next_end()
    assert isinstance(ended.error, UpstreamBroken)
    assert ended.relayed.status == 200


async def test_a_reset_breaks_an_answer_that_would_end_with_its_connection(
    raw: RawClient, model: FakeModel
):
    model.script(after(b"HTTP/1.0 200 OK\r\n\r\none", reset))
    await raw.send(post("/generate", b"{}"))
    await raw.head()
    assert await raw.chunk() == b"one"
    (await model.next_call()).done.set()
    await raw.until_reset()


async def test_chunks_that_are_none_break_the_answer(
    raw: RawClient, model: FakeModel, relaying: Relaying
):
    model.script(sends(CHUNKED + b"3\r\none\r\nnonsense\r\n"))
    await raw.send(post("/generate", b"{}"))
    await raw.until_reset()
    assert isinstance((await relaying.next_end()).error, UpstreamBroken)


@pytest.mark.parametrize("cut", [reset, fin])
async def test_an_http_client_sees_the_break_as_an_error(
    cut: Behaviour, port: int, model: FakeModel
):
    model.script(after(CHUNKED + b"3\r\none\r\n", cut))
    url = f"http://127.0.0.1:{port}/generate"
    async with (
        httpx.AsyncClient(timeout=None, trust_env=False) as client,
        client.stream("POST", url) as response,
    ):
        assert response.status_code == 200
        chunks = response.aiter_raw()
        assert await anext(chunks) == b"one"
        (await model.next_call()).done.set()
        with pytest.raises(httpx.TransportError):
            await anext(chunks)


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Half: ", id="half a head"),
        pytest.param(b"\x16\x03\x01nonsense\r\n\r\n", id="nonsense"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", id="a bad length"),
        pytest.param(b"HTTP/1.1 103 Early\r\n\r\n", id="an interim answer only"),
    ],
)
async def test_a_break_before_the_answer_is_502(
    begun: bytes, raw: RawClient, model: FakeModel, relaying: Relaying
):
    async def breaks(call: Call) -> None:
        await call.body()
        await call.send(begun)
        call.reset()

    model.script(breaks)
    await raw.send(post("/generate", b"{}"))
    status, body = await raw.answer()
    assert (status, b'"code":"upstream_unavailable"' in body) == (502, True)
    ended = await relaying.next_end()
    assert isinstance(ended.error, UpstreamUnavailable)
    assert ended.relayed.status == 0


async def test_after_a_502_the_clients_connection_goes_on(raw: RawClient, model: FakeModel):
    model.script(resets_at_once, sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"))
    await raw.send(post("/generate", b"{}"))
    assert (await raw.answer())[0] == 502
    await raw.send(post("/generate", b"{}"))
    assert await raw.answer() == (200, b"hi")


async def test_a_model_that_is_not_there_is_502(front: Front, relaying: Relaying):
    with trio.socket.socket() as free:
        await free.bind(("127.0.0.1", 0))  # bound, but nobody listens
        async with front(relaying, f"http://127.0.0.1:{free.getsockname()[1]}") as running:
            raw = await connect(running.port)
            await raw.send(post("/generate", b"{}"))
            status, body = await raw.answer()
            assert status == 502
            assert b"refused" in body
            await raw.close()


async def test_a_model_that_takes_no_connection_is_504(
    front: Front, relaying: Relaying, mock_clock: MockClock
):
    with trio.socket.socket() as full, trio.socket.socket() as first:
        await full.bind(("127.0.0.1", 0))
        full.listen(0)
        await first.connect(full.getsockname())  # the queue of length 0 holds one
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        async with front(relaying, url, connect_timeout=4.0) as running:
            raw = await connect(running.port)
            await raw.send(post("/generate", b"{}"))
            async with time_passes(mock_clock, step=0.5):
                assert (await raw.answer())[0] == 504
            assert isinstance((await relaying.next_end()).error, UpstreamTimeout)
            await raw.close()


async def test_silence_before_the_answer_is_504(
    front: Front, relaying: Relaying, model: FakeModel, mock_clock: MockClock
):
    model.script(is_silent)
    async with front(relaying, model.url, silence=20.0) as running:
        raw = await connect(running.port)
        await raw.send(post("/generate", b"{}"))
        call = await model.next_call()
        started = trio.current_time()
        async with time_passes(mock_clock, step=1.0):
            status, body = await raw.answer()
        assert (status, b'"code":"upstream_timeout"' in body) == (504, True)
        assert 20.0 <= trio.current_time() - started < 25.0
        await call.left.wait()
        await raw.close()


async def test_silence_within_the_answer_cuts_it(
    front: Front, relaying: Relaying, model: FakeModel, mock_clock: MockClock
):
    model.script(by_hand)
    async with front(relaying, model.url, silence=20.0) as running:
        raw = await connect(running.port)
        await raw.send(post("/generate", b"{}"))
        call = await model.next_call()
        await call.start()
        await call.chunk(b"one")
        await raw.head()
        assert await raw.chunk() == b"one"
        async with time_passes(mock_clock, step=1.0):
            await raw.until_reset()
        await call.left.wait()
        assert isinstance((await relaying.next_end()).error, UpstreamBroken)
        await raw.close()


async def test_without_a_limit_the_model_may_be_silent_for_hours(
    raw: RawClient, model: FakeModel, mock_clock: MockClock
):
    model.script(by_hand)
    await raw.send(post("/generate", b"{}"))
    call = await model.next_call()
    await call.body()
    for _ in range(10):
        mock_clock.jump(3600.0)
        await trio.testing.wait_all_tasks_blocked()
    await call.answer(body=b"at last")
    assert await raw.answer() == (200, b"at last")
