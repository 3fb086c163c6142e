"""The ledger: what is running, what was received, served, refused - the truth behind each report.

No I/O. Every request enters and leaves in one `with`, keyed by an object of ours and never by a
number the client chose, so load cannot leak and two requests with one number cannot hide each
other. Amounts since the last acknowledged report live in one `Amounts`; a report takes it away
whole and puts it back if nobody acknowledged it, so nothing is ever lost, doubled, or subtracted
with a rounding error left behind.
"""

import enum
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyworker.autoscaler.wire import FinishedRequest

log = logging.getLogger(__name__)

# Records that wait for the autoscaler: an hour of 10 requests/s while it is away, about 10 MB.
# The oldest leave first: the autoscaler has given those up by itself.
MAX_FINISHED = 36_000


class Outcome(enum.Enum):
    """How a request ended; the values are the wire's words."""

    SUCCESS = "Success"
    ERROR = "Error"
    CANCELLED = "Cancelled"
    REJECTED = "Rejected"


@dataclass(slots=True)
class Amounts:
    """Workload since the last acknowledged report, by what became of it."""

    received: float = 0.0
    cancelled: float = 0.0
    served: float = 0.0
    rejected: float = 0.0

    def add(self, other: "Amounts") -> None:
        """Take in what `other` holds."""
        self.received += other.received
        self.cancelled += other.cancelled
        self.served += other.served
        self.rejected += other.rejected

    @property
    def new_load(self) -> float:
        """What the wire calls new_load."""
        return max(self.received - self.cancelled, 0.0)


@dataclass(eq=False, slots=True)
class Entry:
    """One request in the ledger. Compared by identity: numbers of clients are not unique.

    Attributes:
        request_idx: The autoscaler's number of the request.
        workload: In the unit of the worker's definition.
        entered_at: Unix seconds.
        started_at: Unix seconds when its turn came, 0.0 while it waits.
        outcome: How it ended, None while it runs.
        session: The entry of the session that the request belongs to.
        covered: How much of `workload` the session's cost stands for.
    """

    request_idx: int
    workload: float
    entered_at: float
    started_at: float = 0.0
    outcome: Outcome | None = None
    session: "Entry | None" = None
    covered: float = 0.0


