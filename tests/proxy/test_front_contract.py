"""The seam's contract: what a front passes on, each way, when all goes well. Run on every front."""

import gzip

import pytest
import trio
from fakes.client import RawClient, connect, post
from fakes.clock import quiet
from fakes.fronts import Front
from fakes.model import Call, FakeModel, by_hand, sends, streams
from fakes.relaying import Relaying

pytestmark = pytest.mark.usefixtures("port")


async def test_the_model_gets_method_path_given_headers_and_body_as_they_are(
    raw: RawClient, model: FakeModel
):
    body = b'{ "odd" :\t1e400,"\\u00e9":"\xc3\xa9", "odd":[ ] }\n'
    await raw.send(post("/generate?key=secret", body, [(b"Authorization", b"Bearer secret")]))
    assert await raw.answer() == (200, b'{"ok":true}')
    call = await model.next_call()
    assert call.head == (
        b"POST /generate HTTP/1.1\r\n"
        b"Host: 127.0.0.1:%d\r\n"
        b"x-given: as it is\r\n"
        b"content-length: %d\r\n\r\n" % (model.port, len(body))
    ).replace(b"Host", call.head[25:29])
    assert await call.body() == body


async def test_the_path_of_the_models_base_url_comes_first(
    front: Front, relaying: Relaying, model: FakeModel
):
    async with front(relaying, f"{model.url}/base/") as running:
        raw = await connect(running.port)
        await raw.send(post("/generate", b"{}"))
        await raw.answer()
        await raw.close()
    assert model.calls[0].target == "/base/generate"


async def test_a_chunked_request_body_arrives_whole(raw: RawClient, model: FakeModel):
    await raw.send(
        b"POST /generate HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'3\r\n{"a\r\n5;x=y\r\n":1}\n\r\n0\r\n\r\n'
    )
    await raw.answer()
    assert await (await model.next_call()).body() == b'{"a":1}\n'


async def test_status_and_end_to_end_headers_arrive_and_hop_by_hop_ones_do_not(
    raw: RawClient, model: FakeModel
):
    model.script(
        sends(
            b"HTTP/1.1 418 Odd\r\n"
            b"Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\nset-cookie: a=1\r\n"
            b"Content-Type: text/plain; charset=utf-8\r\n"
            b"X-Latin: caf\xe9\r\n"
            b"Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: model/1\r\n"
            b"Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nTrailer: X-T\r\nUpgrade: h2c\r\n"
            b"Connection: keep-alive, X-Private\r\nX-Private: 1\r\n"
            b"Content-Length: 2\r\n\r\nhi"
        )
    )
    await raw.send(post("/generate", b"{}"))
    status, headers = await raw.head()
    assert status == 418
    assert headers == [
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2; Path=/"),
        (b"set-cookie", b"a=1"),
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"x-latin", b"caf\xe9"),
        (b"date", b"Mon, 01 Jan 2024 00:00:00 GMT"),
        (b"server", b"model/1"),
        (b"content-length", b"2"),
    ]
    assert await raw.exactly(2) == b"hi"


async def test_a_compressed_body_arrives_untouched(raw: RawClient, model: FakeModel):
    packed = gzip.compress(b"x" * 3000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    model.script(sends(head + packed))
    await raw.send(post("/generate", b"{}"))
    _, headers = await raw.head()
    assert (b"content-encoding", b"gzip") in headers
    assert (b"content-length", b"%d" % len(packed)) in headers
    assert await raw.exactly(len(packed)) == packed


async def test_204_has_no_body_and_the_connection_goes_on(raw: RawClient, model: FakeModel):
    model.script(sends(b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n"))
    for _ in range(2):
        await raw.send(post("/generate", b"{}"))
        assert await raw.head() == (204, [(b"x-a", b"1")])


async def test_the_answer_to_head_has_the_length_and_no_body(raw: RawClient, model: FakeModel):
    model.script(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"))
    for _ in range(2):
        await raw.send(b"HEAD /probe HTTP/1.1\r\nHost: w\r\n\r\n")
        assert await raw.head() == (200, [(b"content-length", b"1000")])
    assert [call.method for call in model.calls] == ["HEAD", "HEAD"]


async def test_an_interim_answer_is_not_taken_for_the_answer(raw: RawClient, model: FakeModel):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    model.script(sends(hints + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"))
    await raw.send(post("/generate", b"{}"))
    assert await raw.answer() == (200, b"hi")


async def test_an_answer_that_ends_with_its_connection_arrives_chunked(
    raw: RawClient, model: FakeModel
):
    async def http_1_0(call: object) -> None:
        await model.calls[0].send(b"HTTP/1.0 200 OK\r\n\r\nold school")
        await model.calls[0].close()

    model.script(http_1_0)
    await raw.send(post("/generate", b"{}"))
    status, headers = await raw.head()
    assert (status, headers) == (200, [(b"transfer-encoding", b"chunked")])
    assert [await raw.chunk(), await raw.chunk()] == [b"old school", b""]


async def test_a_chunked_answer_that_also_claims_a_length_loses_the_claim(
    raw: RawClient, model: FakeModel
):
    """RFC 9112 6.3: the chunks count; passed on, the wrong length would cut the answer."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    model.script(sends(head + b"5\r\nhello\r\n0\r\n\r\n"))
    await raw.send(post("/generate", b"{}"))
    assert (await raw.head())[1] == [(b"transfer-encoding", b"chunked")]
    assert [await raw.chunk(), await raw.chunk()] == [b"hello", b""]


async def test_each_event_is_seen_before_the_model_makes_the_next(
    raw: RawClient, model: FakeModel, relaying: Relaying
):
    model.script(by_hand)
    await raw.send(post("/generate_stream", b"{}"))
    call = await model.next_call()
    await call.start(headers=[(b"Content-Type", b"text/event-stream")])
    assert (await raw.head())[0] == 200
    for number in range(5):
        event = b'data: {"n":%d}\n\n' % number
        await call.chunk(event)
        assert await raw.chunk() == event
    await call.end()
    assert await raw.chunk() == b""
    ended = await relaying.next_end()
    assert (ended.relayed.status, ended.relayed.sent, ended.error) == (200, 5 * 15, None)


async def test_half_an_event_is_not_held_back(raw: RawClient, model: FakeModel):
    model.script(by_hand)
    await raw.send(post("/generate_stream", b"{}"))
    call = await model.next_call()
    await call.start()
    await raw.head()
    await call.send(b"8\r\ndata")
    assert await raw.chunk() == b"data"
    await call.send(b": x\n\r\n")
    assert await raw.chunk() == b": x\n"
    await call.end()
    assert await raw.chunk() == b""


async def test_many_events_in_one_packet_arrive_in_order(raw: RawClient, model: FakeModel):
    events = [b"data: %d\n\n" % number for number in range(2_000)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events)
    model.script(
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    )
    await raw.send(post("/generate_stream", b"{}"))
    await raw.head()
    got: list[bytes] = []
    while piece := await raw.chunk():
        got.append(piece)
    assert b"".join(got) == b"".join(events)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_however_the_models_packets_are_cut_the_body_is_the_same(
    size: int, raw: RawClient, model: FakeModel
):
    """Chunks with extensions, one in upper case, and a trailer, cut in every place."""
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5;a=b\r\nhello\r\n001\r\n \r\nA\r\n0123456789\r\n0;c\r\nX-Trailer: 1\r\n\r\n"
    )

    async def in_pieces(call: Call) -> None:
        await call.body()
        for start in range(0, len(answer), size):
            await call.send(answer[start : start + size])

    model.script(in_pieces)
    for _ in range(2):
        await raw.send(post("/generate", b"{}"))
        await raw.head()
        got = b""
        while piece := await raw.chunk():
            got += piece
        assert got == b"hello 0123456789"
    assert model.connections == 1


async def test_a_large_body_each_way_arrives_as_it_is(raw: RawClient, model: FakeModel):
    body = bytes(range(256)) * 8192  # 2 MiB
    model.script(by_hand)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(raw.send, post("/generate", body))
        call = await model.next_call()
        assert await call.body() == body
        nursery.start_soon(call.answer, 200, (), body[::-1])
        assert await raw.answer() == (200, body[::-1])


async def test_relayed_says_when_the_first_byte_came(
    raw: RawClient, model: FakeModel, relaying: Relaying
):
    before = trio.current_time()
    model.script(streams(b"a", b"b"))
    await raw.send(post("/generate", b"{}"))
    await raw.head()
    assert before < (await relaying.next_end()).relayed.first_byte_at <= trio.current_time()


async def test_a_client_that_does_not_read_stops_the_model(port: int, model: FakeModel):
    """Between them are only the kernel's buffers, 10 MiB at most, and one read of the front's."""
    size, whole = 64 * 1024, 24 * 1024 * 1024
    sent = 0

    async def sends_as_fast_as_it_can(call: object) -> None:
        nonlocal sent
        call = model.calls[0]
        await call.body()
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % whole)
        while sent < whole:
            await call.send(bytes(size))
            sent += size

    model.script(sends_as_fast_as_it_can)
    raw = await connect(port, receive_buffer=64 * 1024)
    await raw.send(post("/generate", b"{}"))
    await raw.head()
    await quiet()
    assert 0 < sent < whole // 2
    assert await raw.exactly(whole) == bytes(whole)
    assert sent == whole
    await raw.close()


async def test_two_hundred_streams_run_at_a_time(port: int, model: FakeModel):
    """The model answers nobody until all have asked: a pool with a cap would hang here."""
    count = 200
    seen = 0
    all_seen = trio.Event()
    model.script(by_hand)

    async def one(number: int) -> None:
        nonlocal seen
        raw = await connect(port)
        await raw.send(post(f"/{number}", b"{}"))
        await raw.head()
        assert await raw.chunk() == b"/%d" % number
        seen += 1
        if seen == count:
            all_seen.set()
        assert await raw.chunk() == b""
        await raw.close()

    async with trio.open_nursery() as nursery:
        for number in range(count):
            nursery.start_soon(one, number)
        calls = [await model.next_call() for _ in range(count)]
        for call in calls:
            await call.start()
            await call.chunk(call.target.encode())
        await all_seen.wait()
        for call in calls:
            await call.end()
