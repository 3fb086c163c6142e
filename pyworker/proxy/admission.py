"""Admission: may this request come in, and when is its turn? The queue is honest: bounded, first in
first out per handler, with a deadline for those who wait and an answer for those who may not.
"""

import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio

from pyworker.errors import QueueFull
from pyworker.worker import HandlerConfig

# Retry-After, seconds: long enough to matter, short enough that a client comes back to a worker
# that was only busy for a moment.
_RETRY_AFTER_MIN = 1
_RETRY_AFTER_MAX = 60


def expected_wait(load: float, max_perf: float) -> float:
    """Seconds until `load` (workload running and queued) is done at `max_perf` workload/s."""
    if load <= 0:
        return 0.0
    return load / max_perf if max_perf > 0 else math.inf


class Queues:
    """The queues that handlers share by naming them."""

    def __init__(self) -> None:
        self._named: dict[str, trio.Semaphore] = {}

    def turns(self, handler: HandlerConfig) -> trio.Semaphore | None:
        """The turns of a handler; None when it has no limit."""
        at_a_time = handler.concurrency
        if at_a_time is None:
            return None
        # trio.Semaphore wakes its waiters in the order in which they came.
        turns = trio.Semaphore(at_a_time, max_value=at_a_time)
        return self._named.setdefault(handler.queue, turns) if handler.queue else turns


class Admission:
    """The gate of one handler.

    Args:
        handler: Whose.
        queues: Those that handlers share.
    """

    def __init__(self, handler: HandlerConfig, queues: Queues | None = None) -> None:
        self._handler = handler
        self._turns = (queues or Queues()).turns(handler)

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return self._turns.statistics().tasks_waiting if self._turns is not None else 0

    @property
    def _must_wait(self) -> bool:
        return self._turns is not None and self._turns.value == 0

    def check(self, load: float, max_perf: float) -> None:
        """Refuse a request that would wait too long.

        Args:
            load: Workload running and queued in the whole worker, without this request.
            max_perf: Benchmarked throughput, workload per second.

        Raises:
            QueueFull: The expected wait or the queue is over the handler's limit.
        """
        limit = self._handler.max_queue_time
        wait = expected_wait(load, max_perf)
        if limit is not None and wait > limit:
            raise QueueFull(
                f"the expected wait is {wait:.1f} s; the limit is {limit:g} s",
                detail={"expected_wait": wait if math.isfinite(wait) else None},
                retry_after=_retry_after(wait - limit),
            )
        if self._must_wait and self.waiting >= self._handler.max_queue:
            raise QueueFull(
                f"{self.waiting} requests wait already; that is the limit",
                retry_after=_retry_after(wait),
            )

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait for the request's turn and hold it.

        Raises:
            QueueFull: The turn did not come within the handler's `max_queue_time`.
        """
        if self._turns is None:
            yield
            return
        try:
            # A turn that is free is had at once, also by who may not wait at all.
            self._turns.acquire_nowait()
        except trio.WouldBlock:
            await self._wait(self._turns)
        try:
            yield
        finally:
            self._turns.release()

    async def _wait(self, turns: trio.Semaphore) -> None:
        limit = self._handler.max_queue_time
        with trio.move_on_after(math.inf if limit is None else limit) as scope:
            await turns.acquire()
        if scope.cancelled_caught:
            raise QueueFull(
                f"waited {limit:g} s in the queue; that is the limit", retry_after=_RETRY_AFTER_MIN
            )


def _retry_after(seconds: float) -> int:
    return math.ceil(min(max(seconds, _RETRY_AFTER_MIN), _RETRY_AFTER_MAX))
