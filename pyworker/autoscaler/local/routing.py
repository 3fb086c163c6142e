"""Which worker gets a request: the least expected wait among those that are ready. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ready worker.

    Args:
        load: Workload that waits or runs there.
        max_perf: Workload per second, 0.0 when it never measured itself.
        last_granted: Number of the last grant it got, 0 = never.
    """

    id: int
    load: float
    max_perf: float
    last_granted: int


def expected_wait(load: float, max_perf: float) -> float | None:
    """Seconds until a worker has done `load`; None when its speed is not known and there is some
    to be done.
    """
    if load <= 0:
        return 0.0
    return load / max_perf if max_perf > 0 else None


def choose(candidates: Iterable[Candidate], avoid: int | None = None) -> int | None:
    """The id of the worker that is expected to begin first.

    Ties go to the one used longest ago, so that idle workers take turns. Workers of unknown speed
    come last among those that have work, the least loaded first.

    Args:
        candidates: The ready workers.
        avoid: The worker that a retry comes from: whatever was wrong there may still be, so it is
            taken only when there is no other.

    Returns:
        An id, or None when there is no candidate.
    """
    best = min(candidates, key=lambda candidate: _rank(candidate, avoid), default=None)
    return None if best is None else best.id


def _rank(candidate: Candidate, avoid: int | None) -> tuple[bool, bool, float, int, int]:
    wait = expected_wait(candidate.load, candidate.max_perf)
    return (
        candidate.id == avoid,
        wait is None,
        candidate.load if wait is None else wait,
        candidate.last_granted,
        candidate.id,
    )
