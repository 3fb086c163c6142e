"""An exchange: reading the request, its limits, and the ways to answer."""

import json

import pytest
import trio
from fakes.client import RawClient, post
from fakes.clock import quiet, time_passes
from fakes.server import BODY_LIMIT, RunningServer
from trio.testing import MockClock


def get(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: w", *lines, "", ""]).encode()


def chunked(path: str, *chunks: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)


async def facts(raw: RawClient, request: bytes) -> dict[str, object]:
    await raw.send(request)
    status, body = await raw.answer()
    assert status == 200
    return json.loads(body)


async def test_method_query_and_headers_are_as_they_came(raw: RawClient):
    got = await facts(raw, get("/facts?a=%20b&c", "X-Odd: caf\xe9", "X-Odd: 2"))
    assert (got["method"], got["query"]) == ("GET", "a=%20b&c")
    assert got["headers"] == [["host", "w"], ["x-odd", "caf\xc3\xa9"], ["x-odd", "2"]]
    assert str(got["client"]).startswith("127.0.0.1:")


async def test_the_path_is_decoded(raw: RawClient):
    await raw.send(get("/echo%20x"))
    _, headers = await raw.head()
    assert dict(headers)[b"x-path"] == b"/echo x"


@pytest.mark.parametrize("given", ["mine", "a" * 128, "!~"])
async def test_a_request_id_of_the_client_is_taken(given: str, raw: RawClient):
    assert (await facts(raw, get("/facts", f"X-Request-Id: {given}")))["request_id"] == given


@pytest.mark.parametrize("given", ["", "a" * 129, "two words", "caf\xe9", "a\tb"])
async def test_a_request_id_that_would_spoil_a_log_line_is_replaced(given: str, raw: RawClient):
    got = (await facts(raw, get("/facts", f"X-Request-Id: {given}")))["request_id"]
    assert got != given
    assert len(str(got)) == 16


@pytest.mark.parametrize("size", [0, 1, BODY_LIMIT])
async def test_a_body_up_to_the_limit_is_read(size: int, raw: RawClient):
    body = bytes(size)
    await raw.send(post("/echo", body))
    assert await raw.answer() == (200, body)
    await raw.send(chunked("/echo", *[body] * bool(size)) + b"0\r\n\r\n")
    assert await raw.answer() == (200, body)


async def test_a_body_that_is_too_large_by_its_length_is_refused_unread(
    raw: RawClient, server: RunningServer
):
    """The client reads the 413 although it has not sent a byte of the body."""
    await raw.send(b"POST /echo HTTP/1.1\r\nHost: w\r\nContent-Length: %d\r\n\r\n" % 10**12)
    status, body = await raw.answer()
    answer = json.loads(body)
    assert (status, answer["code"], answer["limit"]) == (413, "body_too_large", BODY_LIMIT)
    assert answer["error"] == f"the body is {10**12} bytes; the limit is {BODY_LIMIT} bytes"


async def test_a_client_that_goes_on_sending_reads_the_413(raw: RawClient):
    """Closing at once would reset the connection and destroy the answer on its way."""
    size = 8 * 1024 * 1024
    await raw.send(b"POST /echo HTTP/1.1\r\nHost: w\r\nContent-Length: %d\r\n\r\n" % size)
    for _ in range(size // 65536):
        await raw.send(bytes(65536))
    assert (await raw.answer())[0] == 413


async def test_a_chunked_body_is_refused_on_its_way(raw: RawClient):
    await raw.send(chunked("/echo", bytes(BODY_LIMIT), b"x"))
    status, body = await raw.answer()
    answer = json.loads(body)
    assert (status, answer["code"], answer["limit"]) == (413, "body_too_large", BODY_LIMIT)


async def test_a_client_that_goes_on_sending_chunks_reads_the_413(raw: RawClient):
    await raw.send(chunked("/echo", *[bytes(65536)] * 100) + b"0\r\n\r\n")
    assert (await raw.answer())[0] == 413
    await raw.send(get("/facts"))
    assert (await raw.answer())[0] == 200


async def test_a_length_beside_chunks_does_not_count(raw: RawClient):
    """RFC 9112 6.3: the chunks say where the body ends."""
    both = b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    await raw.send(b"POST /echo HTTP/1.1\r\nHost: w\r\n" + both)
    for chunk in (b"hel", b"lo", b""):
        await raw.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        await quiet()
    assert await raw.answer() == (200, b"hello")


async def test_a_body_that_stops_coming_is_408_after_a_minute(
    raw: RawClient, mock_clock: MockClock
):
    await raw.send(b"POST /echo HTTP/1.1\r\nHost: w\r\nContent-Length: 9\r\n\r\nhalf")
    await quiet()
    before = trio.current_time()
    async with time_passes(mock_clock, step=1.0):
        status, body = await raw.answer()
        assert 60.0 <= trio.current_time() - before < 65.0
        assert (status, json.loads(body)["code"]) == (408, "body_timeout")
        # Nobody waits for the rest for long.
        with pytest.raises((trio.BrokenResourceError, EOFError)):
            await raw.exactly(1)


async def test_a_body_that_comes_slowly_is_waited_for(raw: RawClient, mock_clock: MockClock):
    await raw.send(b"POST /echo HTTP/1.1\r\nHost: w\r\nContent-Length: 4\r\n\r\n")
    for byte in b"slow":
        await quiet()
        mock_clock.jump(59.0)
        await raw.send(bytes([byte]))
    assert await raw.answer() == (200, b"slow")


async def test_an_answer_before_the_body_reaches_a_client_that_sends_it(raw: RawClient):
    await raw.send(b"POST /unread HTTP/1.1\r\nHost: w\r\nContent-Length: 300000\r\n\r\n")
    await raw.send(bytes(300_000))
    assert await raw.answer() == (200, b"unread")
    await raw.send(get("/facts"))
    assert (await raw.answer())[0] == 200


async def test_an_unread_body_is_not_read_for_ever(
    raw: RawClient, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
):
    """The clock stands still: it is the bytes that end it."""
    monkeypatch.setattr("pyworker.http.exchange._LINGER_BYTES", 2**20)
    await raw.send(b"POST /unread HTTP/1.1\r\nHost: w\r\nContent-Length: %d\r\n\r\n" % 10**12)
    with pytest.raises(trio.BrokenResourceError):
        await raw.send(bytes(100 * 2**20))


async def test_an_unread_body_that_never_comes_is_not_waited_for_long(
    raw: RawClient, mock_clock: MockClock
):
    await raw.send(b"POST /unread HTTP/1.1\r\nHost: w\r\nContent-Length: 300000\r\n\r\n")
    assert await raw.answer() == (200, b"unread")
    before = trio.current_time()
    async with time_passes(mock_clock, step=0.5):
        with pytest.raises((trio.BrokenResourceError, EOFError)):
            await raw.exactly(1)
    assert trio.current_time() - before < 8.0


async def test_a_whole_answer_has_length_and_date_and_is_one_packet(raw: RawClient):
    await raw.send(get("/facts"))
    first = await raw.stream.receive_some(65536)
    assert first.endswith(b"}")
    assert b"\r\ncontent-length: " in first
    assert b"\r\ndate: " in first
    assert b"\r\ncontent-type: application/json\r\n" in first
    assert b"server:" not in first


async def test_a_streamed_answer_is_chunked_and_ends_cleanly(raw: RawClient):
    await raw.send(get("/stream"))
    assert await raw.head() == (
        200,
        [(b"content-type", b"text/plain"), (b"transfer-encoding", b"chunked")],
    )
    assert [await raw.chunk() for _ in range(3)] == [b"one", b"two", b""]
    await raw.send(get("/facts"))
    assert (await raw.answer())[0] == 200


async def test_a_streamed_answer_to_head_is_its_head(raw: RawClient):
    await raw.send(get("/stream").replace(b"GET", b"HEAD"))
    assert (await raw.head())[0] == 200
    await raw.send(get("/facts"))
    assert (await raw.answer())[0] == 200


async def test_a_piece_of_no_bytes_does_not_end_a_streamed_answer(raw: RawClient):
    await raw.send(get("/gaps"))
    await raw.head()
    assert [await raw.chunk() for _ in range(3)] == [b"one", b"two", b""]


async def test_what_follows_a_piece_that_was_sent_in_part_does_not_look_complete(
    raw: RawClient, server: RunningServer, mock_clock: MockClock
):
    await raw.send(get("/impatient"))
    async with time_passes(mock_clock, step=1.0):
        await server.paths.waiting.wait()
        assert b"the end" not in await raw.until_reset()


@pytest.mark.parametrize("declared", [b"6", b"7"])
async def test_a_streamed_answer_with_a_length_is_held_to_it(declared: bytes, raw: RawClient):
    await raw.send(get(f"/length?{declared.decode()}"))
    _, headers = await raw.head()
    assert dict(headers)[b"content-length"] == declared
    assert await raw.exactly(6) == b"onetwo"
    if declared == b"7":
        with pytest.raises((trio.BrokenResourceError, EOFError, AssertionError)):
            await raw.exactly(1)
    else:
        await raw.send(get("/facts"))
        assert (await raw.answer())[0] == 200


async def test_an_aborted_answer_ends_in_a_reset(raw: RawClient, server: RunningServer):
    await raw.send(get("/cut"))
    await raw.head()
    assert await raw.chunk() == b"one"
    server.paths.go.set()
    with pytest.raises(trio.BrokenResourceError):
        await raw.exactly(1)


async def test_a_fault_is_500_without_its_reason(raw: RawClient, caplog: pytest.LogCaptureFixture):
    await raw.send(get("/fail", "X-Request-Id: mine"))
    status, body = await raw.answer()
    answer = json.loads(body)
    assert (status, answer["code"], answer["request_id"]) == (500, "internal_error", "mine")
    assert b"secret" not in body
    (record,) = [record for record in caplog.records if record.exc_info]
    assert record.getMessage() == "request_id=mine /fail failed"
    await raw.send(get("/facts"))
    assert (await raw.answer())[0] == 200


async def test_a_fault_within_an_answer_cuts_it(raw: RawClient):
    await raw.send(get("/fail_late"))
    await raw.head()
    with pytest.raises(trio.BrokenResourceError):
        await raw.exactly(1000)


async def test_a_refusal_has_its_status_headers_and_details(raw: RawClient):
    await raw.send(get("/refuse", "X-Request-Id: mine"))
    status, headers = await raw.head()
    assert (status, dict(headers)[b"retry-after"]) == (429, b"3")
    body = await raw.exactly(int(dict(headers)[b"content-length"]))
    assert json.loads(body) == {
        "error": "too much",
        "code": "queue_full",
        "request_id": "mine",
        "more": 1,
    }


async def test_no_answer_is_500(raw: RawClient):
    """Ours, that says so, and not the bare one that Hypercorn would give."""
    await raw.send(get("/nothing"))
    status, body = await raw.answer()
    assert (status, json.loads(body)["error"]) == (500, "the handler gave no answer")


@pytest.mark.parametrize("path", ["/wait", "/flood"])
async def test_an_exchange_is_cancelled_when_its_client_leaves(
    path: str, raw: RawClient, server: RunningServer, mock_clock: MockClock
):
    await raw.send(get(path))
    await server.paths.waiting.wait()
    await quiet()
    await raw.close()
    await server.paths.until_ended(1)
    assert server.paths.ended == ["cancelled"]


async def test_an_exchange_that_was_answered_is_not_cancelled(
    raw: RawClient, server: RunningServer, mock_clock: MockClock
):
    await raw.send(get("/wait"))
    await server.paths.waiting.wait()
    server.paths.go.set()
    assert await raw.answer() == (200, b"waited")
    await raw.close()
    await server.paths.until_ended(1)
    assert server.paths.ended == ["done"]
