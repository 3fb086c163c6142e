"""What the load generator is told, and what it tells back; both travel as JSON."""

import json
import time
from dataclasses import asdict, dataclass, field
from typing import Literal

from benchmarks.proxy.cpuclock import cpu_seconds, machine_seconds

Kind = Literal["json", "events", "ttft", "body"]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One case against one server. Times are seconds."""

    kind: Kind
    url: str  # of the server, also what the signature covers
    signature: str
    server_pids: tuple[int, ...]
    model_pid: int
    connections: int = 1
    warm_up: float = 0.5
    window: float = 3.0  # what is measured, after the warm-up
    events: int = 1  # per stream
    requests: int = 1  # kind "body"
    body_bytes: int = 0  # kind "body"
    timeout: float = 60.0  # for all of it; what is unfinished then counts as an error

    @property
    def port(self) -> int:
        """The port in the URL."""
        return int(self.url.rpartition(":")[2])

    def to_json(self) -> str:
        """The text for the load generator."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Spec":
        """What the load generator was given."""
        return cls(**json.loads(text))


# How many errors are told in words; the others are only counted.
MOST_EXAMPLES = 3


@dataclass
class Result:
    """Figures by name, and what was wrong: with one error none of the figures counts."""

    figures: dict[str, float] = field(default_factory=dict[str, float])
    errors: int = 0
    examples: list[str] = field(default_factory=list[str])

    def wrong(self, text: str) -> None:
        """Count an error."""
        self.errors += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(text)

    def to_json(self) -> str:
        """The text for the benchmark."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: bytes) -> "Result":
        """The load generator's answer."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Reading:
    """The clocks of everybody taking part, at one moment."""

    wall: float
    server: float
    model: float
    load: float
    machine: float

    @classmethod
    def take(cls, spec: Spec) -> "Reading":
        """Read the clocks now."""
        return cls(
            time.perf_counter(),
            cpu_seconds(spec.server_pids),
            cpu_seconds([spec.model_pid]),
            time.process_time(),
            machine_seconds(),
        )

    def busy_until(self, later: "Reading") -> dict[str, float]:
        """The share of one core that each of the three, and all others, used in between."""
        wall = later.wall - self.wall
        server, model = later.server - self.server, later.model - self.model
        load, machine = later.load - self.load, later.machine - self.machine
        return {
            "server_busy": server / wall,
            "model_busy": model / wall,
            "load_busy": load / wall,
            "others_busy": max(machine - server - model - load, 0.0) / wall,
        }


def quantile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
