"""The simulated GPU: slots, the queue before them, and when each token of each request is ready.

All times are Trio's clock, so a test on a virtual clock sees exact ones. The arithmetic of
sharing is in `shares.py`.
"""

import math
from collections import deque
from enum import Enum
from types import TracebackType
from typing import Self, cast

import trio

from pyworker.sim.shares import FairShare

# Progress is a sum of float products; a token counts as ready this much early (in tokens), so that
# a sleep to exactly its time never ends a rounding error before it.
_ROUNDING = 1e-6


class Overloaded(Exception):
    """All slots and all places in the queue are taken."""


class GenerationFailed(Exception):
    """The model died under the request; `str()` is what TGI's router says about it."""


class _Phase(Enum):
    QUEUED = "queued"  # waits for a slot
    PREFILL = "prefill"  # has a slot, reads its prompt
    DECODE = "decode"  # has a slot, shares the model with the others
    LEFT = "left"  # has nothing


class Engine:
    """Runs up to `max_concurrent` requests at once and lets `max_queue` more wait, FIFO.

    Args:
        prefill: Prompt tokens a second, for each request.
        share: The decode rates.
        max_concurrent: Slots.
        max_queue: Places behind them.
    """

    def __init__(
        self, *, prefill: float, share: FairShare, max_concurrent: int, max_queue: int
    ) -> None:
        self.prefill = prefill
        self.share = share
        self.running: set[Job] = set()
        self.finished = 0  # requests answered to their end
        self.cancelled = 0  # requests whose client left
        self.failed = 0  # requests ended by a fault or by the model's death
        self.tokens_generated = 0
        self.failure: str | None = None
        self._queue: deque[Job] = deque()
        self._max_concurrent = max_concurrent
        self._max_queue = max_queue
        self._busy_seconds = 0.0
        self._busy_since = 0.0

    def __repr__(self) -> str:
        return f"<Engine: {len(self.running)} running, {len(self._queue)} queued>"

    @property
    def queued(self) -> int:
        """Requests that wait for a slot."""
        return len(self._queue)

    @property
    def full(self) -> bool:
        """Whether one more request would be refused."""
        return len(self.running) >= self._max_concurrent and len(self._queue) >= self._max_queue

    def seconds_busy(self) -> float:
        """Seconds in which at least one request had a slot."""
        if not self.running:
            return self._busy_seconds
        return self._busy_seconds + trio.current_time() - self._busy_since

    def submit(self, prompt_tokens: int, *, slowness: float = 1.0) -> "Job":
        """Admit or queue one request. Use the job as a context manager: leaving frees its slot.

        Args:
            prompt_tokens: Length of the prompt.
            slowness: How many times longer than normal each of its tokens takes.

        Raises:
            Overloaded: Slots and queue are full.
            GenerationFailed: The model is dead.
        """
        if self.failure is not None:
            raise GenerationFailed(self.failure)
        if self.full:
            raise Overloaded
        job = Job(self, prompt_tokens, slowness)
        if len(self.running) < self._max_concurrent:
            self.admit(job)
        else:
            self._queue.append(job)
        return job

    def fail(self, reason: str) -> None:
        """The model dies: every request in it, and every later one, ends with GenerationFailed."""
        self.failure = reason
        for job in (*self.running, *self._queue):
            job.wake()

    def admit(self, job: "Job") -> None:
        """Give `job` a slot now."""
        now = trio.current_time()
        if not self.running:
            self._busy_since = now
        self.running.add(job)
        job.begin_prefill(now)

    def release(self, job: "Job") -> None:
        """Take `job` out, wherever it is, and let the next one in."""
        now = trio.current_time()
        if job not in self.running:
            self._queue.remove(job)
            return
        self.running.discard(job)
        if not self.running:
            self._busy_seconds += now - self._busy_since
        if job.decoding and self.share.leave(now):
            for other in self.running:
                other.wake()
        if self._queue:
            self.admit(self._queue.popleft())


