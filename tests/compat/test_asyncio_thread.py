"""Coroutines of asyncio's beside Trio: results, errors, cancellation both ways, and the end.

The two loops run in two threads, so time here is real; every wait is for an event.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
import trio

import pyworker.compat.bridge as bridge_module
from pyworker.compat.asyncio_thread import asyncio_thread
from pyworker.compat.bridge import Bridge, LoopEnded


@pytest.fixture
async def bridge() -> AsyncIterator[Bridge]:
    async with asyncio_thread(Bridge()) as running:
        yield running


class Signal:
    """An event that either side may set and Trio waits for."""

    def __init__(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._event = trio.Event()

    def set(self) -> None:
        self._token.run_sync_soon(self._event.set)

    async def wait(self) -> None:
        with trio.fail_after(10):
            await self._event.wait()


# --- from Trio to asyncio


async def test_a_coroutine_runs_on_the_loop_of_the_thread(bridge: Bridge):
    async def where(*args: int, name: str) -> tuple[object, object, str, bool]:
        await asyncio.sleep(0)
        return args, name, threading.current_thread().name, asyncio.get_running_loop().is_running()

    assert await bridge.call(where, 1, 2, name="x") == ((1, 2), "x", "asyncio", True)


async def test_what_it_raises_comes_out_here(bridge: Bridge):
    async def fail() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        await bridge.call(fail)


async def test_calls_run_side_by_side(bridge: Bridge):
    async with trio.open_nursery() as nursery:
        gates: list[asyncio.Event] = []
        entered = [Signal() for _ in range(3)]
        left: list[int] = []

        async def one(number: int) -> None:
            gate = asyncio.Event()
            gates.append(gate)
            entered[number].set()
            await gate.wait()
            left.append(number)

        async def open_all() -> None:
            for gate in gates:
                gate.set()

        async def call(number: int) -> None:
            await bridge.call(one, number)

        for number in range(3):
            nursery.start_soon(call, number)
        for signal in entered:
            await signal.wait()
        await bridge.call(open_all)
    assert sorted(left) == [0, 1, 2]


async def test_a_cancelled_call_ends_the_coroutine_before_it_returns(bridge: Bridge):
    began, seen = Signal(), list[str]()

    async def endless() -> None:
        began.set()
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            seen.append("cancelled")
            await asyncio.sleep(0)
            seen.append("cleaned up")
            raise

    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bridge.call, endless)
            await began.wait()
            scope.cancel()
    assert scope.cancelled_caught
    assert seen == ["cancelled", "cleaned up"]


async def test_a_call_that_is_cancelled_before_it_begins_runs_nothing(bridge: Bridge):
    ran: list[int] = []

    async def run() -> None:
        ran.append(1)

    with trio.CancelScope() as scope:
        scope.cancel()
        await bridge.call(run)
    assert scope.cancelled_caught
    assert ran == []


async def test_what_it_gives_in_spite_of_its_cancellation_is_not_lost(bridge: Bridge):
    began, got = Signal(), list[str]()

    async def saves() -> str:
        began.set()
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            return "saved"
        return "never"

    async def call() -> None:
        got.append(await bridge.call(saves))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(call)
        await began.wait()
        nursery.cancel_scope.cancel()
    assert got == ["saved"]


async def test_an_error_during_its_cancellation_is_the_error(bridge: Bridge):
    began = Signal()

    async def breaks() -> None:
        began.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            raise ValueError("while cleaning up")

    async def call() -> None:
        with pytest.raises(ValueError, match="while cleaning up"):
            await bridge.call(breaks)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(call)
        await began.wait()
        nursery.cancel_scope.cancel()


async def test_a_coroutine_that_cancels_itself_is_no_cancellation_here(bridge: Bridge):
    async def cancels_itself() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    with pytest.raises(LoopEnded, match="cancels_itself was cancelled by its own loop"):
        await bridge.call(cancels_itself)


async def test_one_that_ignores_its_cancellation_is_left_alone(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(bridge_module, "GIVE_UP_SECONDS", 0.05)
    began, gate = Signal(), threading.Event()

    async def stubborn() -> None:
        began.set()
        await asyncio.get_running_loop().run_in_executor(None, gate.wait)

    async def deaf() -> None:
        task = asyncio.ensure_future(stubborn())
        while not task.done():
            try:
                await asyncio.shield(task)
            except asyncio.CancelledError:
                continue

    with caplog.at_level(logging.ERROR):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bridge.call, deaf)
            await began.wait()
            nursery.cancel_scope.cancel()
    assert "deaf takes no notice of its cancellation" in caplog.text
    gate.set()


async def test_a_loop_that_is_blocked_does_not_hold_up_a_cancellation(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bridge_module, "GIVE_UP_SECONDS", 0.05)
    began, gate = Signal(), threading.Event()

    async def blocks() -> None:
        began.set()
        gate.wait()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(bridge.call, blocks)
        await began.wait()
        nursery.cancel_scope.cancel()
    gate.set()


# --- from asyncio to Trio


async def test_a_coroutine_asks_trio_and_gets_its_answer(bridge: Bridge):
    async def double(number: int) -> int:
        await trio.lowlevel.checkpoint()
        return 2 * number

    async def ask() -> int:
        return await bridge.call_trio(double, 21)

    assert await bridge.call(ask) == 42


async def test_what_trio_raises_comes_out_there(bridge: Bridge):
    async def fail() -> None:
        raise KeyError("lost")

    async def ask() -> str:
        try:
            await bridge.call_trio(fail)
        except KeyError as error:
            return f"caught {error}"
        return "nothing"

    assert await bridge.call(ask) == "caught 'lost'"


async def test_a_cancelled_coroutine_cancels_what_it_asked_for(bridge: Bridge):
    began, seen = trio.Event(), list[str]()

    async def endless() -> None:
        began.set()
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            seen.append("trio")
            raise

    async def ask() -> None:
        try:
            await bridge.call_trio(endless)
        finally:
            seen.append("asyncio")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(bridge.call, ask)
        await began.wait()
        nursery.cancel_scope.cancel()
    assert seen == ["trio", "asyncio"]


async def test_a_timeout_there_cancels_here(bridge: Bridge):
    ended = trio.Event()

    async def endless() -> None:
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    async def ask() -> str:
        try:
            await asyncio.wait_for(bridge.call_trio(endless), 0.01)
        except TimeoutError:
            return "timeout"
        return "nothing"

    assert await bridge.call(ask) == "timeout"
    assert ended.is_set()


async def test_items_are_asked_for_one_by_one(bridge: Bridge):
    made: list[int] = []

    async def numbers() -> AsyncGenerator[int]:
        for number in range(5):
            made.append(number)
            yield number

    async def take_two() -> tuple[list[int], list[int]]:
        taken: list[int] = []
        items = bridge.iterate_trio(source)
        async for number in items:
            taken.append(number)
            if len(taken) == 2:
                break
        await items.aclose()
        return taken, list(made)

    source = numbers()
    assert await bridge.call(take_two) == ([0, 1], [0, 1])
    assert [number async for number in source] == [2, 3, 4]


async def test_items_end_and_fail_as_they_do_here(bridge: Bridge):
    async def breaks() -> AsyncGenerator[int]:
        yield 1
        raise OSError("cut")

    async def collect(items: AsyncIterator[int]) -> list[object]:
        taken: list[object] = []
        try:
            async for item in bridge.iterate_trio(items):
                taken.append(item)  # noqa: PERF401 - an error must not lose what came before
        except OSError as error:
            taken.append(str(error))
        return taken

    assert await bridge.call(collect, breaks()) == [1, "cut"]


# --- the ends


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

    async def endless() -> None:
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
    assert "asyncio" not in {thread.name for thread in threading.enumerate()}


async def test_an_error_of_the_block_comes_out_when_the_thread_has_ended():
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio_thread(Bridge()):
            raise ValueError("of the block")
    assert caught.group_contains(ValueError, match="of the block")


async def test_a_thread_that_does_not_end_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    import pyworker.compat.asyncio_thread as module  # noqa: PLC0415 - to shorten its patience

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
