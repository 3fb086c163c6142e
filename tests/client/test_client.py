"""The client library against a real autoscaler's routes and workers that misbehave, on both loops."""

import base64
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import orjson
import pytest
import trio
from fakes.model import Call, FakeModel, is_silent, replies, resets_at_once, streams
from fakes.process import finished, running

from pyworker.client import (
    AnswerBroken,
    AnswerTooLarge,
    Autoscaler,
    Client,
    Direct,
    NoWorker,
    Refused,
    Unavailable,
)
from pyworker.client.answer import Streamed, text_of
from pyworker.client.call import images_in

PIXEL = base64.b64encode(b"\x89PNG and so on").decode()


@pytest.fixture
async def worker(nursery: trio.Nursery) -> FakeModel:
    """What stands where a worker does."""
    worker = FakeModel()
    await nursery.start(worker.serve)
    return worker


@pytest.fixture
async def autoscaler(nursery: trio.Nursery, worker: FakeModel) -> FakeModel:
    """Answers /route/ with a grant for `worker`."""
    autoscaler = FakeModel()
    await nursery.start(autoscaler.serve)
    grant = {"url": worker.url, "signature": "s", "cost": 1, "endpoint": "e", "reqnum": 1}
    autoscaler.script(replies(200, orjson.dumps({**grant, "request_idx": 7})))
    return autoscaler


async def test_a_request_carries_the_grant_and_the_payload(
    autoscaler: FakeModel, worker: FakeModel
) -> None:
    worker.script(replies(200, b'{"ok":true}'))
    route_by = Autoscaler(url=autoscaler.url, endpoint="e", api_key="k")
    async with Client(route_by) as client:
        assert await client.request("/generate", {"inputs": "x"}, cost=42) == b'{"ok":true}'
    question = orjson.loads(await autoscaler.calls[0].body())
    assert (question["endpoint"], question["api_key"], question["cost"]) == ("e", "k", 42)
    sent = orjson.loads(await worker.calls[0].body())
    assert (sent["payload"], sent["auth_data"]["request_idx"]) == ({"inputs": "x"}, 7)


async def test_it_waits_for_a_worker_and_keeps_its_number(
    autoscaler: FakeModel, worker: FakeModel, autojump_clock: object
) -> None:
    grant = {"url": worker.url, "request_idx": 9}
    autoscaler.script(
        replies(200, b'{"status": "1 loading", "request_idx": 9}'),
        replies(200, orjson.dumps(grant)),
    )
    worker.script(replies(200, b"ok"))
    async with Client(Autoscaler(url=autoscaler.url)) as client:
        assert await client.request("/generate", {}) == b"ok"
    assert orjson.loads(await autoscaler.calls[1].body())["request_idx"] == 9


async def test_no_worker_in_time_tells_what_the_autoscaler_said(
    autoscaler: FakeModel, autojump_clock: object
) -> None:
    autoscaler.script(replies(200, b'{"status": "0 of 3 workers"}'))
    async with Client(Autoscaler(url=autoscaler.url, wait=20)) as client:
        with pytest.raises(NoWorker, match=r"no worker within 20 s.*0 of 3 workers"):
            await client.request("/generate", {})


@pytest.mark.parametrize(
    ("answer", "told"),
    [(replies(401, b"bad key"), "401: bad key"), (replies(200, b"[]"), r"200: \[\]")],
)
async def test_an_autoscaler_that_refuses_is_not_asked_again(
    answer: Callable[[Call], Awaitable[None]], told: str, autoscaler: FakeModel
) -> None:
    autoscaler.script(answer)
    async with Client(Autoscaler(url=autoscaler.url)) as client:
        with pytest.raises(NoWorker, match=told):
            await client.request("/generate", {})
    assert len(autoscaler.calls) == 1


async def test_what_may_pass_is_tried_again_after_the_time_the_worker_asks_for(
    autoscaler: FakeModel, worker: FakeModel, autojump_clock: object
) -> None:
    busy = replies(429, b"{}", (b"Retry-After", b"30"))
    worker.script(busy, resets_at_once, replies(503, b"{}"), replies(200, b"ok"))
    began = trio.current_time()
    async with Client(Autoscaler(url=autoscaler.url)) as client:
        assert await client.request("/generate", {}) == b"ok"
    assert 30 < trio.current_time() - began < 40
    assert orjson.loads(await autoscaler.calls[3].body())["request_idx"] == 7


