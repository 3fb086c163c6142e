"""What the contract does not ask of every front: HTTP/2, TLS, and how answers are packed."""

import httpx
import pytest
import trio
from fakes.certificate import certificate
from fakes.client import RawClient, connect, post
from fakes.clock import quiet
from fakes.fronts import hypercorn
from fakes.grants import autoscaler
from fakes.h2_client import H2Client
from fakes.model import Call, FakeModel, by_hand, streams
from fakes.relaying import Relaying
from fakes.worker_app import running_worker
from h2.events import StreamEnded
from trio.testing import MockClock


async def test_a_small_answer_is_one_packet(model: FakeModel, relaying: Relaying):
    async with hypercorn(relaying, model.url) as running:
        raw = await connect(running.port)
        await raw.send(post("/generate", b"{}"))
        packet = await raw.stream.receive_some(65536)
        assert packet.startswith(b"HTTP/1.1 200 ")
        assert packet.endswith(b'{"ok":true}')
        await raw.close()


async def test_an_idle_proxy_passes_each_event_in_a_chunk_of_its_own(
    model: FakeModel, relaying: Relaying
):
    model.script(by_hand)
    async with hypercorn(relaying, model.url) as running:
        raw = await connect(running.port)
        await raw.send(post("/generate", b"{}"))
        call = await model.next_call()
        await call.start()
        await raw.head()
        for _ in range(3):
            await call.chunk(b"data: x\n\n")
            assert await raw.chunk() == b"data: x\n\n"
        await call.end()
        await raw.close()


async def test_http_2_passes_events_at_once_and_a_break_visibly(
    model: FakeModel, relaying: Relaying
):
    model.script(by_hand)
    async with hypercorn(relaying, model.url) as running:
        client = H2Client((await connect(running.port)).stream)
        await client.begin()
        stream = await client.request(b"/generate", b"{}")
        call = await model.next_call()
        assert await call.body() == b"{}"
        await call.start()
        assert await client.status(stream) == 200
        for event in (b"data: 1\n\n", b"data: 2\n\n"):
            await call.chunk(event)
            assert await client.data(stream) == event
        call.reset()
        with pytest.raises(trio.BrokenResourceError):
            await client.next(StreamEnded)
        await client.stream.aclose()


async def test_an_http_2_stream_that_its_client_resets_closes_the_models(
    model: FakeModel, relaying: Relaying, mock_clock: MockClock
):
    model.script(by_hand)
    async with hypercorn(relaying, model.url) as running:
        client = H2Client((await connect(running.port)).stream)
        await client.begin()
        stream = await client.request(b"/generate", b"{}")
        call = await model.next_call()
        await call.start()
        await client.status(stream)
        client.h2.reset_stream(stream)
        await client.flush()
        await call.left.wait()
        assert (await relaying.next_end()).cancelled
        await client.stream.aclose()


async def test_an_http_2_client_that_keeps_its_window_shut_stops_the_model(
    model: FakeModel, relaying: Relaying
):
    size, whole = 64 * 1024, 24 * 1024 * 1024
    sent = 0

    async def sends_as_fast_as_it_can(call: Call) -> None:
        nonlocal sent
        await call.body()
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % whole)
        while sent < whole:
            await call.send(bytes(size))
            sent += size

    model.script(sends_as_fast_as_it_can)
    async with hypercorn(relaying, model.url) as running:
        client = H2Client((await connect(running.port)).stream)
        await client.begin()
        stream = await client.request(b"/generate", b"{}")
        assert await client.status(stream) == 200
        await quiet()
        assert 0 < sent < whole // 2
        got = 0
        while got < whole:
            got += len(await client.data(stream))
        assert (got, sent) == (whole, whole)
        await client.stream.aclose()


@pytest.mark.parametrize("http2", [False, True])
async def test_a_worker_behind_tls_serves_posts_and_streams(http2: bool, model: FakeModel):
    tls = certificate()
    async with running_worker(model.url, tls=tls.server()) as worker:
        url = f"https://127.0.0.1:{worker.port}/generate"
        async with httpx.AsyncClient(verify=tls.client(), http2=http2, trust_env=False) as client:
            response = await client.post(url, content=autoscaler().envelope(b'{"a":1}'))
            assert (response.status_code, response.content) == (200, b'{"ok":true}')
            model.script(streams(b"data: 1\n\n", b"data: 2\n\n"))
            response = await client.post(url, content=autoscaler().envelope())
            assert response.content == b"data: 1\n\ndata: 2\n\n"
        assert await (await model.next_call()).body() == b'{"a":1}'


async def test_a_break_is_visible_behind_tls(model: FakeModel):
    tls = certificate()
    model.script(by_hand)
    async with running_worker(model.url, tls=tls.server()) as worker:
        raw = await _tls(worker.port)
        await raw.send(post("/generate", autoscaler().envelope()))
        call = await model.next_call()
        await call.start()
        await call.chunk(b"one")
        await raw.head()
        assert await raw.chunk() == b"one"
        await call.close()
        with pytest.raises(trio.BrokenResourceError):
            await raw.exactly(1)
        await trio.aclose_forcefully(raw.stream)


async def test_a_client_that_leaves_behind_tls_closes_the_models(
    model: FakeModel, mock_clock: MockClock
):
    model.script(by_hand)
    async with running_worker(model.url, tls=certificate().server()) as worker:
        raw = await _tls(worker.port)
        await raw.send(post("/generate", autoscaler().envelope()))
        call = await model.next_call()
        await call.start()
        await raw.head()
        await quiet()
        await trio.aclose_forcefully(raw.stream)
        await call.left.wait()
        await worker.until(lambda ledger: ledger.finished_count == 1)
        assert worker.ledger.take_finished(1)[0].status == "Cancelled"


async def _tls(port: int) -> RawClient:
    tcp = await connect(port)
    assert isinstance(tcp.stream, trio.SocketStream)
    stream = trio.SSLStream(
        tcp.stream, certificate().client(), server_hostname="127.0.0.1", https_compatible=True
    )
    await stream.do_handshake()
    return RawClient(stream)
