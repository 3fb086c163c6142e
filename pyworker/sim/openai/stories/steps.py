"""Lines of a story, by their texts and by when they come."""

from collections.abc import Callable

from pyworker.sim.log import Line, PlainLine
from pyworker.sim.story import Step


def plain(*texts: str) -> list[Line]:
    """These lines, as they are."""
    return [PlainLine(text) for text in texts]


def steps(
    total: float, *shares: tuple[float, str], line: Callable[[str], Line] = PlainLine
) -> list[Step]:
    """Lines by the share of `total` seconds after which they come."""
    return [Step(total * share, line(text)) for share, text in shares]
