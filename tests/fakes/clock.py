"""Time that passes only when a test says so, and never before the sockets are quiet."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

# Real seconds without any event after which the sockets are taken to be quiet. If a busy machine
# takes longer, only the next step of virtual time comes early.
_QUIET = 0.002


@asynccontextmanager
async def time_passes(clock: MockClock, *, step: float) -> AsyncGenerator[None]:
    """While the block runs, let virtual time pass in steps of `step` seconds.

    The clock stands still otherwise, and the autojump of Trio's own is no use with sockets: it
    jumps over whatever is still on its way through the kernel to a limit that is far away.
    """
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_jump, clock, step)
        yield
        nursery.cancel_scope.cancel()


async def _jump(clock: MockClock, step: float) -> None:
    while True:
        await wait_all_tasks_blocked(_QUIET)
        clock.jump(step)


async def quiet() -> None:
    """Wait until nothing moves any more: all tasks wait, and no socket has anything for them."""
    await wait_all_tasks_blocked(0.02)
