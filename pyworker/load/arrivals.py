"""When requests start. Open loop: the next one does not wait for the answer to the last. No I/O."""

import random
from collections.abc import Iterator


def fixed(count: int, rate: float) -> Iterator[float]:
    """Starts at equal distances, seconds from the start of the run."""
    for number in range(count):
        yield number / rate


def poisson(count: int, rate: float, rng: random.Random) -> Iterator[float]:
    """Starts as of many clients that know nothing of each other, `rate` per second on average."""
    at = 0.0
    for _ in range(count):
        yield at
        at += rng.expovariate(rate)
