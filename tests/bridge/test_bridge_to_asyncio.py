"""Calls from Trio to coroutines of asyncio's: results, errors, cancellation.

The two loops run in two threads, so time here is real; every wait is for an event.
"""

import asyncio
import logging
import threading

import pytest
import trio
from across import Signal

import pyworker.bridge.calls as bridge_module
from pyworker.bridge.calls import Bridge, LoopEnded


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
