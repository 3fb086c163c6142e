"""A definition's lifecycle: entered when its worker starts, left when the last request is over."""

import logging
import os
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from pyworker.bridge.calls import Bridge
from pyworker.errors import DefinitionGaveUp, PyworkerError
from pyworker.process import EXIT_DIED, first_error

log = logging.getLogger(__name__)

# For what comes after a lifecycle that was not left in time: the bridge and the thread of the loop
# give up after 11 s together, and the rest of the script wants to end, too.
_FORCE_SECONDS = 20.0


class Lifecycle:
    """Stands around one worker; its context manager runs on the asyncio loop.

    Args:
        manager: The definition's.
        bridge: To the loop.

    Attributes:
        entered: The model is loaded.
    """

    def __init__(self, manager: AbstractAsyncContextManager[object], bridge: Bridge) -> None:
        self.entered = False
        self._manager = manager
        self._bridge = bridge

    def waiting(self) -> str:
        """What is still waited for; empty when the model is loaded."""
        return "" if self.entered else "the definition's lifecycle"

    @asynccontextmanager
    async def around(self, grace: float) -> AsyncGenerator[None]:
        """Enter it beside the block, and leave it after the block.

        Resource handling: leaving may take `grace` seconds and is cancelled then, since a machine
        costs as long as it has not stopped. What takes no notice of that, a thread that hangs or a
        loop that is blocked, does not keep the process either: it is ended by force.

        Raises:
            DefinitionGaveUp: It failed.
        """
        over, left = trio.Event(), trio.Event()

        async def lives() -> None:
            async with self._manager:
                await self._bridge.call_trio(self._note_entered)
                await self._bridge.call_trio(over.wait)

        async def live() -> None:
            try:
                await _living(self._bridge, lives)
            finally:
                left.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(live)
            yield
            over.set()
            if self.entered:
                await self._leave(left, grace)
            nursery.cancel_scope.cancel()

    async def _leave(self, left: trio.Event, grace: float) -> None:
        in_time = _end_by_force_after(grace + _FORCE_SECONDS)
        try:
            with trio.move_on_after(grace):
                await left.wait()
        finally:
            if left.is_set():
                in_time.set()
        if not left.is_set():
            log.error(
                "the definition's lifecycle was not left within %g s (GRACE_SECONDS); it is cut",
                grace,
            )

    async def _note_entered(self) -> None:
        log.info("the definition's lifecycle has been entered: the model is loaded")
        self.entered = True


async def _living(bridge: Bridge, lives: Callable[[], Awaitable[None]]) -> None:
    try:
        await bridge.call(lives)
    except PyworkerError:
        raise
    except Exception as error:
        cause = first_error(error)
        log.error("the definition's lifecycle failed", exc_info=cause)
        raise DefinitionGaveUp(f"its lifecycle failed: {type(cause).__name__}: {cause}") from error


def _end_by_force_after(seconds: float) -> threading.Event:
    """End the process in so many seconds, unless what is returned is set.

    By a thread, since Python waits at its end for the threads of its executors, and since Trio does
    not run while an asyncio loop that it is a guest of is blocked.
    """
    in_time = threading.Event()

    def watch() -> None:
        if in_time.wait(seconds):
            return
        log.error("the definition's lifecycle keeps the process from ending: ended by force")
        sys.stdout.flush()
        os._exit(EXIT_DIED)

    threading.Thread(target=watch, name="end by force", daemon=True).start()
    return in_time
