"""Streams of the simulated servers through their workers: event by event, and what breaks them."""

import base64
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import trio
import trio.testing
from fakes.grants import autoscaler
from fakes.sim_openai import events_in, named_events_in

from tests.workers.openai_requests import RECORDING, REQUESTS, WORKERS, behind, served

CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"
SPEECH, HEAR = "/v1/audio/speech", "/v1/audio/transcriptions"
SLOW = 0.2  # tokens a second: the first is alone on its way for 50 ms of this machine's time
USUAL, FASTER = 100.0, 1000.0  # rates of the clock; faster when what is left has nothing to show
STREAMS = [
    (worker, route)
    for worker in WORKERS
    for route in (COMPLETIONS, CHAT, SPEECH, HEAR)
    if route in served(worker)
]


def envelope(route: str, **members: object) -> bytes:
    payload = {**REQUESTS[route].payload, "stream": True, **members}
    return autoscaler().envelope(orjson.dumps(payload))


def text_of(route: str, events: list[dict[str, Any]]) -> str:
    """What the events say together; an event without a text says nothing."""
    texts: list[str | None] = []
    for event in events:
        if "choices" not in event:
            texts.append(event.get("delta"))
        elif route == COMPLETIONS:
            texts.append(event["choices"][0]["text"])
        else:
            texts.append(event["choices"][0]["delta"].get("content"))
    return "".join(text for text in texts if text)


@pytest.mark.parametrize(("worker", "route"), STREAMS)
async def test_events_pass_while_the_model_goes_on(
    fast_clock: trio.testing.MockClock, tmp_path: Path, worker: str, route: str
) -> None:
    async with behind(worker, tmp_path, decode=SLOW) as (sim, _, client):
        members = {"input": "x" * 12} if route == SPEECH else {}
        async with client.stream("POST", route, content=envelope(route, **members)) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            chunks = answer.aiter_raw()
            first = await anext(chunks)
            fast_clock.rate = 0.0  # nothing goes on until it has been looked at
            assert (await sim.state())["running"] == 1
            fast_clock.rate = FASTER
            content = first + b"".join([chunk async for chunk in chunks])
        fast_clock.rate = USUAL
        assert (await sim.state())["finished"] == 1
        assert b"data: " in first
        if route == SPEECH:
            events = named_events_in(content)
            audio = [base64.b64decode(one["audio"]) for _, one in events[:-1]]
            assert sum(map(len, audio)) == 44 + 10 * 1920 * 2
            assert events[-1][0] == "speech.audio.done"
        else:
            words = text_of(route, events_in(content)).split()
            assert len(words) == (10 if route == HEAR else 7)


@pytest.mark.parametrize(("worker", "route"), STREAMS)
async def test_a_stream_that_is_cut_is_cut_for_the_client(
    fast_clock: trio.testing.MockClock, tmp_path: Path, worker: str, route: str
) -> None:
    async with behind(worker, tmp_path, decode=SLOW) as (sim, _, client):
        await sim.fault(kind="cut", after_tokens=4)
        got = bytearray()

        async def read() -> None:
            async with client.stream("POST", route, content=envelope(route)) as answer:
                assert answer.status_code == 200
                async for chunk in answer.aiter_raw():
                    got.extend(chunk)
                    # A reset may overtake what was sent right before it: only now it may come.
                    fast_clock.rate = FASTER

        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await read()
        fast_clock.rate = USUAL
        assert got.startswith((b"data: ", b"event: "))
        assert (await sim.state())["failed"] == 1


@pytest.mark.parametrize(("worker", "route"), STREAMS)
async def test_an_engine_that_fails_says_so_in_the_stream(
    fast_clock: trio.testing.MockClock, tmp_path: Path, worker: str, route: str
) -> None:
    async with behind(worker, tmp_path, decode=100.0) as (sim, _, client):
        await sim.fault(kind="error500", after_tokens=4)
        answer = await client.post(route, content=envelope(route))
    assert answer.status_code == 200
    if route == SPEECH:
        name, last = named_events_in(answer.content)[-1]
        assert name == "speech.audio.error"
    else:
        last = events_in(answer.content)[-1]
    assert last["error"]["message"] == "Internal server error"


async def test_a_voice_as_bytes_is_the_recording(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with behind("vllm", tmp_path) as (_, _, client):
        whole = await client.post(SPEECH, content=envelope(SPEECH, stream=False))
        raw = await client.post(
            SPEECH, content=envelope(SPEECH, stream_format="audio", response_format="pcm")
        )
    assert raw.headers["content-type"] == "audio/pcm"
    assert raw.content == whole.content[44:]


async def test_a_client_that_leaves_ends_what_is_made_for_it(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    film = {"prompt": "a cat", "num_frames": 1000}
    async with behind("vllm", tmp_path) as (sim, _, client):
        async with trio.open_nursery() as nursery:

            async def ask() -> None:
                body = autoscaler().envelope(orjson.dumps(film))
                await client.post("/v1/videos/sync", content=body)

            nursery.start_soon(ask)
            await sim.until(lambda state: state["running"] == 1)
            nursery.cancel_scope.cancel()
        state = await sim.until(lambda state: state["running"] == 0)
    assert (state["cancelled"], state["finished"]) == (1, 0)


def test_the_recording_is_what_its_words_say() -> None:
    assert len(RECORDING) == 44 + 2 * 64_000
