"""The asyncio thread from its beginning to its end, whatever still runs in it.

The two loops run in two threads, so time here is real; every wait is for an event.
"""

import asyncio
import threading
import time

import pytest
import trio
from across import Signal

from pyworker.bridge.calls import Bridge, LoopEnded
from pyworker.bridge.thread import asyncio_thread


async def test_before_and_after_there_is_no_loop():
    bridge = Bridge()

    async def nothing() -> None:
        pass

    with pytest.raises(LoopEnded, match=r"does not run, so test_.*nothing cannot"):
        await bridge.call(nothing)
    async with asyncio_thread(bridge):
        await bridge.call(nothing)
    with pytest.raises(LoopEnded):
        await bridge.call(nothing)
    with pytest.raises(RuntimeError):  # no loop of asyncio's runs in this thread
        await bridge.call_trio(nothing)


async def test_the_end_cancels_what_still_runs_there_and_may_use_trio_to_clean_up():
    seen: list[str] = []
    began = Signal()

    async def note(text: str) -> None:
        await trio.lowlevel.checkpoint()
        seen.append(text)

    async with asyncio_thread(Bridge()) as bridge:

        async def background() -> None:
            began.set()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                await bridge.call_trio(note, "cleaned up on Trio's side")

        async def begin() -> "asyncio.Task[None]":
            return asyncio.create_task(background())

        kept = await bridge.call(begin)
        await began.wait()
    assert seen == ["cleaned up on Trio's side"]
    assert kept.done()


async def test_a_cancelled_owner_ends_the_thread_and_its_calls():
    began, seen = Signal(), list[str]()
    loops: list[asyncio.AbstractEventLoop] = []

    async def endless() -> None:
        loops.append(asyncio.get_running_loop())
        began.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            seen.append("ended")

    with trio.CancelScope() as scope:
        async with asyncio_thread(Bridge()) as bridge, trio.open_nursery() as nursery:
            nursery.start_soon(bridge.call, endless)
            await began.wait()
            scope.cancel()
    assert scope.cancelled_caught
    assert seen == ["ended"]
    assert [loop.is_closed() for loop in loops] == [True]


async def test_an_error_of_the_block_comes_out_when_the_thread_has_ended():
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio_thread(Bridge()):
            raise ValueError("of the block")
    assert caught.group_contains(ValueError, match="of the block")


async def test_a_thread_that_does_not_end_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    import pyworker.bridge.thread as module  # noqa: PLC0415 - to shorten its patience

    monkeypatch.setattr(module, "GIVE_UP_SECONDS", 0.05)
    monkeypatch.setattr(module, "_END_SECONDS", 0.05)
    began, gate = Signal(), threading.Event()

    async def blocks() -> None:
        began.set()
        gate.wait()

    before = time.monotonic()
    async with asyncio_thread(Bridge()) as bridge:

        async def begin() -> None:
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(blocks()))

        await bridge.call(begin)
        await began.wait()
    assert time.monotonic() - before < 5
    assert "is left behind" in caplog.text
    gate.set()


async def test_a_loop_that_ends_by_itself_ends_its_owner():
    async def quit_it() -> None:
        def stop() -> None:
            raise SystemExit(3)

        asyncio.get_running_loop().call_soon(stop)
        await asyncio.get_running_loop().create_future()

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio_thread(Bridge()) as bridge:
            await bridge.call(quit_it)
    assert caught.group_contains(LoopEnded, match=r"ended by itself: SystemExit\(3\)")


async def test_several_that_do_not_end_hold_up_the_end_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    import pyworker.bridge.thread as module  # noqa: PLC0415 - to shorten its patience

    monkeypatch.setattr(module, "GIVE_UP_SECONDS", 0.2)
    monkeypatch.setattr(module, "_END_SECONDS", 0.05)
    gate, running = threading.Event(), [Signal() for _ in range(5)]

    async def deaf(signal: Signal) -> None:
        signal.set()
        while not gate.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue

    before = time.monotonic()
    async with asyncio_thread(Bridge()) as bridge:

        async def begin() -> None:
            for number, signal in enumerate(running):
                kept.append(asyncio.create_task(deaf(signal), name=f"deaf {number}"))

        kept: list[asyncio.Task[None]] = []
        await bridge.call(begin)
        for signal in running:
            await signal.wait()
    assert time.monotonic() - before < 5
    for number in range(5):
        assert f"deaf {number} takes no notice of its cancellation" in caplog.text
    gate.set()


async def test_a_system_exit_within_a_call_is_the_callers():
    async def leave() -> None:
        raise SystemExit(3)

    async def well() -> str:
        return "well"

    async with asyncio_thread(Bridge()) as bridge:
        with pytest.raises(SystemExit) as caught:
            await bridge.call(leave)
        assert caught.value.code == 3
        assert await bridge.call(well) == "well"  # the loop goes on
