"""A watch over a model server that a test plays: its log, its health endpoint, its throughput."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

from fakes.model_http import ModelHttp, model_http, whole
from pyworker.model.benchmark import BenchmarkFailed
from pyworker.model.health import HealthProbe
from pyworker.model.markers import LogMarkers
from pyworker.model.readiness import Readiness
from pyworker.model.watch import ModelWatch

LOADED, CRASHED, INFO = "model loaded", "Error: crashed", "Download"


@dataclass
class Throughput:
    """What the benchmark finds, and how often it was asked.

    Attributes:
        results: One for each time; the last one stays. A text is a failure.
        seconds: How long each takes.
        began, cancelled: When it did, trio's time.
    """

    results: list[float | str] = field(default_factory=lambda: [99.5])
    seconds: float = 5.0
    began: list[float] = field(default_factory=list[float])
    cancelled: list[float] = field(default_factory=list[float])

    async def measure(self) -> float:
        """Measure."""
        self.began.append(trio.current_time())
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        try:
            await trio.sleep(self.seconds)
        except trio.Cancelled:
            self.cancelled.append(trio.current_time())
            raise
        # The real one ends with a thread that writes a file, and cannot be cancelled there.
        await trio.lowlevel.cancel_shielded_checkpoint()
        if isinstance(result, str):
            raise BenchmarkFailed(result)
        return result


@dataclass
class Watching:
    """The parts, while the watch runs.

    Attributes:
        history: Each change: trio's time, the phase, the error.
        key: Set when the autoscaler's public key is there.
    """

    log: Path
    readiness: Readiness
    model: ModelHttp
    throughput: Throughput
    key: trio.Event
    history: list[tuple[float, str, str]] = field(default_factory=list[tuple[float, str, str]])

    def say(self, *lines: str, end: str = "\n") -> None:
        """The model server writes to its log, in one piece."""
        with self.log.open("a") as writer:
            writer.write("\n".join(lines) + end)

    def note(self) -> None:
        """Take a change down."""
        self.history.append(
            (round(trio.current_time(), 6), self.readiness.phase.value, self.readiness.error)
        )

    @property
    def phases(self) -> list[tuple[float, str]]:
        """The history without the errors."""
        return [(at, phase) for at, phase, _ in self.history]

    async def until_ready(self) -> float:
        """Say that the model is loaded, and wait; gives the time, which is between two looks at
        the log. The history starts there.
        """
        self.say(LOADED)
        while not self.readiness.ready:  # noqa: ASYNC110 - a virtual clock
            await trio.sleep(0.25)
        await trio.sleep(0.1)
        self.history.clear()
        return trio.current_time()


@asynccontextmanager
async def watching(
    folder: Path,
    *,
    probe: bool = True,
    key: bool = True,
    loading: Callable[[bool], Awaitable[str]] | None = None,
) -> AsyncGenerator[Watching]:
    """The watch runs while the block does; a healthy model server that has said nothing yet.

    A line is seen at the next quarter of a second.
    """
    async with model_http(whole()) as model, trio.open_nursery() as nursery:
        watching = Watching(
            folder / "model.log",
            Readiness(clock=trio.current_time),
            model,
            Throughput(),
            trio.Event(),
        )
        watching.log.touch()
        watching.readiness.on_change = watching.note
        if key:
            watching.key.set()
        watch = ModelWatch(
            watching.readiness,
            log_path=watching.log,
            markers=LogMarkers([CRASHED], [LOADED], [INFO]),
            measure=watching.throughput.measure,
            probe=HealthProbe(model.url, "/health") if probe else None,
            key_available=watching.key.wait,
            loading=loading,
            in_thread=False,
        )
        await nursery.start(watch.serve)
        watching.history.clear()
        yield watching
        nursery.cancel_scope.cancel()