@pytest.mark.parametrize("after", [b"\xb2", b"soon", b"-1", b"9" * 400])
async def test_a_time_to_wait_that_is_none_ends_nothing(
    after: bytes, worker: FakeModel, autojump_clock: object
) -> None:
    worker.script(replies(429, b"{}", (b"Retry-After", after)), replies(200, b"ok"))
    async with Client(Direct(worker.url)) as client:
        assert await client.request("/generate", {}) == b"ok"


async def test_attempts_end(
    autoscaler: FakeModel, worker: FakeModel, autojump_clock: object
) -> None:
    worker.script(replies(500, b"broken"))
    async with Client(Autoscaler(url=autoscaler.url), attempts=3) as client:
        with pytest.raises(
            Unavailable, match="3 attempts failed, the last one: answered 500: broken"
        ):
            await client.request("/generate", {})
    assert len(worker.calls) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 410, 413, 422])
async def test_what_is_final_is_not_tried_again(status: int, worker: FakeModel) -> None:
    worker.script(replies(status, b"no"))
    async with Client(Direct(worker.url)) as client:
        with pytest.raises(Refused) as caught:
            await client.request("/generate", {})
    assert (caught.value.status, caught.value.body) == (status, b"no")
    assert len(worker.calls) == 1


async def test_events_come_one_by_one(worker: FakeModel) -> None:
    worker.script(
        streams(b'data: {"a": 1}\n\n', b": ping\n\nda", b'ta:{"a": 2}\r\n\r\ndata: [DONE]\n\n')
    )
    async with Client(Direct(worker.url)) as client, client.stream("/s", {}) as answer:
        assert answer.status == 200
        assert [event async for event in answer.events()] == [{"a": 1}, {"a": 2}]


class Pieces(httpx.AsyncByteStream):
    """A body in pieces of 4 KiB, until `size` bytes have come; all of them may be one line."""

    def __init__(self, line: bytes, size: int) -> None:
        self._pieces = size // 4096
        self._line = line

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._line
        for _ in range(self._pieces):
            await anyio.lowlevel.checkpoint()
            yield b"x" * 4096
        yield b'"}\n\ndata: {"n": 2}\n'


async def test_a_picture_in_one_event_takes_as_long_as_its_bytes() -> None:
    """32 MiB in 8192 pieces: copied together anew for each they are 128 GiB."""
    body = Pieces(b'data: {"image": "', 32 * 2**20)
    answer = Streamed(httpx.Response(200, stream=body), {})
    first, second = [event async for event in answer.events()]
    assert (len(first["image"]), second) == (32 * 2**20, {"n": 2})


async def test_a_line_that_does_not_end_is_an_error() -> None:
    body = Pieces(b"data: ", 70 * 2**20)
    answer = Streamed(httpx.Response(200, stream=body), {})
    with pytest.raises(AnswerTooLarge, match="a line of the answer is longer than 67108864 bytes"):
        [event async for event in answer.events()]
    assert answer.size < 65 * 2**20


async def breaks(call: Call) -> None:
    await call.body()
    await call.start()
    await call.chunk(b"half")
    call.reset()


async def test_an_answer_that_breaks_off_is_told_and_not_asked_for_again(
    worker: FakeModel,
) -> None:
    worker.script(breaks)
    async with Client(Direct(worker.url)) as client:
        with pytest.raises(AnswerBroken):
            await client.request("/generate", {})
    assert len(worker.calls) == 1


def test_it_runs_on_asyncio_as_well() -> None:
    async def main() -> bytes:
        async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
            port = listener.extra(anyio.abc.SocketAttribute.local_port)

            async def serve(stream: Any) -> None:
                async with stream:
                    await stream.receive()
                    await stream.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(listener.serve, serve)
                async with Client(Direct(f"http://127.0.0.1:{port}")) as client:
                    answer = await client.request("/generate", {})
                tasks.cancel_scope.cancel()
                return answer
        raise AssertionError("the listener closes after the answer")

    assert anyio.run(main, backend="asyncio") == b"ok"


