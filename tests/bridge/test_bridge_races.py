"""Moments at which the two loops meet badly, made to happen each time."""

import asyncio
import threading

import trio
from trio.testing import wait_all_tasks_blocked

from pyworker.bridge.calls import GIVE_UP_SECONDS, Bridge


async def test_a_coroutine_that_is_cancelled_before_its_first_step_is_not_waited_for(
    bridge: Bridge,
):
    """Its task is made and cancelled in one turn of the loop, as when a client leaves at once."""
    held, steps = threading.Event(), list[str]()

    async def hold_the_loop() -> None:
        asyncio.get_running_loop().call_soon(held.wait)

    async def never() -> None:
        steps.append("ran")

    await bridge.call(hold_the_loop)
    with trio.fail_after(GIVE_UP_SECONDS / 2), trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bridge.call, never)
            await wait_all_tasks_blocked()
            scope.cancel()
            await trio.lowlevel.cancel_shielded_checkpoint()
            held.set()
    assert scope.cancelled_caught
    assert steps == []
