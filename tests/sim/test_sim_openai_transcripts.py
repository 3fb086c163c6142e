"""`sim openai`: recordings that come as forms, and what is heard in them."""

from pathlib import Path
from typing import get_args

import httpx
import pytest
import trio.testing
from fakes.sim_openai import Running, events_in, running

from pyworker.sim.media.sound import tone, wav
from pyworker.sim.openai.settings import StyleName

STYLES = get_args(StyleName)
RECORDING = wav(tone(3, 64_000, 16_000), 16_000)  # 4 seconds
HEAR, TRANSLATE = "/v1/audio/transcriptions", "/v1/audio/translations"


async def heard(
    sim: Running, route: str = HEAR, data: bytes = RECORDING, **fields: str
) -> httpx.Response:
    return await sim.send(route, [("file", ("a.wav", data))], **fields)


@pytest.mark.parametrize("style", STYLES)
async def test_a_recording_is_heard_the_same_whole_and_streamed(
    fast_clock: trio.testing.MockClock, tmp_path: Path, style: StyleName
) -> None:
    async with running(tmp_path, style=style) as sim:
        whole = (await heard(sim)).json()
        assert len(whole["text"].split()) == 10
        events = events_in((await heard(sim, stream="true")).content)
        if style == "llama":
            assert {event["type"] for event in events[:-1]} == {"transcript.text.delta"}
            said = "".join(event["delta"] for event in events[:-1])
            assert events[-1] == whole
            assert whole["usage"]["input_tokens"] == 204
        else:
            said = "".join(event["choices"][0]["delta"]["content"] for event in events)
            assert {event["object"] for event in events} == {"transcription.chunk"}
            assert events[-1]["choices"][0]["finish_reason"] == "stop"
            assert whole["usage"] == {"type": "duration", "seconds": 4}
        assert said == whole["text"]
        other = (await heard(sim, data=RECORDING[:-2])).json()
        assert other["text"] != whole["text"]


async def test_formats_of_vllm(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with running(tmp_path) as sim:
        verbose = (await heard(sim, response_format="verbose_json", language="de")).json()
        assert (verbose["duration"], verbose["language"]) == ("4.0", "de")
        assert "".join(one["text"] for one in verbose["segments"]) == verbose["text"]
        assert verbose["segments"][-1]["end"] == 4.0
        text = await heard(sim, response_format="text")
        assert text.headers["content-type"] == "application/json", "vLLM answers so, too"
        translated = await heard(sim, TRANSLATE)
        assert list(translated.json()) == ["text"]
        usage = await heard(sim, stream="true", stream_include_usage="true")
        assert events_in(usage.content)[-1]["usage"] == {
            "prompt_tokens": 204,
            "total_tokens": 214,
            "completion_tokens": 10,
        }
        short = await heard(sim, max_completion_tokens="3")
        assert len(short.json()["text"].split()) == 3


async def test_formats_of_the_others(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with running(tmp_path, style="sglang") as sim:
        text = await heard(sim, response_format="text")
        assert text.headers["content-type"].startswith("text/plain")
        assert text.text == (await heard(sim)).json()["text"]
    async with running(tmp_path, style="llama") as sim:
        assert (await heard(sim, response_format="text")).status_code == 400


@pytest.mark.parametrize("style", STYLES)
async def test_what_is_no_recording_is_refused(
    fast_clock: trio.testing.MockClock, tmp_path: Path, style: StyleName
) -> None:
    async with running(tmp_path, style=style) as sim:
        for data in (b"RIFF\x24\0\0\0WAVEfmt ", b"no sound", b""):
            assert (await heard(sim, data=data)).status_code == 400
        none = await sim.send(HEAR, [("other", ("a.wav", RECORDING))])
        assert none.status_code == 400
        text = await sim.send(HEAR, [("other", ("a", b""))], file="text")
        assert text.status_code == (422 if style == "vllm" else 400)
        assert (await sim.post(HEAR, file="x")).status_code == 400, "no form at all"
        assert (await sim.state())["finished"] == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": "srt"},
        {"response_format": "verbose_json", "stream": "true"},
        {"stream_include_usage": "true"},
        {"max_completion_tokens": "none"},
    ],
)
async def test_what_vllm_does_not_write_is_refused(
    fast_clock: trio.testing.MockClock, tmp_path: Path, fields: dict[str, str]
) -> None:
    async with running(tmp_path) as sim:
        assert (await heard(sim, HEAR, RECORDING, **fields)).status_code == 400
        assert (await heard(sim, model="other")).status_code == 404


async def test_faults_strike_what_is_heard(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="error500", count=2)
        assert (await heard(sim)).status_code == 500
        assert "error" in events_in((await heard(sim, stream="true")).content)[-1]
        await sim.fault(kind="cut", count=2)
        for stream in ("true", "false"):
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await heard(sim, stream=stream)