# --- the command


async def call(worker: FakeModel, folder: Path, *words: str) -> tuple[int, str, str]:
    arguments = ["call", "local", "/generate", "--direct", worker.url, "--attempts", "1", *words]
    code, process = await finished(arguments, folder=folder)
    return code, process.out.text, process.err.text


async def test_the_command_streams_text(worker: FakeModel, tmp_path: Path) -> None:
    async def tgi(call: Call) -> None:
        await call.body()
        await call.start(headers=[(b"content-type", b"text/event-stream")])
        for text in ("Call", " me", " Ishmael"):
            await call.chunk(b"data:" + orjson.dumps({"token": {"text": text}}) + b"\n\n")
        await call.end()

    worker.script(tgi)
    assert await call(worker, tmp_path, "{}") == (0, "Call me Ishmael\n", "")


async def test_the_command_saves_images(worker: FakeModel, tmp_path: Path) -> None:
    answer = {"images": [f"data:image/png;base64,{PIXEL}"], "data": [{"b64_json": PIXEL}]}
    worker.script(replies(200, orjson.dumps(answer), (b"Content-Type", b"application/json")))
    code, said, _ = await call(worker, tmp_path, "{}", "--save", str(tmp_path / "out"))
    assert code == 0
    assert "<image, " in said
    assert PIXEL not in said
    saved = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in saved] == ["image-1.png", "image-2.png"]
    assert saved[0].read_bytes() == b"\x89PNG and so on"


async def test_an_answer_that_is_an_image_is_named_by_its_kind_alone(
    worker: FakeModel, tmp_path: Path
) -> None:
    worker.script(replies(200, b"picture", (b"Content-Type", b"image/x/../../gone; q=1")))
    code, _, told = await call(worker, tmp_path, "{}", "--save", str(tmp_path / "out"))
    assert (code, [path.name for path in (tmp_path / "out").iterdir()]) == (0, ["image-1.xgone"])
    assert told == f"{tmp_path}/out/image-1.xgone\n"


@pytest.mark.parametrize(
    ("kind", "name"),
    [(b"audio/x-wav", "audio-1.wav"), (b"video/mp4; codecs=avc1", "video-1.mp4")],
)
async def test_sound_and_films_are_saved_or_go_where_standard_output_goes(
    kind: bytes, name: str, worker: FakeModel, tmp_path: Path
) -> None:
    worker.script(replies(200, b"RIFF and so on", (b"Content-Type", kind)))
    assert await call(worker, tmp_path, "{}") == (0, "RIFF and so on", "")
    worker.script(replies(200, b"RIFF and so on", (b"Content-Type", kind)))
    code, said, told = await call(worker, tmp_path, "{}", "--save", str(tmp_path / "out"))
    assert (code, said, told) == (0, "", f"{tmp_path}/out/{name}\n")
    assert (tmp_path / "out" / name).read_bytes() == b"RIFF and so on"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["[]"], "the payload must be a JSON object"),
        (["{"], "the payload is no JSON"),
        (["@nowhere"], "nowhere"),
        (["{}", "--direct", "ftp://x"], "is no http"),
    ],
)
async def test_a_wrong_command_is_a_sentence(
    words: list[str], told: str, worker: FakeModel, tmp_path: Path
) -> None:
    code, _, complained = await call(worker, tmp_path, *words)
    assert code == 2
    assert told in complained
    assert complained.count("\n") == 1


async def test_a_route_begins_with_a_slash(worker: FakeModel, tmp_path: Path) -> None:
    told = "the route must begin with /, not 'generate'"
    arguments = ["call", "local", "generate", "{}", "--direct", worker.url]
    code, process = await finished(arguments, folder=tmp_path)
    assert (code, process.err.text) == (2, f"pyworker: {told}\n")
    async with Client(Direct(worker.url)) as client:
        with pytest.raises(ValueError, match=told):
            await client.request("generate", {})


