"""Calls from coroutines of asyncio's to Trio: results, errors, cancellation, back-pressure."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import trio

from pyworker.bridge.calls import Bridge, LoopEnded


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


async def test_an_error_while_trio_cleans_up_is_the_error(bridge: Bridge):
    began = trio.Event()

    async def breaks() -> None:
        began.set()
        try:
            await trio.sleep_forever()
        finally:
            raise ValueError("while cleaning up")

    async def ask() -> str:
        task = asyncio.ensure_future(bridge.call_trio(breaks))
        await bridge.call_trio(began.wait)
        task.cancel()
        try:
            await task
        except ValueError as error:
            return str(error)
        return "nothing"

    assert await bridge.call(ask) == "while cleaning up"


async def test_a_writer_waits_for_its_reader(bridge: Bridge):
    """What is sent is taken before the next is made: nothing is queued between the loops."""
    made: list[int] = []
    send, receive = trio.open_memory_channel[int](0)

    async def write() -> None:
        for number in range(5):
            made.append(number)
            await bridge.call_trio(send.send, number)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(bridge.call, write)
        for number in range(5):
            assert await receive.receive() == number
            assert len(made) <= number + 2
    assert made == list(range(5))


async def test_many_at_once_are_all_cancelled(bridge: Bridge):
    began, ended = trio.Event(), list[int]()
    running = 0

    async def endless(number: int) -> None:
        nonlocal running
        running += 1
        if running == 50:
            began.set()
        try:
            await trio.sleep_forever()
        finally:
            ended.append(number)

    async def ask() -> None:
        await asyncio.gather(*(bridge.call_trio(endless, number) for number in range(50)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(bridge.call, ask)
        await began.wait()
        nursery.cancel_scope.cancel()
    assert sorted(ended) == list(range(50))


def test_whoever_waits_when_trio_ends_is_told():
    """As where Trio is the guest of a loop that goes on: it is no cancellation there."""
    bridge = Bridge()

    async def trio_side(loop: asyncio.AbstractEventLoop, ready: asyncio.Event) -> None:
        async with bridge.bound(loop):
            ready.set()
            await asked.wait()

    async def asyncio_side() -> str:
        loop = asyncio.get_running_loop()
        ready, over = asyncio.Event(), loop.create_future()
        trio.lowlevel.start_guest_run(
            trio_side,
            loop,
            ready,
            run_sync_soon_threadsafe=loop.call_soon_threadsafe,
            done_callback=over.set_result,
        )
        await ready.wait()
        try:
            await bridge.call_trio(waits)
        except LoopEnded as error:
            (await over).unwrap()
            return str(error)
        return "nothing"

    async def waits() -> None:
        asked.set()
        await trio.sleep_forever()

    asked = trio.Event()
    assert asyncio.run(asyncio_side()) == "Trio's side has ended"
