"""Answers and streams over real sockets.

Durations in these tests are simulated seconds, a hundred of them in one of the wall's. What must be
exact to the token is tested on a virtual clock in test_engine.py; here only what the wire shows.
"""

from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import trio
import trio.testing
from fakes.sim_llm import events_in, request_of, running

from pyworker.sim.tgi.settings import TgiSettings


async def test_a_whole_answer(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with running(tmp_path) as sim:
        answer = await sim.generate(max_new_tokens=5, details=True, temperature=0.7)
        body = answer.json()
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-prompt-tokens"] == "5"  # "something" is two
        assert answer.headers["x-generated-tokens"] == "5"
        assert int(answer.headers["x-inference-time"]) >= 83  # 5 tokens at 60 a second
        details = body["details"]
        assert details["finish_reason"] == "length"
        assert body["generated_text"] == "".join(token["text"] for token in details["tokens"])
        assert isinstance(details["seed"], int)
        assert sim.messages()[-1] == "Success"
        plain = (await sim.generate(max_new_tokens=5)).json()
        assert plain == {"generated_text": body["generated_text"]}


async def test_a_stream_is_the_same_text_one_event_a_token(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        whole = (await sim.generate(max_new_tokens=20)).json()["generated_text"]
        answer = await sim.client.post(
            "/generate_stream", json=request_of({"max_new_tokens": 20, "details": True})
        )
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["x-accel-buffering"] == "no"
        *events, last = events_in(answer.content)
        assert [event["index"] for event in events] == list(range(1, 20))
        assert all(event["generated_text"] is event["details"] is None for event in events)
        assert last["generated_text"] == whole
        assert "".join(event["token"]["text"] for event in (*events, last)) == whole
        assert last["details"] == {
            "finish_reason": "length",
            "generated_tokens": 20,
            "seed": None,
            "input_length": 5,
        }


async def test_events_arrive_as_they_are_made(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = TgiSettings(port=0, load_seconds=0.0, decode=0.2)  # one each 5 s
    async with (
        running(tmp_path, settings) as sim,
        sim.client.stream(
            "POST", "/generate_stream", json=request_of({"max_new_tokens": 4})
        ) as answer,
    ):
        times = [trio.current_time() async for _ in answer.aiter_raw()]
        assert times[-1] - times[0] >= 5.0


async def test_the_prompt_is_repeated_when_the_full_text_is_wanted(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        answer = await sim.generate(max_new_tokens=2, return_full_text=True)
        assert answer.json()["generated_text"].startswith("Tell me something ")
        # POST / does so by default, and answers with a list.
        compatible = await sim.client.post("/", json=request_of({"max_new_tokens": 2}))
        assert compatible.json() == [answer.json()]
        stream = await sim.client.post(
            "/", json={**request_of({"max_new_tokens": 2}), "stream": True}
        )
        assert events_in(stream.content)[-1]["generated_text"] == answer.json()["generated_text"]


async def test_best_of_gives_the_likeliest_and_lists_the_others(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        body = (
            await sim.generate(max_new_tokens=9, best_of=2, do_sample=True, details=True)
        ).json()
        (other,) = body["details"]["best_of_sequences"]

        def score(sequence: dict[str, Any]) -> float:
            return sum(token["logprob"] for token in sequence["tokens"])

        assert score(body["details"]) >= score(other)
        assert body["generated_text"] != other["generated_text"]
        assert (await sim.state())["finished"] == 2
        refused = await sim.generate(best_of=3, do_sample=True)
        assert refused.status_code == 422


async def test_wrong_requests_are_answered_as_axum_and_tgi_do(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = TgiSettings(port=0, load_seconds=0.0, payload_limit=1000)
    async with running(tmp_path, settings) as sim:
        invalid = await sim.generate(temperature=0)
        assert (invalid.status_code, invalid.json()) == (
            422,
            {
                "error": "Input validation error: `temperature` must be strictly positive",
                "error_type": "validation",
            },
        )
        large = await sim.client.post("/generate", json={"inputs": "x" * 1000})
        assert (large.status_code, large.text) == (
            413,
            "Failed to buffer the request body: length limit exceeded",
        )
        assert (await sim.client.post("/generate", json={})).status_code == 422
        assert (await sim.client.post("/generate", content=b"{")).status_code == 415
        missing = await sim.client.get("/nothing")
        assert (missing.status_code, missing.content) == (404, b"")
        wrong = await sim.client.get("/generate")
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
        assert await sim.events(max_new_tokens=0) == [
            {
                "error": "Input validation error: `max_new_tokens` must be strictly positive",
                "error_type": "validation",
            }
        ]
        assert await sim.events(best_of=2) == [
            {
                "error": "Input validation error: "
                "`best_of` != 1 is not supported when streaming tokens",
                "error_type": "validation",
            }
        ]
        assert (await sim.state())["failed"] == 0, "nothing wrong ever reached the engine"


async def test_health_and_info(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with running(tmp_path) as sim:
        for path in ("/health", "/ping", "/"):
            healthy = await sim.client.get(path)
            assert (healthy.status_code, healthy.content) == (200, b"")
        info = (await sim.client.get("/info")).json()
        assert info["max_total_tokens"] == 8192
        assert info["router"] == "text-generation-router"


async def test_a_full_server_queues_and_then_refuses(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = TgiSettings(port=0, load_seconds=0.0, max_concurrent=1, max_queue=1)
    async with running(tmp_path, settings) as sim:
        await sim.fault(kind="hang", after_tokens=0)
        waiting: list[httpx.Response] = []

        async def wait() -> None:
            waiting.append(await sim.generate(max_new_tokens=2))

        async with trio.open_nursery() as nursery, trio.open_nursery() as holding:
            holding.start_soon(partial(sim.generate, max_new_tokens=1))
            await sim.until(lambda state: state["running"] == 1)
            nursery.start_soon(wait)
            await sim.until(lambda state: state["queued"] == 1)
            refused = await sim.generate(max_new_tokens=1)
            assert (refused.status_code, refused.json()) == (
                429,
                {"error": "Model is overloaded", "error_type": "overloaded"},
            )
            assert await sim.events(max_new_tokens=1) == [refused.json()]
            assert not waiting
            holding.cancel_scope.cancel()
        assert [answer.status_code for answer in waiting] == [200]
        assert int(waiting[0].headers["x-queue-time"]) > 0
        assert sim.messages().count("no permits available") == 2


@pytest.mark.parametrize("path", ["/generate_stream", "/generate"])
async def test_a_client_that_leaves_frees_the_slot(
    fast_clock: trio.testing.MockClock, tmp_path: Path, path: str
) -> None:
    settings = TgiSettings(port=0, load_seconds=0.0, decode=1.0, max_concurrent=1, max_queue=0)
    async with running(tmp_path, settings) as sim:
        async with trio.open_nursery() as nursery:
            request = request_of({"max_new_tokens": 8000})
            nursery.start_soon(partial(sim.client.post, path, json=request))
            await sim.until(lambda state: state["running"] == 1)
            await trio.sleep(3.0)
            nursery.cancel_scope.cancel()
        state = await sim.until(lambda state: state["running"] == 0)
        assert (state["cancelled"], state["finished"], state["failed"]) == (1, 0, 0)
        assert 2 <= state["tokens_generated"] < 8000
        assert state["seconds_busy"] >= 3.0
        assert (await sim.state())["seconds_busy"] == state["seconds_busy"]


async def test_a_silent_stream_sends_a_comment_every_15_seconds(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    # A prompt of 5 tokens takes 50 s; then one token.
    settings = TgiSettings(port=0, load_seconds=0.0, prefill=0.1)
    async with running(tmp_path, settings) as sim:
        answer = await sim.client.post("/generate_stream", json=request_of({"max_new_tokens": 1}))
        comments, event = answer.content.split(b"data:")
        assert comments in {b":\n\n" * 2, b":\n\n" * 3}
        assert orjson.loads(event)["index"] == 1
