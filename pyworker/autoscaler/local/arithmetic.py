"""Numbers that the book-keeping rests on: sums that lose nothing, averages over time, and maps
that stay bounded. Pure.
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class ExactSum:
    """A running sum whose value is the exact sum rounded once, as `math.fsum` gives it.

    Fractions and not `fsum` partials, because amounts are also taken away again. Their size is
    bounded: a float has at most 1074 binary places.
    """

    def __init__(self) -> None:
        self._total = Fraction(0)

    def add(self, amount: float) -> None:
        """Add a finite number."""
        self._total += Fraction(amount)

    def subtract(self, amount: float) -> None:
        """Take a finite number away."""
        self._total -= Fraction(amount)

    def __float__(self) -> float:
        return float(self._total)

    def __repr__(self) -> str:
        return f"<ExactSum {float(self)!r}>"


class RollingAverage:
    """An average in which what is `window` seconds old weighs 1/e of what is new."""

    def __init__(self, window: float) -> None:
        self._window = window
        self._value: float | None = None

    def add(self, value: float, seconds: float) -> None:
        """Note that `value` held for the last `seconds`."""
        if self._value is None:
            self._value = value
        elif seconds > 0:
            weight = -math.expm1(-seconds / self._window)
            self._value += weight * (value - self._value)

    def __float__(self) -> float:
        return 0.0 if self._value is None else self._value


class Newest(Generic[K, V]):
    """A map that holds at most `most` entries: the one that was put longest ago leaves first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: dict[K, V] = {}

    def put(self, key: K, value: V) -> V | None:
        """Store `value` as the newest entry.

        Returns:
            The value of another key that had to leave, or None.
        """
        self._entries.pop(key, None)
        self._entries[key] = value
        if len(self._entries) <= self._most:
            return None
        return self._entries.pop(next(iter(self._entries)))

    def get(self, key: K) -> V | None:
        """The value of `key`, or None."""
        return self._entries.get(key)

    def pop(self, key: K) -> V | None:
        """Remove and return the value of `key`, or None."""
        return self._entries.pop(key, None)

    def oldest(self) -> tuple[K, V] | None:
        """The entry that would leave first, or None when empty."""
        return next(iter(self._entries.items()), None)

    def values(self) -> Iterator[V]:
        """From the oldest to the newest."""
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries
