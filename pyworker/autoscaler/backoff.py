"""Exponential back-off with jitter, for whoever has to ask again. No I/O."""

import random
from dataclasses import dataclass

# The first pause is the rhythm of reports; the longest is short against the minutes after which an
# autoscaler gives a silent worker up.
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 30.0


@dataclass(slots=True)
class Backoff:
    """Pauses of 1, 2, 4, ... 30 s, each between half of that and all of it.

    Half is fixed, so that a pause is never too short to help; half is random, so that a thousand
    workers whose autoscaler comes back do not return in the same second.
    """

    failures: int = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        whole = min(FIRST_SECONDS * 2 ** min(self.failures, 10), LONGEST_SECONDS)
        self.failures += 1
        return whole * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """It worked: the next failure starts anew."""
        self.failures = 0
