"""`sim openai`: speech, whole, streamed and in batches, and sounds out of noise."""

import base64
from pathlib import Path

import httpx
import pytest
import trio
import trio.testing
from fakes.sim_openai import named_events_in, running

from pyworker.sim.media.sound import recording_seconds, tone, wav

TEXT = "x" * 60  # 4 seconds, 50 frames
SPEECH = "/v1/audio/speech"


async def test_a_text_is_said_and_costs_its_frames(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, decode=2.0) as sim:
        before = (await sim.state())["now"]
        said = await sim.post(SPEECH, input=TEXT)
        state = await sim.state()
        assert said.headers["content-type"] == "audio/wav"
        assert recording_seconds(said.content) == 4.0
        assert state["tokens_generated"] == 50
        assert 25.0 <= state["now"] - before < 40.0
        pcm = await sim.post(SPEECH, input=TEXT, response_format="pcm")
        assert (pcm.headers["content-type"], pcm.content) == ("audio/pcm", said.content[44:])
        assert (await sim.post(SPEECH, input=TEXT, stream_format=["sse"])).content == said.content
        other = await sim.post(SPEECH, input=TEXT, voice="other", speed=2.0)
        assert recording_seconds(other.content) == 2.0
        assert other.content[44:] != said.content[44 : len(other.content)]


async def test_a_stream_has_the_same_sound_in_pieces(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, decode=10.0) as sim:
        whole = (await sim.post(SPEECH, input=TEXT)).content
        stream = await sim.post(SPEECH, input=TEXT, stream=True)
        assert stream.headers["content-type"].startswith("text/event-stream")
        *deltas, (last, done) = named_events_in(stream.content)
        assert {name for name, _ in deltas} == {"speech.audio.delta"}
        assert len(deltas) > 1
        sound = b"".join(base64.b64decode(delta["audio"]) for _, delta in deltas)
        assert sound[44:] == whole[44:]
        assert recording_seconds(sound) == 4.0
        assert (last, done["type"]) == ("speech.audio.done", "speech.audio.done")
        assert done["usage"] == {
            "input_tokens": 11,
            "output_tokens": 50,
            "total_tokens": 61,
            "input_token_details": {"text_tokens": 11, "audio_tokens": 0},
        }
        raw = await sim.post(SPEECH, input=TEXT, stream_format="audio", response_format="pcm")
        assert (raw.headers["content-type"], raw.content) == ("audio/pcm", whole[44:])


async def test_a_voice_to_imitate_is_heard(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    voice = base64.b64encode(wav(tone(1, 24_000, 24_000), 24_000)).decode()
    async with running(tmp_path) as sim:

        async def heard(url: str) -> int:
            said = await sim.post(SPEECH, input="hi", ref_audio=url, stream=True)
            if said.status_code != 200:
                assert said.status_code == 400
                return 0
            usage = named_events_in(said.content)[-1][1]["usage"]
            return usage["input_token_details"]["audio_tokens"]

        assert await heard(f"data:audio/wav;base64,{voice}") == 13
        assert await heard("https://x/voice.wav") == 38
        assert await heard("data:audio/wav;base64,QUJD") == 0
        assert await heard("data:audio/wav;base64,!") == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "Field required"),
        ({"input": 7}, "Field required"),
        ({"input": " "}, "cannot be empty"),
        ({"input": "a", "response_format": "mp3"}, "wav and pcm"),
        ({"input": "a", "response_format": "mp3", "stream": True}, "requires response_format"),
        ({"input": "a", "speed": 9}, "speed"),
        ({"input": "a" * 4097}, "4096"),
    ],
)
async def test_what_cannot_be_said_is_refused(
    fast_clock: trio.testing.MockClock, tmp_path: Path, asked: dict[str, object], said: str
) -> None:
    async with running(tmp_path) as sim:
        answer = await sim.post(SPEECH, **asked)
        assert answer.status_code == 400
        assert said in answer.json()["error"]["message"]


async def test_faults_break_a_stream_of_sound(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="error500", after_tokens=5)
        stream = await sim.post(SPEECH, input=TEXT, stream=True)
        assert named_events_in(stream.content)[-1][0] == "speech.audio.error"
        await sim.fault(kind="cut", count=2)
        for form in ("sse", "audio"):
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await sim.post(SPEECH, input=TEXT, stream_format=form)
        assert (await sim.state())["failed"] == 3


async def test_a_batch_is_said_side_by_side_and_fails_by_item(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    text = TEXT[:30]
    items = [{"input": text}, {"input": " "}, {"input": text, "voice": "other"}]
    async with running(tmp_path, decode=1.0) as sim:
        before = (await sim.state())["now"]
        body = (await sim.post("/v1/audio/speech/batch", items=items, voice="a")).json()
        took = (await sim.state())["now"] - before
        alone = await sim.post(SPEECH, input=text, voice="other")
        wrong = [
            (await sim.post("/v1/audio/speech/batch", items=given)).status_code
            for given in ([], ["a"], None, [{"input": "a"}] * 33)
        ]
    assert (body["total"], body["succeeded"], body["failed"]) == (3, 2, 1)
    assert [one["status"] for one in body["results"]] == ["success", "error", "success"]
    assert base64.b64decode(body["results"][2]["audio_data"]) == alone.content
    assert body["results"][0]["usage"]["output_tokens"] == 25
    assert 25.0 <= took < 45.0
    assert wrong == [400] * 4


async def test_a_sound_is_as_long_as_it_was_asked_for(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        sound = await sim.post("/v1/audio/generate", input="rain", audio_length=2.5)
        assert (sound.headers["content-type"], recording_seconds(sound.content)) == (
            "audio/wav",
            2.5,
        )
        assert (await sim.state())["tokens_generated"] == 47  # 3 * 100 steps * 2.5 / 16
        for wrong in ({}, {"input": ""}, {"input": "a", "audio_length": 0}):
            assert (await sim.post("/v1/audio/generate", **wrong)).status_code == 400
