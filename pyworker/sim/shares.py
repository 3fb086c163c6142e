"""How fast tokens come when several requests share one model: processor sharing, exactly.

A pure room. All decoding requests run at one common rate, which changes only when one joins or
leaves. So progress is counted on one shared clock of its own, in tokens: a request that joined
when it read 100 has its third token when it reads 103, whatever the rate did in between.
"""


class FairShare:
    """The common rate of the running requests, and the progress that follows from it.

    Args:
        alone: Tokens a second of a request that runs alone.
        together: Ceiling in tokens a second over all running requests; None for no ceiling.
    """

    def __init__(self, alone: float, together: float | None) -> None:
        self._alone = alone
        self._together = together
        self._members = 0
        self._progress = 0.0  # tokens, at the time of the last change
        self._changed_at = 0.0  # seconds

    def __repr__(self) -> str:
        return f"<FairShare: {self._members} running at {self.rate:g} tokens/s each>"

    @property
    def rate(self) -> float:
        """Tokens a second that each running request gets now."""
        if self._together is None or self._members == 0:
            return self._alone
        return min(self._alone, self._together / self._members)

    def progress(self, now: float) -> float:
        """What the shared clock reads at time `now`, in tokens."""
        return self._progress + (now - self._changed_at) * self.rate

    def time_of(self, progress: float) -> float:
        """When the shared clock will read `progress`, if nobody joins or leaves until then."""
        return self._changed_at + (progress - self._progress) / self.rate

    def join(self, now: float) -> float:
        """One more request decodes from `now` on.

        Returns:
            What the shared clock reads now: where this request's own count begins.
        """
        self._settle(now)
        self._members += 1
        return self._progress

    def leave(self, now: float) -> bool:
        """One request less.

        Returns:
            Whether the rate of those that stay has risen, so that their tokens come sooner.
        """
        before = self.rate
        self._settle(now)
        self._members -= 1
        return self._members > 0 and self.rate > before

    def _settle(self, now: float) -> None:
        self._progress = self.progress(now)
        self._changed_at = now
