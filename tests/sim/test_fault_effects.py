"""What each fault looks like from outside, over real sockets.

Durations in these tests are simulated seconds, a hundred of them in one of the wall's. What must be
exact to the token is tested on a virtual clock in test_engine.py; here only what the wire shows.
"""

from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
import trio.testing
from fakes.sim_llm import events_in, running

from pyworker.sim.tgi.settings import TgiSettings


async def test_error500_is_tgis_incomplete_generation(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="error500", count=2, after_tokens=3)
        failed = await sim.generate(max_new_tokens=10)
        assert (failed.status_code, failed.json()["error_type"]) == (500, "incomplete_generation")
        *events, last = await sim.events(max_new_tokens=10)
        assert len(events) == 3
        assert last["error_type"] == "incomplete_generation_stream"
        assert (await sim.generate(max_new_tokens=10)).status_code == 200
        assert (await sim.state())["failed"] == 2


async def test_a_cut_resets_the_connection_in_the_middle(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="cut", count=2, after_tokens=4)
        got = bytearray()
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await sim.read_into(got, max_new_tokens=10)
        assert len(events_in(bytes(got))) == 4
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await sim.generate(max_new_tokens=10)
        assert len(await sim.events(max_new_tokens=10)) == 10
        assert (await sim.state())["running"] == 0


async def test_a_hang_sends_nothing_more_and_keeps_its_slot(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="hang", after_tokens=2)
        got = bytearray()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(sim.read_into, got, max_new_tokens=10))
            await sim.until(lambda state: state["tokens_generated"] == 2)
            await trio.sleep(20.0)
            assert (await sim.state())["running"] == 1
            nursery.cancel_scope.cancel()
        assert got.count(b"\n\n") == 2, "not even a comment"
        state = await sim.until(lambda state: state["running"] == 0)
        assert state["cancelled"] == 1


async def test_slow_unhealthy_refuse_and_none(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="slow", factor=60)
        slow = await sim.generate(max_new_tokens=5)
        assert int(slow.headers["x-inference-time"]) >= 5000
        await sim.fault(kind="unhealthy", count=1)
        sick = await sim.client.get("/health")
        assert (sick.status_code, sick.json()) == (
            503,
            {"error": "unhealthy", "error_type": "healthcheck"},
        )
        assert (await sim.client.get("/health")).status_code == 200
        await sim.fault(kind="refuse", count=None)
        assert (await sim.generate()).status_code == 429
        await sim.fault(kind="none")
        assert (await sim.generate(max_new_tokens=1)).status_code == 200


async def test_a_crash_fails_what_runs_and_ends_with_code_1(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    settings = TgiSettings(port=0, load_seconds=0.0, decode=1.0)
    async with running(tmp_path, settings) as sim:
        ends: list[dict[str, Any]] = []

        async def stream() -> None:
            ends.append((await sim.events(max_new_tokens=1000))[-1])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream)
            nursery.start_soon(stream)
            await sim.until(lambda state: state["running"] == 2)
            await sim.fault(kind="crash")
        assert [end["error_type"] for end in ends] == ["generation", "generation"]
        await sim.ended.wait()
        assert sim.code == 1
        assert "Shard 0 crashed" in sim.messages()
        assert sim.log.read_bytes().endswith(b"\nError: ShardFailed\n")
        with pytest.raises(httpx.ConnectError):
            await sim.client.get("/health")


async def test_a_crash_can_wait_for_a_token(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="crash", after_tokens=2)
        assert (await sim.client.get("/health")).status_code == 200
        *events, last = await sim.events(max_new_tokens=10)
        assert len(events) == 2
        assert last["error"].startswith("Request failed during generation: ")
        await sim.ended.wait()
        assert sim.code == 1
