"""Readiness: one small state machine that says whether the model can serve, and why not. No I/O.

starting -> loading -> benchmarking -> confirming -> ready
starting -> confirming                  (no model is loaded and nothing measured)
loading -> confirming                   (nothing is measured)
any of them -> errored -> benchmarking | confirming | ready     (errors heal)
any of them -> draining                                          (for good)
"""

import enum
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

log = logging.getLogger(__name__)


class Phase(enum.Enum):
    """Where the worker is; each value is the word on the wire of /ready."""

    STARTING = "starting"
    LOADING = "loading"
    BENCHMARKING = "benchmarking"
    CONFIRMING = "confirming"
    READY = "ready"
    ERRORED = "errored"
    DRAINING = "draining"

    @property
    def sentence(self) -> str:
        """What it means, for people."""
        return _SENTENCES[self]


_SENTENCES = {
    Phase.STARTING: "The worker starts.",
    Phase.LOADING: "The model server loads its model.",
    Phase.BENCHMARKING: "The model answers; its throughput is measured, or a known one checked.",
    Phase.CONFIRMING: "The throughput is known; last checks before requests are served.",
    Phase.READY: "Requests are served.",
    Phase.ERRORED: "The model server is broken; requests are refused until it is well again.",
    Phase.DRAINING: "The worker stops; requests in flight are finished, new ones are refused.",
}

_NEXT = {
    Phase.STARTING: {Phase.LOADING, Phase.CONFIRMING},
    Phase.LOADING: {Phase.BENCHMARKING, Phase.CONFIRMING},
    Phase.BENCHMARKING: {Phase.CONFIRMING},
    Phase.CONFIRMING: {Phase.READY},
    Phase.READY: set[Phase](),
    # A restarted model server begins anew or, measured already, is only confirmed.
    Phase.ERRORED: {Phase.BENCHMARKING, Phase.CONFIRMING, Phase.READY},
}


@dataclass(slots=True)
class Readiness:
    """The phase and what belongs to it.

    Args:
        on_change: Called after every change of phase or error: a report goes out at once.
        clock: Seconds, monotonic.

    Attributes:
        error: "" or why the worker cannot serve, one sentence.
        max_perf: Throughput, workload/s; 0.0 before it is known.
        load_time: Seconds from start to the first time ready; 0.0 before.
        waits_for: What the phase waits for, for people; "" when for nothing.
    """

    on_change: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.monotonic
    phase: Phase = Phase.STARTING
    error: str = ""
    max_perf: float = 0.0
    load_time: float = 0.0
    waits_for: str = ""
    _started_at: float = field(init=False)
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self._started_at = self._since = self.clock()

    @property
    def ready(self) -> bool:
        """Whether requests are served now."""
        return self.phase is Phase.READY

    @property
    def seconds_in_phase(self) -> float:
        """Since when the phase holds."""
        return self.clock() - self._since

    def loading(self, waits_for: str) -> None:
        """The worker waits for the model to load."""
        self._enter(Phase.LOADING, waits_for)

    def wait_for(self, what: str) -> None:
        """Within a phase, the worker waits for something else now."""
        if self.ready:
            return
        self.waits_for = what
        if what:
            log.debug("%s: waits for %s", self.phase.value, what)

    def benchmarking(self) -> None:
        """The model says it is loaded; it is being measured."""
        self._enter(Phase.BENCHMARKING)

    def confirming(self, max_perf: float, waits_for: str) -> None:
        """The throughput is `max_perf` workload/s."""
        if not max_perf > 0:
            raise ValueError(f"a throughput of {max_perf} is not one to be ready with")
        self.max_perf = max_perf
        self._enter(Phase.CONFIRMING, waits_for)

    def serve(self) -> None:
        """All is well: ready."""
        if not self.load_time:
            self.load_time = self.clock() - self._started_at
        self._enter(Phase.READY)

    def fail(self, error: str) -> None:
        """The model server is broken, in a sentence."""
        if not error:
            raise ValueError("an error needs a sentence")
        if self.phase is Phase.DRAINING or (self.phase is Phase.ERRORED and self.error == error):
            return
        self._change(Phase.ERRORED, error, "")

    def drain(self) -> None:
        """The worker stops. Nothing leaves this phase."""
        if self.phase is not Phase.DRAINING:
            self._change(Phase.DRAINING, self.error, "")

    def as_json(self) -> dict[str, object]:
        """The body of /ready."""
        return {
            "ready": self.ready,
            "phase": self.phase.value,
            "message": self.error or self.phase.sentence,
            "waits_for": self.waits_for,
            "seconds_in_phase": round(self.seconds_in_phase, 3),
            "max_perf": self.max_perf,
            "load_time": self.load_time,
        }

    def _enter(self, phase: Phase, waits_for: str = "") -> None:
        if self.phase is Phase.DRAINING:
            return
        if phase not in _NEXT[self.phase]:
            raise ValueError(f"no way from {self.phase.value} to {phase.value}")
        self._change(phase, "", waits_for)

    def _change(self, phase: Phase, error: str, waits_for: str) -> None:
        took = self.seconds_in_phase
        level = logging.ERROR if phase is Phase.ERRORED else logging.INFO
        told = error or phase.sentence
        waiting = f" Waits for {waits_for}." if waits_for else ""
        log.log(
            level, "%s -> %s after %.1f s: %s%s", self.phase.value, phase.value, took, told, waiting
        )
        self.phase, self.error, self.waits_for = phase, error, waits_for
        self._since = self.clock()
        self.on_change()
