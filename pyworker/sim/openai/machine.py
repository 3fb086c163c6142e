"""The engine behind all routes, and what its faults become for clients."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

from pyworker.sim.engine import Engine, GenerationFailed, Overloaded
from pyworker.sim.faults import Fault, FaultKind, FaultPlan
from pyworker.sim.generation import FaultStruck, Generation, Placed, Work
from pyworker.sim.log import Line, LogWriter
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.reply import Completion
from pyworker.sim.openai.styles.style import Placement, Style
from pyworker.sim.words import Sequence, seed_of

ENGINE_GONE = "EngineCore encountered an issue. See stack trace (above) for the root cause."


class ConnectionCut(Exception):
    """The fault `cut` struck: the client's connection is to be reset."""


class Machine:
    """Where requests run.

    Args:
        engine: Gives them their time.
        plan: The faults that hit them.
        crash: Called when the `crash` fault strikes.
        style: What is logged of them.
        log: Where.
        seed: Chooses what is made for requests that have no seed.
    """

    def __init__(
        self,
        engine: Engine,
        plan: FaultPlan,
        crash: Callable[[], None],
        style: Style,
        log: LogWriter,
        *,
        seed: int,
    ) -> None:
        self.seed = seed
        self._engine = engine
        self._plan = plan
        self._crash = crash
        self._style = style
        self._log = log
        self._placed = 0  # requests so far

    def fault(self) -> Fault | None:
        """What hits the next request; taken once for each.

        Raises:
            ApiError: It is refused.
        """
        fault = self._plan.take_for_request()
        if fault is not None and fault.kind is FaultKind.REFUSE:
            raise _refused()
        return fault

    @contextmanager
    def generating(self, asked: Completion, fault: Fault | None) -> Generator[Generation]:
        """Give a completion its place; its words follow from seed and prompt.

        Raises:
            ApiError: There is no place, or it failed within the block.
            ConnectionCut: The fault struck within the block.
        """
        seed = asked.seed if asked.seed is not None else self.seed
        with self._failing():
            generation = Generation(
                self._engine,
                Sequence(seed_of(seed, asked.text), asked.max_tokens, asked.stop),
                input_length=asked.prompt_tokens,
                max_new_tokens=asked.max_tokens,
                fault=fault,
            )
            with self._logged(generation, asked.prompt_tokens, lambda: generation.sequence.length):
                yield generation

    @contextmanager
    def working(self, fault: Fault | None, *, prompt: int, tokens: int = 0) -> Generator[Work]:
        """Give a request its place that wants no words.

        Args:
            fault: What it is hit by.
            prompt: Tokens that it reads.
            tokens: The work beyond that, in the engine's tokens.

        Raises:
            ApiError: There is no place, or it failed within the block.
            ConnectionCut: The fault struck within the block.
        """
        with self._failing():
            work = Work(self._engine, input_length=prompt, tokens=tokens, fault=fault)
            with self._logged(work, prompt, lambda: work.done):
                yield work

    def told(self, error: GenerationFailed | FaultStruck) -> ApiError:
        """What a client is told whose request failed.

        Raises:
            ConnectionCut: Nothing: it sees a broken answer.
        """
        if isinstance(error, GenerationFailed):
            return ApiError(500, str(error))
        if error.kind is FaultKind.CUT:
            raise ConnectionCut
        if error.kind is FaultKind.CRASH:
            self._crash()
            return ApiError(500, ENGINE_GONE)
        return ApiError(500, "Internal server error")

    @contextmanager
    def _failing(self) -> Generator[None]:
        try:
            yield
        except Overloaded as error:
            raise _refused() from error
        except (GenerationFailed, FaultStruck) as error:
            raise self.told(error) from error

    @contextmanager
    def _logged(self, place: Placed, prompt: int, made: Callable[[], int]) -> Generator[None]:
        self._placed += 1
        number = self._placed

        def now() -> Placement:
            engine = self._engine
            return Placement(number, prompt, made(), len(engine.running), engine.queued)

        try:
            with place:
                self._write(self._style.placed(now()))
                yield
        finally:
            self._write(self._style.released(now()))

    def _write(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self._log.write(line)


def _refused() -> ApiError:
    return ApiError(503, "The server is overloaded")
