"""One worker as its reports show it: is it ready, how much work waits there, what it has done.

Pure: `now` is a number of seconds on one clock that never steps back.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from pyworker.autoscaler.local.arithmetic import ExactSum, Newest, RollingAverage
from pyworker.autoscaler.local.received import EndedRequest
from pyworker.autoscaler.local.signing import Form, form_for
from pyworker.autoscaler.local.worker_report import Number, WorkerReport

# ready     loaded, no error, reporting: gets requests
# loading   reporting, but never loaded in this run
# error     its last report has an error_msg
# silent    no report for SILENT_SECONDS, or none yet
WorkerState = Literal["ready", "loading", "error", "silent"]

# Three times the slowest rhythm of reports (10 s): one lost report is no reason to turn away.
SILENT_SECONDS = 30.0
# How long a grant counts as work on its way. The client comes at once and the worker tells of it
# within 1 s, or within 10 s when it reports at its slowest; after that nobody came.
GRANT_SECONDS = 10.0
_PERF_WINDOW = 10.0  # seconds; long enough to smooth reports that come every second
_LOAD_WINDOW = 60.0  # seconds
_PENDING_MOST = 10_000  # grants on their way to one worker; more than any worker can queue


@dataclass(frozen=True, slots=True)
class Pending:
    """A grant whose request its worker has not yet told about."""

    cost: Number
    granted_at: float


@dataclass(slots=True)
class Worker:
    """The book of one worker id. A process that starts again under the same id is a new run."""

    id: int
    first_seen: float
    report: WorkerReport | None = None
    report_at: float = 0.0
    reports: int = 0
    runs: int = 0
    run_at: float = 0.0
    loaded: bool = False
    loaded_at: float | None = None
    loadtime: Number = 0.0  # seconds, the last that was not 0.0 in this run
    refusals: int = 0
    new_load: ExactSum = field(default_factory=ExactSum)
    cur_perf: ExactSum = field(default_factory=ExactSum)
    rej_load: ExactSum = field(default_factory=ExactSum)
    ended: Counter[str] = field(default_factory=Counter[str])
    grants: int = 0
    granted_cost: ExactSum = field(default_factory=ExactSum)
    last_granted: int = 0  # the grant's number, 0 = never; says who was used longest ago
    served_rate: RollingAverage = field(default_factory=lambda: RollingAverage(_PERF_WINDOW))
    average_load: RollingAverage = field(default_factory=lambda: RollingAverage(_LOAD_WINDOW))
    shown_state: WorkerState | None = None
    _pending: Newest[int, Pending] = field(default_factory=lambda: Newest(_PENDING_MOST))
    _pending_cost: ExactSum = field(default_factory=ExactSum)

    def accept(self, report: WorkerReport, now: float) -> None:
        """Take in one report."""
        previous, previous_at = self.report, self.report_at
        if previous is None or _started_again(previous, report):
            self._begin_run(now)
        self.report, self.report_at = report, now
        self.reports += 1
        if report.loadtime > 0:
            self.loadtime = report.loadtime
        if not self.loaded and (report.loadtime > 0 or report.max_perf > 0):
            self.loaded, self.loaded_at = True, now
        if report.has_amounts:
            self.new_load.add(report.new_load or 0)
            self.rej_load.add(report.rej_load or 0)
            self.cur_perf.add(report.cur_perf)
        self._average(report, now - previous_at if previous is not None else 0.0)
        self._settle_pending(report)

    def accept_ended(self, request: EndedRequest) -> None:
        """Take in that one request is over."""
        self.ended[ending_of(request)] += 1
        self._forget_pending(request.request_idx)

    def grant(self, request_idx: int, cost: Number, number: int, now: float) -> None:
        """Note that a client was sent here."""
        self.grants += 1
        self.granted_cost.add(cost)
        self.last_granted = number
        self._forget_pending(request_idx)
        self._pending_cost.add(cost)
        left = self._pending.put(request_idx, Pending(cost, now))
        if left is not None:
            self._pending_cost.subtract(left.cost)

    def withdraw(self, request_idx: int) -> None:
        """Note that the client of `request_idx` was sent to another worker."""
        self._forget_pending(request_idx)

    def state(self, now: float) -> WorkerState:
        """What this worker is good for at `now`."""
        if self.report is None or now - self.report_at >= SILENT_SECONDS:
            return "silent"
        if self.report.error_msg:
            return "error"
        return "ready" if self.loaded else "loading"

    def load(self, now: float) -> float:
        """Workload that waits or runs there: as reported, and granted but not yet told about."""
        # Generation A reports a rate of arrival here: no amount, but the best measure it has.
        reported = float(self.report.cur_load) if self.report is not None else 0.0
        return reported + self.pending_cost(now)

    def pending_cost(self, now: float) -> float:
        """Workload of the grants that are still on their way."""
        while (oldest := self._pending.oldest()) and now - oldest[1].granted_at >= GRANT_SECONDS:
            self._forget_pending(oldest[0])
        return float(self._pending_cost)

    @property
    def pending(self) -> int:
        """How many grants are on their way."""
        return len(self._pending)

    @property
    def max_perf(self) -> float:
        """Workload per second that it measured, 0.0 when it has not."""
        return float(self.report.max_perf) if self.report is not None else 0.0

    @property
    def form(self) -> Form | None:
        """The signature form that its version implies, None before its first report."""
        return form_for(self.report.version) if self.report is not None else None

    def _begin_run(self, now: float) -> None:
        self.runs += 1
        self.run_at = now
        self.loaded, self.loaded_at, self.loadtime = False, None, 0.0

    def _average(self, report: WorkerReport, seconds: float) -> None:
        self.average_load.add(float(report.cur_load), seconds)
        if not report.has_amounts:
            self.served_rate.add(float(report.cur_perf), seconds)
        elif seconds > 0:
            self.served_rate.add(report.cur_perf / seconds, seconds)

    def _settle_pending(self, report: WorkerReport) -> None:
        if report.working_request_idxs is None:
            # Without a list of its requests the report speaks for all that came before it.
            self._pending = Newest(_PENDING_MOST)
            self._pending_cost = ExactSum()
            return
        for request_idx in report.working_request_idxs:
            self._forget_pending(request_idx)

    def _forget_pending(self, request_idx: int) -> None:
        known = self._pending.pop(request_idx)
        if known is not None:
            self._pending_cost.subtract(known.cost)


def ending_of(request: EndedRequest) -> str:
    """The word under which a request that is over is counted.

    Generation C's status, or for generation B, which has no more than `success`: `success`,
    `failure`, or `unstated` for its first form.
    """
    if request.status is not None:
        return request.status
    if request.success is None:
        return "unstated"
    return "success" if request.success else "failure"


def _started_again(before: WorkerReport, after: WorkerReport) -> bool:
    """Whether `after` comes from a new process: neither number ever falls within one run."""
    return (
        after.num_requests_recieved < before.num_requests_recieved
        or after.max_perf == 0 < before.max_perf
    )
