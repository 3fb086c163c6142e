"""An asyncio loop in a thread of its own, which a nursery owns and which ends with it.

Definitions of other generations are written for asyncio: their coroutines run here, beside Trio's
loop, so that the way of a verbatim request stays Trio's. `bridge.py` goes between the two.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import trio

from pyworker.bridge.calls import GIVE_UP_SECONDS, Bridge, LoopEnded

log = logging.getLogger(__name__)

# For asyncio's own end after that of its tasks: generators, the threads of its executor.
_END_SECONDS = 1.0


@asynccontextmanager
async def asyncio_thread(bridge: Bridge) -> AsyncGenerator[Bridge]:
    """Run a loop in a thread for the length of the block, bound to `bridge`.

    Resource handling: at the end its tasks are cancelled and waited for, GIVE_UP_SECONDS at most;
    a thread that still does not end is left behind, and does not keep the process.

    Raises:
        LoopEnded: The loop ended by itself, as by a SystemExit in one of its tasks.
    """
    async with trio.open_nursery() as owner:
        thread = _Thread()
        loop = await owner.start(thread.serve)
        async with bridge.bound(loop):
            try:
                yield bridge
            finally:
                with trio.CancelScope(shield=True):
                    await thread.stop()


class _Thread:
    """A thread with a loop in it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told: asyncio.Event | None = None
        self._stopping = False
        self._ended = trio.Event()
        self._problem: BaseException | None = None

    async def serve(self, *, task_status: trio.TaskStatus[asyncio.AbstractEventLoop]) -> None:
        """Run until `stop`; started with the loop.

        Raises:
            LoopEnded: The loop ended by itself.
        """
        token = trio.lowlevel.current_trio_token()
        started = trio.Event()

        async def main() -> None:
            self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
            _tell(token, started.set)
            await self._told.wait()
            await _end_tasks()

        def thread() -> None:
            try:
                asyncio.run(main())
            except BaseException as error:  # noqa: BLE001 - it is told on Trio's side
                self._problem = error
            finally:
                _tell(token, started.set)
                _tell(token, self._ended.set)

        # Trio's threads are daemons: one that is left behind does not keep the process.
        trio.lowlevel.start_thread_soon(thread, lambda _: None, name="asyncio")
        # `stop` decides when this ends, so that coroutines can still be cancelled in order.
        with trio.CancelScope(shield=True):
            await started.wait()
            if self._loop is not None:
                task_status.started(self._loop)
                await self._ended.wait()
        if self._problem is not None or not self._stopping:
            raise LoopEnded(f"the asyncio loop ended by itself: {self._problem!r}")

    async def stop(self) -> None:
        """End the loop; returns when it has ended, or has not for too long."""
        self._stopping = not self._ended.is_set()
        if self._loop is not None and self._told is not None:
            with contextlib.suppress(RuntimeError):  # it is closed
                self._loop.call_soon_threadsafe(self._told.set)
        with trio.move_on_after(GIVE_UP_SECONDS + _END_SECONDS):
            await self._ended.wait()
        if not self._ended.is_set():
            log.error("the asyncio thread does not end; it is left behind")
            self._ended.set()


async def _end_tasks() -> None:
    """Cancel all other tasks of the loop and wait for them, for a while."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if not others:
        return
    _, left = await asyncio.wait(others, timeout=GIVE_UP_SECONDS)
    for task in left:
        log.error("%s takes no notice of its cancellation", task.get_name())


def _tell(token: trio.lowlevel.TrioToken, function: Callable[[], object]) -> None:
    with contextlib.suppress(trio.RunFinishedError):
        token.run_sync_soon(function)
