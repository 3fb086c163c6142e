"""What became of jobs: each request id has one place, whoever asks with it."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import trio

# Ids whose end `/cancel` still knows; the wrapper forgets them by time.
_KEPT = 256

Status = Literal["completed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a job.

    Attributes:
        code: Of the answer: 200, 499, 500 or 503.
        id: Of the request.
        status, message: In the wrapper's words.
        output: The files, as the wrapper lists them.
        timings: In milliseconds.
    """

    code: int
    id: str
    status: Status
    message: str
    output: tuple[Mapping[str, Any], ...] = ()
    timings: Mapping[str, int] | None = None


class Place:
    """Takes the first result of the jobs of one id.

    Attributes:
        result: None while they are at work.
    """

    def __init__(self) -> None:
        self.result: Result | None = None
        self._jobs: set[trio.CancelScope] = set()

    @contextmanager
    def job(self) -> Generator[trio.CancelScope]:
        """One of its jobs, whose scope is cancelled when the result comes from elsewhere."""
        scope = trio.CancelScope()
        self._jobs.add(scope)
        try:
            with scope:
                yield scope
        finally:
            self._jobs.remove(scope)

    def settle(self, result: Result) -> None:
        """Take the result, unless there is one."""
        if self.result is None:
            self.result = result
            for scope in self._jobs:
                scope.cancel()


class Places:
    """The places of all ids that are at work, and of those that ended last."""

    def __init__(self) -> None:
        self._by_id: dict[str, Place] = {}

    def find(self, id_: str) -> Place | None:
        """The place of that id, if it is known."""
        return self._by_id.get(id_)

    def open(self, id_: str) -> Place:
        """The place for one more job: that of another which is at work, or a new one."""
        place = self._by_id.pop(id_, None)
        if place is None or place.result is not None:
            place = Place()
        self._by_id[id_] = place
        ended = [old for old, known in self._by_id.items() if known.result is not None]
        for old in ended[:-_KEPT]:
            del self._by_id[old]
        return place
