"""Files and streams of the real SDK client, through our autoscaler and our workers.

A file goes as base64 in JSON from the client to the worker, and as a part of a multipart form from
there to the model server; what comes back may be JSON, text or sound.
"""

import base64
import email
import json
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from fakes.model import Call, FakeModel, answers, streams
from fakes.process import running
from sdk_environment import INSTALL_SECONDS
from sdk_loop import Loop, ended, ready

pytestmark = [pytest.mark.interop, pytest.mark.timeout(INSTALL_SECONDS + 120)]

IMAGE = bytes(range(256)) * 4096
SOUND = b"\xff\xfb" + IMAGE[:8192]
UP = "the model is up"


async def _parts(call: Call) -> list[tuple[str | None, str | None, bytes]]:
    """Name, file name and content of each part of the form that the model server got."""
    kind = call.header(b"content-type") or b""
    read = email.message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + await call.body())
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            bytes(part.get_payload(decode=True)),  # pyright: ignore[reportArgumentType]
        )
        for part in read.walk()
        if not part.is_multipart()
    ]


async def _openai(call: Call) -> None:
    """A model server that says what it got."""
    if call.target == "/v1/audio/speech":
        await call.body()
        await call.answer(200, [(b"Content-Type", b"audio/mpeg")], SOUND)
    elif call.target == "/v1/audio/transcriptions":
        said = str(sorted(await _parts(call))).encode()
        await call.answer(200, [(b"Content-Type", b"text/plain")], said)
    elif call.target == "/v1/images/edits":
        sizes = [[name, file, len(content)] for name, file, content in await _parts(call)]
        kind = [(b"Content-Type", b"application/json")]
        await call.answer(200, kind, json.dumps({"parts": sizes}).encode())
    else:
        await answers(call)


async def test_uploads_of_the_openai_worker(bare_loop: Loop) -> None:
    settings = {
        "OPENAI_ROUTES": "/v1/images/edits,/v1/audio/transcriptions,/v1/audio/speech",
        "BENCHMARK_ROUTE": "/v1/audio/speech",
        "MAX_PERF": "1000",
        "MODEL_LOAD_LOG_MSG": UP,
        "MODEL_NAME": "m",
    }
    (bare_loop.folder / "infer.log").write_text(f"{UP}\n")
    model = FakeModel()
    model.script(_openai)
    async with trio.open_nursery() as nursery:
        await nursery.start(model.serve)
        loop = replace(bare_loop, model_url=model.url)
        async with loop.worker("openai", **settings) as worker:
            await ready(worker)
            told = await loop.told_by_sdk("uploads", "sdk_forms")
            logged = await ended(worker)
        nursery.cancel_scope.cancel()

    assert sorted(told["edited"]["response"]["parts"]) == [
        ["image", "image.png", 6],
        ["image", "image.png", len(IMAGE)],
        ["model", None, 1],
        ["prompt", None, 5],
        ["size", None, 7],
    ]
    assert told["heard"]["response"] == str(
        [
            ("file", "a.mp3", b"ID3sound"),
            ("model", None, b"m"),
            ("response_format", None, b"text"),
        ]
    )
    assert base64.b64decode(told["spoken"]["response"]) == SOUND
    assert (told["wrong"]["ok"], told["wrong"]["status"]) == (False, 422)
    assert told["wrong"]["response"]["payload"] == {"image": "is not base64"}
    # A picture of a quarter of the usual size, and two small requests of a tenth of a usual one.
    counted = sorted(entry["workload"] for entry in logged if entry["outcome"] == "served")
    assert counted == [50, 50, 125]
    account = await loop.account()
    assert account["sums"]["cur_perf"] == account["sums"]["new_load"] == 225
    assert account["ended"]["Success"] == 3


async def test_streams_of_chats(bare_loop: Loop) -> None:
    model = ["sim", "openai", "--port", "0", "--log", "infer.log", "--load-seconds", "0.2"]
    speed = ["--prefill", "100000", "--decode", "400"]
    async with running([*model, *speed], folder=bare_loop.folder) as sim:
        url = (await sim.out.line("listening on")).split()[-1]
        loop = replace(bare_loop, model_url=url)
        async with loop.worker("openai", MAX_PERF="1000") as worker:
            await ready(worker)
            told = await loop.told_by_sdk("chats", "sdk_forms")
            await ended(worker)

    for events, words in zip(told["streams"], (5, 25, 50), strict=True):
        deltas = [event["choices"][0]["delta"].get("content") for event in events]
        assert len([delta for delta in deltas if delta]) == words
        assert events[-1]["choices"][0]["finish_reason"] == "length"
    account = await loop.account()
    assert account["sums"] == {"new_load": 80, "cur_perf": 80, "rej_load": 0}
    assert account["ended"] == {"Success": 3}


async def _hears(call: Call) -> None:
    if call.target == "/tell":
        await streams(b'data: {"n": 1}\n\n', b'data: {"n": 2}\n\ndata: [DONE]\n\n')(call)
    elif call.target == "/hear":
        parts = [[name, file, len(content)] for name, file, content in await _parts(call)]
        kind = [(b"Content-Type", b"application/json")]
        await call.answer(200, kind, json.dumps(parts).encode())
    else:
        await answers(call)


async def test_a_definition_with_a_form_a_stream_and_a_function(bare_loop: Loop) -> None:
    folder = bare_loop.folder
    script = Path(__file__).with_name("sdk_worker.py")
    (folder / "worker.py").write_bytes(script.read_bytes())
    (folder / "infer.log").write_text(f"{UP}\n")
    model = FakeModel()
    model.script(_hears)
    async with trio.open_nursery() as nursery:
        await nursery.start(model.serve)
        command = ["run", "--model-url", model.url, "--log", "infer.log", "worker.py"]
        async with bare_loop.worker(*command) as worker:
            await ready(worker)
            told = await bare_loop.told_by_sdk("own_form", "sdk_forms")
            await ended(worker)
        nursery.cancel_scope.cancel()

    assert told["heard"]["response"] == [
        ["file", "a.wav", len(IMAGE)],
        ["seconds", None, 2],
        ["tags", None, 1],
        ["tags", None, 1],
        ["options", None, len('{"fast": true}')],
    ]
    assert (told["wrong"]["status"], told["wrong"]["response"]["payload"]) == (
        422,
        {"sound": "missing parameter"},
    )
    assert told["events"] == [{"n": 1}, {"n": 2}]
    assert told["remote"]["response"] == {"result": 42}
    account = await bare_loop.account()
    assert account["sums"] == {"new_load": 20, "cur_perf": 20, "rej_load": 0}
    assert account["ended"]["Success"] == 3
    assert account["max_perf"] == 0  # it has stopped; the benchmark measured it before