class Job:
    """One request in the engine, from `submit` to the end of its `with` block.

    It counts as finished if `finish` was called, as cancelled if the block was left by
    cancellation (the client left), and as failed otherwise.
    """

    def __init__(self, engine: Engine, prompt_tokens: int, slowness: float) -> None:
        self.queued_at = trio.current_time()
        self.started_at = math.inf  # until it has a slot
        self._engine = engine
        self._prompt_tokens = prompt_tokens
        self._slowness = slowness
        self._prefilled_at = math.inf
        self._origin = 0.0  # the shared clock when decoding began
        self._taken = 0
        self._wanted = 0
        self._phase = _Phase.QUEUED
        self._finished = False
        self._wake = trio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        engine = self._engine
        # A request that waited for all its tokens at once has spent the GPU's time on some.
        self.take(min(self._wanted, self._ready()))
        engine.release(self)
        self._phase = _Phase.LEFT
        if self._finished:
            engine.finished += 1
        elif _is_cancellation(error):
            engine.cancelled += 1
        else:
            engine.failed += 1

    @property
    def decoding(self) -> bool:
        """Whether it takes part in the shared decode rate."""
        return self._phase is _Phase.DECODE

    def begin_prefill(self, now: float) -> None:
        """It has a slot from `now` on."""
        self._phase = _Phase.PREFILL
        self.started_at = now
        self._prefilled_at = now + self._slowness * self._prompt_tokens / self._engine.prefill
        self.wake()

    def wake(self) -> None:
        """Make a waiting `ready` look again: its slot, its rate or its fate has changed."""
        self._wake.set()

    def finish(self) -> None:
        """The answer is complete."""
        self._finished = True

    def take(self, count: int) -> None:
        """Count `count` of the ready tokens as delivered."""
        self._taken += count
        self._wanted = 0
        self._engine.tokens_generated += count

    async def ready(self, wanted: int, deadline: float = math.inf) -> int:
        """Wait until `wanted` more tokens are ready.

        Args:
            wanted: Tokens beyond those taken, at least 1.
            deadline: When to give up waiting, by Trio's clock; waiting again loses nothing.

        Returns:
            How many are ready: `wanted` or more, or fewer when the deadline has passed.

        Raises:
            GenerationFailed: The model died.
        """
        self._wanted = wanted
        while True:
            self._advance()
            ready = self._ready()
            if ready >= wanted or trio.current_time() >= deadline:
                return ready
            await self._pause(min(deadline, self._time_of(wanted)))

    async def read(self) -> None:
        """Wait until it has had a slot for as long as its prompt takes to be read.

        Raises:
            GenerationFailed: The model died.
        """
        while True:
            self._advance()
            if self._phase is _Phase.DECODE:
                return
            await self._pause(self._prefilled_at)

    def _advance(self) -> None:
        """Go on to decoding if the prompt has been read."""
        if self._engine.failure is not None:
            raise GenerationFailed(self._engine.failure)
        now = trio.current_time()
        if self._phase is _Phase.PREFILL and now >= self._prefilled_at:
            self._phase = _Phase.DECODE
            self._origin = self._engine.share.join(now)

    async def _pause(self, until: float) -> None:
        """Wait for a time, or for a change of its slot, its rate or its fate before that."""
        with trio.move_on_at(until):
            await self._wake.wait()
        if self._wake.is_set():
            self._wake = trio.Event()

    def _ready(self) -> int:
        if self._phase is not _Phase.DECODE:
            return 0
        progress = self._engine.share.progress(trio.current_time()) - self._origin
        return math.floor(progress / self._slowness + _ROUNDING) - self._taken

    def _time_of(self, wanted: int) -> float:
        """When to look again; the wake event covers what this does not know."""
        if self._phase is not _Phase.DECODE:
            return self._prefilled_at
        return self._engine.share.time_of(self._origin + (self._taken + wanted) * self._slowness)


def _is_cancellation(error: BaseException | None) -> bool:
    """Whether it is one, or several from a nursery."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return group.split(trio.Cancelled)[1] is None
    return isinstance(error, trio.Cancelled)
