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
        first: Until the first token of a stream, else until the first byte of the answer.
        total: Until the last byte, or the failure.
        gaps: Between two tokens of a stream.
        tokens: Events of a stream that brought some text.
        size: Bytes of the body.
        error: Empty for a good answer, else a few words to count it under.
        told: What was said about the error.
    """

    planned: float
    lag: float = 0.0
    workload: float = 0.0
    worker: str = ""
    routed: float = 0.0
    first: float = 0.0
    total: float = 0.0
    gaps: list[float] = field(default_factory=list[float])
    tokens: int = 0
    size: int = 0
    error: str = ""
    told: str = ""


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


@dataclass(frozen=True, slots=True)
class Failures:
    """Requests that failed in one way: how many, after how long, and what one of them was told."""

    count: int
    after: Spread
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of a run.

    Attributes:
        seconds: From the first planned start to the last end.
        requests, served: How many have ended, and how many with a good answer.
        rate, workload_rate, token_rate: Good answers, their workload, and their tokens, a second.
        lag, routed, latency, ttft, inter_token: Spreads over the good answers, lag over all; None
            without any. TTFT is the time to the first token, or byte if nothing was streamed.
        errors: By kind, the most frequent first.
        workers: Requests served by each worker.
        bottleneck: Why the figures are this client's own, as a sentence; empty when they are not.
        cpu: Share of one core that this process used.
    """

    seconds: float
    requests: int
    served: int
    rate: float
    workload_rate: float
    token_rate: float
    lag: Spread | None
    routed: Spread | None
    latency: Spread | None
    ttft: Spread | None
    inter_token: Spread | None
    errors: dict[str, Failures]
    workers: dict[str, int]
    bottleneck: str
    cpu: float

    @property
    def spreads(self) -> dict[str, Spread]:
        """Those that there are, by their names."""
        named = {
            "latency": self.latency,
            "TTFT": self.ttft,
            "inter-token": self.inter_token,
            "until routed": self.routed,
            "late start": self.lag,
        }
        return {name: spread for name, spread in named.items() if spread is not None}

    def as_json(self) -> dict[str, Any]:
        """Everything, for a file."""
        spreads = ("latency", "ttft", "inter_token", "routed", "lag")
        found: dict[str, Spread | None] = {name: getattr(self, name) for name in spreads}
        return {
            "seconds": self.seconds,
            "requests": self.requests,
            "served": self.served,
            "requests_per_second": self.rate,
            "workload_per_second": self.workload_rate,
            "tokens_per_second": self.token_rate,
            **{name: each and each.as_json() for name, each in found.items()},
            "errors": {
                kind: {
                    "count": failed.count,
                    "after": failed.after.as_json(),
                    "example": failed.example,
                }
                for kind, failed in self.errors.items()
            },
            "workers": self.workers,
            "client_cpu": self.cpu,
            "bottleneck": self.bottleneck,
        }


def summarise(
    samples: Sequence[Sample], *, cpu_seconds: float = 0.0, delays: Sequence[float] = ()
) -> Summary:
    """The figures over finished requests.

    Args:
        samples: Of them.
        cpu_seconds: What this process used meanwhile.
        delays: How late this process was each time that it wanted to run, seconds.
    """
    good = [sample for sample in samples if not sample.error]
    seconds = max((sample.planned + sample.total for sample in samples), default=0.0)
    cpu = _per(cpu_seconds, seconds)
    return Summary(
        seconds=seconds,
        requests=len(samples),
        served=len(good),
        rate=_per(len(good), seconds),
        workload_rate=_per(math.fsum(sample.workload for sample in good), seconds),
        token_rate=_per(sum(sample.tokens for sample in good), seconds),
        lag=spread([sample.lag for sample in samples]),
        routed=spread([sample.routed for sample in good]),
        latency=spread([sample.total for sample in good]),
        ttft=spread([sample.first for sample in good]),
        inter_token=spread([gap for sample in good for gap in sample.gaps]),
        errors=_failures(samples),
        workers=dict(Counter(sample.worker for sample in good).most_common()),
        bottleneck=_bottleneck([sample.lag for sample in samples], delays, cpu),
        cpu=cpu,
    )


def _per(amount: float, seconds: float) -> float:
    return amount / seconds if seconds > 0 else 0.0


def _failures(samples: Sequence[Sample]) -> dict[str, Failures]:
    kinds: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.error:
            kinds.setdefault(sample.error, []).append(sample)
    ordered = sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    return {
        kind: Failures(len(failed), after, failed[0].told)
        for kind, failed in ordered
        if (after := spread([sample.total for sample in failed])) is not None
    }


# A core that is full, a start or a wake-up that is late, make the server look slow.
_FULL_CORE = 0.9
_LATE_SECONDS = 0.05
# One in a hundred; and never a single one, which the first request of a process may be.
_LATE_SHARE, _LATE_LEAST = 0.01, 2


def _bottleneck(lags: Sequence[float], delays: Sequence[float], cpu: float) -> str:
    if cpu > _FULL_CORE:
        return f"this client used {cpu:.0%} of a core: the figures are partly its own"
    if late := _late(lags):
        return (
            f"{late} of {len(lags)} requests started over {_LATE_SECONDS * 1000:.0f} ms late,"
            f" up to {max(lags) * 1000:.0f} ms: this client was too slow"
        )
    if late := _late(delays):
        return (
            f"this client was held up {late} times for over {_LATE_SECONDS * 1000:.0f} ms, up to"
            f" {max(delays) * 1000:.0f} ms: the figures are partly its own"
        )
    return ""


def _late(delays: Sequence[float]) -> int:
    late = sum(delay > _LATE_SECONDS for delay in delays)
    return late if late >= _LATE_LEAST and late > _LATE_SHARE * len(delays) else 0


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
