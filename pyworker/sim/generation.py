"""One admitted request: what it says, when each token is ready, and what goes wrong with it."""

import math
from types import TracebackType
from typing import NoReturn, Self

import trio

from pyworker.sim.engine import Engine
from pyworker.sim.faults import Fault, FaultKind
from pyworker.sim.tgi.wire import Timings
from pyworker.sim.words import Sequence, Token


class FaultStruck(Exception):
    """The request ends here, by the fault it was hit by: cut, crash or error500."""

    def __init__(self, kind: FaultKind) -> None:
        super().__init__(kind.value)
        self.kind = kind


class Generation:
    """A place in the engine together with the text that it produces.

    Resource handling: a context manager, which holds the slot or the place in the queue.

    Args:
        engine: Where it runs.
        sequence: What it says.
        input_length: Tokens of its prompt.
        fault: What it is hit by.
        max_new_tokens: Tokens at which it ends at the latest.

    Raises:
        Overloaded, GenerationFailed: See `Engine.submit`.
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
        slowness = fault.factor if fault and fault.kind is FaultKind.SLOW else 1.0
        self.sequence = sequence
        self.job = engine.submit(input_length, slowness=slowness)
        self._fault = fault
        self._strikes_at = fault.strikes_at(max_new_tokens) if fault else None

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

    async def whole(self) -> list[Token]:
        """All tokens, when the last one is ready.

        Raises:
            FaultStruck: The fault's time has come before that.
            GenerationFailed: The model died.
        """
        tokens = self.sequence.take(self._room())
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
        room = self._room()
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

    def _room(self) -> int:
        """Tokens until the fault strikes or the text is at its end."""
        left = self.sequence.left
        if self._strikes_at is None:
            return left
        return min(left, max(0, self._strikes_at - self.sequence.length))

    async def _strike(self) -> NoReturn:
        """The fault's time has come. A hang is over only when the client leaves."""
        assert self._fault is not None
        if self._fault.kind is FaultKind.HANG:
            await trio.sleep_forever()
        raise FaultStruck(self._fault.kind)
