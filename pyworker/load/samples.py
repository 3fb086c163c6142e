"""What became of each request, and the figures over all of them. No I/O."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

PERCENTILES = (50, 90, 95, 99)


@dataclass(slots=True, kw_only=True)
class Sample:
    """One request. Times are seconds; those after `planned` count from it.

    Counting from the planned start and not from the real one keeps a client that is late from
    making the server look fast.

    Attributes:
        planned: When it should start, from the start of the run.
        lag: How much later it did start.
        workload: What it cost, in the worker's unit.
        worker: URL of the worker that served it.
        routed: Until there was a worker.
        first: Until the first byte of the answer's body.
        total: Until the last byte, or the failure.
        gaps: Between the pieces of a streamed answer.
        size: Bytes of the body.
        error: Empty for a good answer, else a few words to count it under.
    """

    planned: float
    lag: float = 0.0
    workload: float = 0.0
    worker: str = ""
    routed: float = 0.0
    first: float = 0.0
    total: float = 0.0
    gaps: list[float] = field(default_factory=list[float])
    size: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """How a figure is spread over requests, seconds."""

    mean: float
    percentiles: dict[int, float]
    maximum: float

    def as_json(self) -> dict[str, float]:
        """By name: mean, p50, p90, p95, p99, max."""
        named = {f"p{percent}": value for percent, value in self.percentiles.items()}
        return {"mean": self.mean, **named, "max": self.maximum}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of a run.

    Attributes:
        seconds: From the first planned start to the last end.
        requests, served: How many were sent, and how many had a good answer.
        workload_rate: Workload served per second.
        lag, routed, first, total, gap: Spreads over the good answers, lag over all; None
            without any.
        errors: How many of each kind.
        workers: Requests served by each worker.
        cpu: Share of one core that this process used.
    """

    seconds: float
    requests: int
    served: int
    workload_rate: float
    lag: Spread | None
    routed: Spread | None
    first: Spread | None
    total: Spread | None
    gap: Spread | None
    errors: dict[str, int]
    workers: dict[str, int]
    cpu: float

    @property
    def bottleneck(self) -> str:
        """Why the figures are this client's own, as a sentence; empty when they are not."""
        # A core that is full, or starts that are late, make the server look slow.
        if self.cpu > _FULL_CORE:
            return f"this client used {self.cpu:.0%} of a core: the figures are partly its own"
        if self.lag is not None and self.lag.percentiles[99] > _LATE_SECONDS:
            late = self.lag.percentiles[99] * 1000
            return f"1 in 100 requests started over {late:.0f} ms late: the client was too slow"
        return ""

    def as_json(self) -> dict[str, Any]:
        """Everything, for a file."""
        spreads = {
            name: spread.as_json() if spread is not None else None
            for name, spread in (
                ("lag", self.lag),
                ("routed", self.routed),
                ("first_byte", self.first),
                ("total", self.total),
                ("between_pieces", self.gap),
            )
        }
        return {
            "seconds": self.seconds,
            "requests": self.requests,
            "served": self.served,
            "requests_per_second": self.served / self.seconds if self.seconds > 0 else 0.0,
            "workload_per_second": self.workload_rate,
            **spreads,
            "errors": self.errors,
            "workers": self.workers,
            "client_cpu": self.cpu,
            "bottleneck": self.bottleneck,
        }


_FULL_CORE = 0.9
_LATE_SECONDS = 0.05


def summarise(samples: Sequence[Sample], *, cpu_seconds: float = 0.0) -> Summary:
    """The figures over finished requests."""
    good = [sample for sample in samples if not sample.error]
    seconds = max((sample.planned + sample.total for sample in samples), default=0.0)
    served = sum(sample.workload for sample in good)
    return Summary(
        seconds=seconds,
        requests=len(samples),
        served=len(good),
        workload_rate=served / seconds if seconds > 0 else 0.0,
        lag=spread([sample.lag for sample in samples]),
        routed=spread([sample.routed for sample in good]),
        first=spread([sample.first for sample in good]),
        total=spread([sample.total for sample in good]),
        gap=spread([gap for sample in good for gap in sample.gaps]),
        errors=dict(Counter(sample.error for sample in samples if sample.error).most_common()),
        workers=dict(Counter(sample.worker for sample in good).most_common()),
        cpu=cpu_seconds / seconds if seconds > 0 else 0.0,
    )


def spread(values: Sequence[float]) -> Spread | None:
    """Mean, percentiles by the nearest rank, and maximum; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return Spread(
        mean=math.fsum(ordered) / len(ordered),
        percentiles={p: ordered[nearest_rank(p, len(ordered))] for p in PERCENTILES},
        maximum=ordered[-1],
    )


def nearest_rank(percent: float, count: int) -> int:
    """The index among `count` ordered values, of the first that `percent` of them do not pass."""
    return max(math.ceil(percent / 100 * count), 1) - 1
