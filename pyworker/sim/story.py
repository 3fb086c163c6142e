"""What a simulated server says in its log in its life."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyworker.sim.log import Line


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a start and when it comes, in seconds from the start."""

    at: float
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a server logs in its life.

    Attributes:
        boot: Its start until it listens. Without `warming`, its last line says that it is ready,
            or that it failed.
        fails: Whether the start ends with its last line, with code 1.
        taken: What follows when its port is taken: from the address as it prints it, an errno and
            its text.
        crashing, crashed: When it dies, before and after its last answers.
        stopping, stopped: When it is asked to stop, likewise.
        binds_first: It finds out that the port is taken before it loads, not after.
        warming: What follows `boot`, and ends its start, when it takes requests meanwhile; times
            are from when it listens.
    """

    boot: Sequence[Step]
    fails: bool
    taken: Callable[[str, int, str], list[Line]]
    crashing: Sequence[Line]
    crashed: Sequence[Line]
    stopping: Sequence[Line]
    stopped: Sequence[Line]
    binds_first: bool = False
    warming: Sequence[Step] = ()
