"""Calls across two event loops: Trio's, and an asyncio loop that definitions' coroutines run on.

`call` takes a Trio task to a coroutine there, `call_trio` takes a coroutine there to a function
here. Both wait for the other side to end, whatever happens:

    cancelled here    the coroutine is cancelled, and has ended when `call` raises
    cancelled there   the Trio function is cancelled, and has ended when `call_trio` raises
    raised            the exception comes out on the side that asked, also while it is cancelled
    a loop ends       whoever waits for it gets LoopEnded

So nothing of a request runs on when the request is over. A coroutine that takes no notice of its
cancellation is waited for GIVE_UP_SECONDS, logged and left alone.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar

import outcome
import trio

from pyworker.errors import PyworkerError

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

# As long as well-behaved clean-up takes: closing a session, flushing a file. Not longer, since a
# request that is over holds its place in the queue until then, and a stop is held up by it.
GIVE_UP_SECONDS = 5.0


class LoopEnded(PyworkerError):
    """The other side's loop does not run, or has cancelled what was asked of it."""


class Bridge:
    """Between the two loops while one of them is bound to it; before and after, LoopEnded.

    It may be made before there is a loop, so that hooks can be built around it.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._nursery: trio.Nursery | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self._waiting: set[_Waiting] = set()

    async def call(
        self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Await `function(*args, **kwargs)` on the asyncio loop; called from Trio.

        Raises:
            LoopEnded: The loop does not run, or ended meanwhile, or cancelled the coroutine.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        loop, nursery = self._loop, self._nursery
        name = getattr(function, "__qualname__", repr(function))
        if loop is None or nursery is None:
            raise LoopEnded(f"the asyncio loop does not run, so {name} cannot")
        token = trio.lowlevel.current_trio_token()
        waiting = _Waiting(name, trio.lowlevel.current_task())

        def tell(result: outcome.Maybe[Any]) -> None:
            _tell_trio(token, waiting.settle, result)

        def begin() -> None:
            main = _telling(tell, partial(function, *args, **kwargs))
            waiting.task = loop.create_task(main, name=name)
            waiting.task.add_done_callback(ended)

        def ended(task: asyncio.Task[None]) -> None:
            # Cancelled before its first step, it has run nothing, and told nothing.
            if task.cancelled():
                tell(outcome.Error(asyncio.CancelledError()))

        def end() -> None:
            if waiting.task is not None:
                waiting.task.cancel()

        def abort(raise_cancel: Callable[[], Any]) -> trio.lowlevel.Abort:
            waiting.raise_cancel = raise_cancel
            _tell_asyncio(loop, end)
            nursery.start_soon(_give_up, waiting)
            return trio.lowlevel.Abort.FAILED

        if not _tell_asyncio(loop, begin):
            raise LoopEnded(f"the asyncio loop has ended, so {name} cannot run")
        self._waiting.add(waiting)
        try:
            return await trio.lowlevel.wait_task_rescheduled(abort)
        finally:
            self._waiting.discard(waiting)

    async def call_trio(
        self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Await `function(*args, **kwargs)` on Trio's loop; called on the asyncio loop.

        Raises:
            LoopEnded: Trio's side has ended.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        scope = trio.CancelScope()
        nursery, token = self._nursery, self._token
        if nursery is None or token is None:
            raise LoopEnded("Trio's side has ended")

        def settle(result: outcome.Outcome[T]) -> None:
            _tell_asyncio(loop, lambda: _resolve(future, result))

        async def run() -> None:
            result: outcome.Outcome[T] = outcome.Error(asyncio.CancelledError())
            try:
                with scope:
                    result = outcome.Value(await function(*args, **kwargs))
            except trio.Cancelled:  # not of `scope`: nobody there has asked for it
                result = outcome.Error(LoopEnded("Trio's side has ended"))
                raise
            except BaseException as error:  # noqa: BLE001 - whatever it is, the caller gets it
                result = outcome.Error(error)
            finally:
                settle(result)

        def begin() -> None:
            try:
                nursery.start_soon(run)
            except RuntimeError:  # it has been closed
                settle(outcome.Error(LoopEnded("Trio's side has ended")))

        if not _tell_trio(token, begin):
            raise LoopEnded("Trio's side has ended")
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            _tell_trio(token, scope.cancel)
            await _ended(future)
            raise

    async def iterate_trio(self, items: AsyncIterator[T]) -> AsyncGenerator[T]:
        """The items of a Trio iterator, each asked for when it is wanted; on the asyncio loop."""
        while True:
            try:
                item = await self.call_trio(items.__anext__)
            except StopAsyncIteration:
                return
            yield item

    @asynccontextmanager
    async def bound(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator["Bridge"]:
        """Calls go to `loop` and back to this block, which runs on Trio.

        Resource handling: at its end, what is still called is cancelled and whoever still waits
        gets LoopEnded.
        """
        async with trio.open_nursery() as nursery:
            self._loop, self._nursery = loop, nursery
            self._token = trio.lowlevel.current_trio_token()
            try:
                yield self
            finally:
                self._loop = None
                for waiting in list(self._waiting):
                    ended = LoopEnded(f"the asyncio loop ended before {waiting.name} did")
                    waiting.settle(outcome.Error(ended))
                nursery.cancel_scope.cancel()
        self._nursery = self._token = None


class _Waiting:
    """A Trio task that waits for a coroutine."""

    def __init__(self, name: str, trio_task: trio.lowlevel.Task) -> None:
        self.name = name
        self.task: asyncio.Task[None] | None = None
        self.over = trio.Event()
        self.raise_cancel: Callable[[], Any] | None = None
        self._trio_task = trio_task

    def settle(self, result: outcome.Outcome[Any]) -> None:
        """Wake the Trio task, once."""
        if self.over.is_set():
            return
        self.over.set()
        if isinstance(result, outcome.Error) and isinstance(result.error, asyncio.CancelledError):
            # Ours, if we asked for it; else the loop's own, which is no cancellation to Trio.
            if self.raise_cancel is not None:
                result = outcome.capture(self.raise_cancel)
            else:
                result = outcome.Error(LoopEnded(f"{self.name} was cancelled by its own loop"))
        trio.lowlevel.reschedule(self._trio_task, result)


async def _telling(
    tell: Callable[[outcome.Maybe[Any]], None], function: Callable[[], Awaitable[Any]]
) -> None:
    tell(await outcome.acapture(function))


async def _give_up(waiting: _Waiting) -> None:
    # Shielded, because whoever waits may be cancelled together with this.
    with trio.move_on_after(GIVE_UP_SECONDS, shield=True):
        await waiting.over.wait()
    if not waiting.over.is_set():
        log.error("%s takes no notice of its cancellation; it is left alone", waiting.name)
        waiting.settle(outcome.Error(asyncio.CancelledError()))


def _tell_trio(
    token: trio.lowlevel.TrioToken, function: Callable[..., object], *args: object
) -> bool:
    """Have `function` called on Trio's loop; False when that has ended."""
    try:
        token.run_sync_soon(function, *args)
    except trio.RunFinishedError:
        return False
    return True


def _tell_asyncio(loop: asyncio.AbstractEventLoop, function: Callable[[], object]) -> bool:
    """Have `function` called on the asyncio loop; False when that is closed."""
    try:
        loop.call_soon_threadsafe(function)
    except RuntimeError:
        return False
    return True


def _resolve(future: "asyncio.Future[T]", result: outcome.Outcome[T]) -> None:
    if future.done():
        return
    if isinstance(result, outcome.Value):
        future.set_result(result.value)
    elif not isinstance(result, outcome.Error) or isinstance(result.error, asyncio.CancelledError):
        future.cancel()
    else:
        future.set_exception(result.error)


async def _ended(future: "asyncio.Future[Any]") -> None:
    """Wait for a future whose result nobody wants any more, whoever cancels that again.

    Raises:
        BaseException: The error that it ended with, if it was not cancelled.
    """
    while not future.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({future})
    if not future.cancelled():
        future.result()