@pytest.mark.parametrize("cost", ["nan", "-1", "inf", "much"])
async def test_a_cost_is_a_number_from_0(cost: str, worker: FakeModel, tmp_path: Path) -> None:
    code, _, complained = await call(worker, tmp_path, "{}", f"--cost={cost}")
    assert code == 2
    assert complained.endswith(f"error: argument --cost: {cost!r} is no number from 0\n")


async def test_a_worker_whose_url_is_none_is_tried_like_one_that_is_away(
    autoscaler: FakeModel,
) -> None:
    autoscaler.script(replies(200, orjson.dumps({"url": "http://127.0.0.1:port"})))
    async with Client(Autoscaler(url=autoscaler.url), attempts=1) as client:
        with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:port: Invalid port"):
            await client.request("/generate", {})


async def test_a_stream_that_fails_after_its_status_is_exit_code_1(
    worker: FakeModel, tmp_path: Path
) -> None:
    worker.script(
        replies(
            200,
            b'data:{"token":{"text":"Call"}}\n\ndata:{"error":"out of memory"}\n\n',
            (b"Content-Type", b"text/event-stream"),
        )
    )
    told = 'pyworker: the stream ended with an error: "out of memory"\n'
    assert await call(worker, tmp_path, "{}") == (1, "Call\n", told)


async def test_an_interrupted_command_ends_quietly(worker: FakeModel, tmp_path: Path) -> None:
    worker.script(is_silent)
    arguments = ["call", "local", "/generate", "{}", "--direct", worker.url]
    async with running(arguments, folder=tmp_path) as process:
        await worker.next_call()
        process.send_signal(signal.SIGINT)
        assert await process.exit_code() == 130
        assert (process.out.text, process.err.text) == ("", "")


async def test_a_worker_that_is_asked_directly_needs_no_endpoint(
    worker: FakeModel, tmp_path: Path
) -> None:
    worker.script(replies(200, b"hello"))
    direct = ("--direct", worker.url)
    for words in ((*direct, "/generate", "{}"), ("/generate", *direct, "{}")):
        code, process = await finished(["call", *words], folder=tmp_path)
        assert (code, process.out.text) == (0, "hello")
    code, process = await finished(["call", "/generate", "{}"], folder=tmp_path)
    needed = "call takes ENDPOINT ROUTE PAYLOAD, or with --direct URL a route and a payload"
    assert (code, process.err.text) == (2, f"pyworker: {needed}\n")


async def test_a_refusal_is_exit_code_1(worker: FakeModel, tmp_path: Path) -> None:
    worker.script(replies(422, b'{"error":"no"}'))
    code, _, complained = await call(worker, tmp_path, "{}")
    assert (code, complained) == (1, "pyworker: answered 422: no\n")


async def test_a_worker_that_wants_a_signature_is_told(worker: FakeModel, tmp_path: Path) -> None:
    worker.script(replies(401, b"unsigned"))
    code, _, complained = await call(worker, tmp_path, "{}")
    needed = "(--direct needs a worker with UNSECURED=true)"
    assert (code, complained) == (1, f"pyworker: answered 401: unsigned {needed}\n")


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"token": {"text": "a", "special": False}}, "a"),
        ({"token": {"text": "</s>", "special": True}}, ""),
        ({"choices": [{"delta": {"content": "b"}}]}, "b"),
        ({"choices": [{"delta": {"role": "assistant"}}]}, ""),
        ({"choices": [{"delta": {"content": "", "reasoning_content": "why"}}]}, "why"),
        ({"choices": [{"delta": {"reasoning": "why"}}]}, "why"),
        ({"choices": [{"text": "c"}]}, "c"),
        ({"choices": []}, ""),
        ({"content": "d"}, "d"),
        ({"error": "e"}, '{"error":"e"}\n'),
    ],
)
def test_the_text_of_an_event(event: object, text: str) -> None:
    assert text_of(event) == text


def test_an_image_that_is_no_base64_is_empty() -> None:
    assert list(images_in([{"b64_json": "a"}, {"b64_json": "\u00e9"}])) == [("png", b"")] * 2


def test_a_kind_of_image_cannot_leave_the_folder() -> None:
    assert list(images_in({"a": [f"data:image/../../x;base64,{PIXEL}"]})) == [
        ("x", b"\x89PNG and so on")
    ]
