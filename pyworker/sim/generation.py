"""One admitted request: what it says or makes, when it is ready, and what goes wrong with it."""

import math
from collections.abc import Iterable
from types import TracebackType
from typing import NoReturn, Self

import trio

from pyworker.sim.engine import Engine, GenerationFailed
from pyworker.sim.faults import Fault, FaultKind
from pyworker.sim.tgi.wire import Timings
from pyworker.sim.words import Sequence, Token


class FaultStruck(Exception):
    """The request ends here, by the fault it was hit by: cut, crash or error500."""

    def __init__(self, kind: FaultKind) -> None:
        super().__init__(kind.value)
        self.kind = kind


class Placed:
    """A place in the engine, and the fault that strikes it.

    Resource handling: a context manager, which holds the slot or the place in the queue.

    Args:
        engine: Where it runs.
        input_length: Tokens of its prompt.
        most: Tokens at which it ends at the latest.
        fault: What it is hit by.

    Raises:
        Overloaded, GenerationFailed: See `Engine.submit`.
    """

    def __init__(
        self, engine: Engine, *, input_length: int, most: int, fault: Fault | None
    ) -> None:
        slowness = fault.factor if fault and fault.kind is FaultKind.SLOW else 1.0
        self.job = engine.submit(input_length, slowness=slowness)
        self._fault = fault
        self._strikes_at = fault.strikes_at(most) if fault else None

    def __enter__(self) -> Self:
        self.job.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.job.__exit__(kind, error, traceback)

    def _room(self, left: int, done: int) -> int:
        """How many of the `left` tokens come before the fault strikes, when `done` have."""
        if self._strikes_at is None:
            return left
        return min(left, max(0, self._strikes_at - done))

    async def _strike(self) -> NoReturn:
        """The fault's time has come. A hang is over only when the client leaves."""
        assert self._fault is not None
        if self._fault.kind is FaultKind.HANG:
            await trio.sleep_forever()
        raise FaultStruck(self._fault.kind)


class Generation(Placed):
    """A place in the engine together with the text that it produces.

    Args:
        engine: Where it runs.
        sequence: What it says.
        input_length: Tokens of its prompt.
        max_new_tokens: Tokens at which it ends at the latest.
        fault: What it is hit by.
    """

    def __init__(
        self,
        engine: Engine,
        sequence: Sequence,
        *,
        input_length: int,
        max_new_tokens: int,
        fault: Fault | None,
    ) -> None:
        super().__init__(engine, input_length=input_length, most=max_new_tokens, fault=fault)
        self.sequence = sequence

    async def whole(self) -> list[Token]:
        """All tokens, when the last one is ready.

        Raises:
            FaultStruck: The fault's time has come before that.
            GenerationFailed: The model died.
        """
        tokens = self.sequence.take(self._until_strike())
        if tokens:
            await self.job.ready(len(tokens))
            self.job.take(len(tokens))
        if self.sequence.left:
            await self._strike()
        return tokens

    async def some(self, deadline: float = math.inf) -> list[Token]:
        """The tokens that are ready, at least one; none when `deadline` passes before.

        More than one are ready when the client reads more slowly than the model writes, or this
        process gets too little CPU: then they go out together.

        Raises:
            FaultStruck: The fault's time has come.
            GenerationFailed: The model died.
        """
        room = self._until_strike()
        if room == 0:
            await self._strike()
        ready = await self.job.ready(1, deadline)
        tokens = self.sequence.take(min(ready, room))
        self.job.take(len(tokens))
        return tokens

    def timings(self, begun_at: float) -> Timings:
        """Where the time went until now, for a request that arrived at `begun_at`."""
        now = trio.current_time()
        return Timings(
            total=now - begun_at,
            validation=self.job.queued_at - begun_at,
            queue=self.job.started_at - self.job.queued_at,
            inference=now - self.job.started_at,
            generated_tokens=self.sequence.length,
        )

    def _until_strike(self) -> int:
        """Tokens until the fault strikes or the text is at its end."""
        return self._room(self.sequence.left, self.sequence.length)


class Work(Placed):
    """A place in the engine for what has no words: vectors, sounds, pictures.

    Args:
        engine: Where it runs.
        input_length: Tokens of its prompt.
        tokens: How much there is to do beyond reading that, in the engine's tokens.
        fault: What it is hit by.
    """

    def __init__(
        self, engine: Engine, *, input_length: int, tokens: int, fault: Fault | None
    ) -> None:
        super().__init__(engine, input_length=input_length, most=tokens, fault=fault)
        self.tokens = tokens
        self.done = 0

    @property
    def left(self) -> int:
        """Tokens that have not been taken."""
        return self.tokens - self.done

    async def whole(self) -> None:
        """Wait until all of it is done.

        Raises:
            FaultStruck: The fault's time has come before that.
            GenerationFailed: The model died.
        """
        await self.job.read()
        # Without tokens it is all reading, and what strikes at once strikes at its end.
        if not self.tokens and self._strikes_at == 0:
            await self._strike()
        while self.left:
            await self.some(self._room(self.left, self.done))

    async def some(self, wanted: int = 1) -> int:
        """Wait for `wanted` more tokens, or the last ones; gives how many are ready.

        Raises:
            FaultStruck: The fault's time has come.
            GenerationFailed: The model died.
        """
        room = self._room(self.left, self.done)
        if room == 0:
            await self._strike()
        ready = min(await self.job.ready(min(max(wanted, 1), room)), room)
        self.job.take(ready)
        self.done += ready
        return ready


async def side_by_side(places: Iterable[Work | Generation]) -> list[list[Token] | None]:
    """Wait for all of several places; the first that fails ends the wait for the others.

    Returns:
        The tokens of each generation, in their order.

    Raises:
        FaultStruck, GenerationFailed: That one's.
    """
    done: dict[int, list[Token] | None] = {}
    failed: list[FaultStruck | GenerationFailed] = []

    async def wait(number: int, place: Work | Generation, scope: trio.CancelScope) -> None:
        try:
            done[number] = await place.whole()
        except (FaultStruck, GenerationFailed) as error:
            failed.append(error)
            scope.cancel()

    async with trio.open_nursery() as nursery:
        for number, place in enumerate(places):
            nursery.start_soon(wait, number, place, nursery.cancel_scope)
    if failed:
        raise failed[0]
    return [done[number] for number in sorted(done)]