@dataclass(slots=True)
class Ledger:
    """The book of one worker.

    Args:
        on_change: Called after every change that a report should show soon.
        clock: Unix seconds.
    """

    on_change: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.time
    received_count: int = 0
    _working: set[Entry] = field(default_factory=set[Entry])
    _sessions: set[Entry] = field(default_factory=set[Entry])
    _inner: set[Entry] = field(default_factory=set[Entry])
    _amounts: Amounts = field(default_factory=Amounts)
    _finished: deque[FinishedRequest] = field(default_factory=deque[FinishedRequest])
    _dropped: int = 0

    @property
    def load(self) -> float:
        """Workload running, queued, or reserved by open sessions, exactly rounded."""
        entries = (*self._working, *self._sessions, *self._inner)
        return math.fsum(entry.workload for entry in entries)

    @property
    def backlog(self) -> float:
        """Workload running or queued: what a new request has to wait for."""
        return math.fsum(entry.workload for entry in (*self._working, *self._inner))

    @property
    def working(self) -> int:
        """Requests running or queued, and open sessions."""
        return len(self._working) + len(self._sessions)

    def working_request_idxs(self) -> list[int]:
        """The autoscaler's numbers of the requests and sessions in here, oldest first."""
        entries = [*self._working, *self._sessions]
        return [e.request_idx for e in sorted(entries, key=lambda e: e.entered_at)]

    @contextmanager
    def enter(self, request_idx: int, workload: float) -> Generator[Entry]:
        """Count one request in, and out again on every path.

        Leaving without `outcome` set counts as Error for an exception of ours and as Cancelled
        for anything that is not an `Exception` (Trio's cancellation: the client left, or the
        grace period is over).
        """
        entry = Entry(request_idx, workload, self.clock())
        self._working.add(entry)
        self.received_count += 1
        self._amounts.received += workload
        self.on_change()
        try:
            yield entry
        except Exception:
            entry.outcome = entry.outcome or Outcome.ERROR
            raise
        except BaseException:
            entry.outcome = entry.outcome or Outcome.CANCELLED
            raise
        finally:
            self._leave(entry)

    def open_session(self, request_idx: int, cost: float) -> Entry:
        """Count a session in, as a reservation of `cost` that its requests use up.

        It stays until `close_session`; what its requests did not use is taken back then.
        """
        entry = Entry(request_idx, cost, self.clock())
        entry.started_at = entry.entered_at
        self._sessions.add(entry)
        self.received_count += 1
        self._amounts.received += cost
        self.on_change()
        return entry

    def close_session(self, entry: Entry) -> None:
        """Count a session out."""
        self._sessions.remove(entry)
        self._amounts.cancelled += entry.workload
        entry.workload = 0.0
        self._record(entry, Outcome.SUCCESS, self.clock())
        self.on_change()

    @contextmanager
    def enter_within(self, session: Entry, workload: float) -> Generator[Entry]:
        """Count a request of a session in, and out again on every path.

        Its workload is taken from the session's reservation as far as that goes, so that no work
        is counted twice. The autoscaler knows the session and not its requests: they have no
        number there, and no record.
        """
        covered = min(session.workload, workload)
        entry = Entry(session.request_idx, workload, self.clock(), session=session, covered=covered)
        session.workload -= covered
        self._inner.add(entry)
        self._amounts.received += workload - covered
        self.on_change()
        try:
            yield entry
        except BaseException as error:
            failed = Outcome.ERROR if isinstance(error, Exception) else Outcome.CANCELLED
            entry.outcome = entry.outcome or failed
            raise
        finally:
            self._leave_within(session, entry)

    def _leave_within(self, session: Entry, entry: Entry) -> None:
        self._inner.remove(entry)
        outcome = entry.outcome or Outcome.ERROR
        if outcome is Outcome.SUCCESS:
            self._amounts.served += entry.workload
        elif outcome is not Outcome.ERROR:
            # The work was not done: what it had reserved is free again, if its session is.
            self._amounts.cancelled += entry.workload - entry.covered
            if session in self._sessions:
                session.workload += entry.covered
            else:
                self._amounts.cancelled += entry.covered
            if outcome is Outcome.REJECTED:
                self._amounts.rejected += entry.workload
        self.on_change()

    def _leave(self, entry: Entry) -> None:
        self._working.remove(entry)
        outcome = entry.outcome or Outcome.ERROR
        if outcome is Outcome.SUCCESS:
            self._amounts.served += entry.workload
        elif outcome is Outcome.CANCELLED:
            self._amounts.cancelled += entry.workload
        elif outcome is Outcome.REJECTED:
            # It had entered the queue and was sent away: no longer received, but refused.
            self._amounts.cancelled += entry.workload
            self._amounts.rejected += entry.workload
        completed = outcome in (Outcome.SUCCESS, Outcome.ERROR)
        self._record(entry, outcome, completed_at=self.clock() if completed else 0.0)
        self.on_change()

    def reject(self, request_idx: int, workload: float) -> None:
        """Count a granted request that is refused before it enters."""
        self.received_count += 1
        self._amounts.rejected += workload
        self._record(Entry(request_idx, workload, self.clock()), Outcome.REJECTED, 0.0)
        self.on_change()

    def reject_within(self, workload: float) -> None:
        """Count a request of a session that is refused before it enters."""
        self._amounts.rejected += workload
        self.on_change()

    def _record(self, entry: Entry, outcome: Outcome, completed_at: float) -> None:
        self._finished.append(
            FinishedRequest(
                request_idx=entry.request_idx,
                success=outcome in (Outcome.SUCCESS, Outcome.CANCELLED),
                status=outcome.value,
                entered_queue_at=entry.entered_at,
                work_started_at=entry.started_at,
                work_completed_at=completed_at,
            )
        )
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        while len(self._finished) > MAX_FINISHED:
            self._finished.popleft()
            self._dropped += 1
            if self._dropped % 1000 == 1:
                log.warning("autoscaler away: %d records of requests dropped", self._dropped)

    def take_amounts(self) -> Amounts:
        """Take the amounts away for one report; what happens from now on counts anew."""
        taken, self._amounts = self._amounts, Amounts()
        return taken

    def put_back_amounts(self, amounts: Amounts) -> None:
        """The report was not acknowledged: its amounts count again."""
        self._amounts.add(amounts)

    def take_finished(self, limit: int) -> list[FinishedRequest]:
        """Take up to `limit` of the oldest records away for one report."""
        return [self._finished.popleft() for _ in range(min(limit, len(self._finished)))]

    def put_back_finished(self, records: list[FinishedRequest]) -> None:
        """The report was not acknowledged: its records wait again, in their old places."""
        self._finished.extendleft(reversed(records))
        self._drop_oldest()

    @property
    def finished_count(self) -> int:
        """Records that wait to be reported."""
        return len(self._finished)
