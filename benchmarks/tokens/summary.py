"""From every round's seconds to the figures that are shown."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.tokens.contenders import OURS, REFERENCE
from benchmarks.tokens.texts import Prompts

Figures = dict[str, Any]
MB = 1e6


@dataclass(frozen=True)
class Speed:
    """One contender with one file. MB/s of UTF-8 text; ratios are to the reference's CPU time."""

    cold: float
    warm: float
    cold_ratio: float
    warm_ratio: float
    wrong: tuple[str, ...]  # texts whose prompts it counts otherwise than the reference
    by_size: dict[str, tuple[float, float]]  # cold and warm ratio
    by_text: dict[str, tuple[float, float]]

    @property
    def exact(self) -> bool:
        """Every prompt has the reference's count."""
        return not self.wrong


def speeds(
    rounds: Sequence[dict[str, Figures]], prompts: Prompts, right: dict[str, dict[str, list[int]]]
) -> dict[str, Speed]:
    """Every contender that has figures in all rounds.

    Args:
        rounds: Of each, by contender: the child's figures.
        prompts: What was counted.
        right: The reference's counts without special tokens, by size and text.
    """
    names = [name for name in rounds[0] if all(name in one for one in rounds)]
    medians = {name: _median([one[name] for one in rounds]) for name in names}
    reference = medians[REFERENCE.name]
    size = {
        (length, text): prompts.size_bytes(length, text)
        for length, by_text in prompts.prompts.items()
        for text in by_text
    }
    total = sum(size.values())
    found: dict[str, Speed] = {}
    for name, ours in medians.items():
        cold, warm = (sum(seconds[kind] for seconds in ours.values()) for kind in (0, 1))
        cold_by, warm_by = (sum(seconds[k] for seconds in reference.values()) for k in (0, 1))
        found[name] = Speed(
            cold=total / MB / cold,
            warm=total / MB / warm,
            cold_ratio=cold_by / cold,
            warm_ratio=warm_by / warm,
            wrong=_wrong(name, rounds[0], right),
            by_size=_ratios(reference, ours, 0),
            by_text=_ratios(reference, ours, 1),
        )
    return found


Times = dict[tuple[str, str], tuple[float, float]]


def _median(rounds: Sequence[Figures]) -> Times:
    """By size and text: cold and warm seconds, the median of the rounds."""
    return {
        (size, text): (
            statistics.median(one[size]["cold"][text] for one in rounds),
            statistics.median(one[size]["warm"][text] for one in rounds),
        )
        for size, figures in rounds[0].items()
        for text in figures["cold"]
    }


def _ratios(reference: Times, ours: Times, place: int) -> dict[str, tuple[float, float]]:
    """Summed over the other half of the key."""
    keys = dict.fromkeys(key[place] for key in ours)
    sums = {
        key: [
            [sum(t[kind] for at, t in times.items() if at[place] == key) for kind in (0, 1)]
            for times in (reference, ours)
        ]
        for key in keys
    }
    return {key: (r[0] / o[0], r[1] / o[1]) for key, (r, o) in sums.items()}


def _wrong(
    name: str, results: dict[str, Figures], right: dict[str, dict[str, list[int]]]
) -> tuple[str, ...]:
    """Texts where a count differs.

    A peer may leave out the special tokens that the file puts around a text, but then always.
    """
    special = {size: figures["counts"] for size, figures in results[REFERENCE.name].items()}
    ours = {size: figures["counts"] for size, figures in results[name].items()}
    found = [
        tuple(
            f"{text} at {size}"
            for size, by_text in ours.items()
            for text, counts in by_text.items()
            if counts != expected[size][text]
        )
        for expected in ((special,) if name == OURS.name else (special, right))
    ]
    return min(found, key=len)
