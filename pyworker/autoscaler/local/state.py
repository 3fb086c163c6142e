"""Everything the autoscaler knows: its endpoint, workers, logical requests, grants and refusals.

Pure book-keeping: each method is one synchronous step that takes `now`, seconds on one clock that
never steps back. Every map is bounded and its oldest entry leaves first.
"""

from collections import Counter, deque
from dataclasses import dataclass

from pyworker.autoscaler.local.arithmetic import ExactSum, Newest
from pyworker.autoscaler.local.received import EndedBatch, EndedRequest, RouteRequest
from pyworker.autoscaler.local.routing import Candidate, choose
from pyworker.autoscaler.local.signing import Form
from pyworker.autoscaler.local.worker_report import Number, WorkerReport
from pyworker.autoscaler.local.workers import Worker, WorkerState, ending_of

# More than a local fleet has; at about 5 KB each it stays in a few MiB.
WORKERS_MOST = 1000
# Logical requests that can be polled or retried. A client's request is over within minutes, so
# this allows tens of new requests a second.
REQUESTS_MOST = 10_000
RECORDS_KEPT = 1000  # requests that are over, as /state shows them
GRANTS_KEPT = 100
REFUSALS_KEPT = 100
CHANGES_KEPT = 1000  # state changes that nobody has taken yet


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What the workers here serve. There is one: reports do not say whose they are."""

    id: int
    name: str
    api_key: str


@dataclass(slots=True)
class LogicalRequest:
    """What one `request_idx` stands for, over all its polls and retries."""

    request_idx: int
    since: float
    asked: int = 0
    grants: int = 0
    worker_id: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A READY answer: which worker, under which numbers."""

    request_idx: int
    reqnum: int
    worker_id: int
    url: str
    cost: Number
    form: Form
    at: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A WAITING answer: nobody is ready; `counts` has the number of workers in each state."""

    request_idx: int
    counts: Counter[WorkerState]


@dataclass(frozen=True, slots=True)
class Ended:
    """A request that a worker said is over."""

    worker_id: int
    request: EndedRequest
    at: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was answered with 4xx."""

    at: float
    path: str
    client: str
    status: int
    message: str
    field: str | None = None
    worker_id: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A worker's state is no longer `before` (None: the worker is new)."""

    at: float
    worker_id: int
    before: WorkerState | None
    after: WorkerState


class Autoscaler:
    """The book.

    Args:
        endpoint: What is served.
        now: The time at which everything starts.
        epoch: The Unix time at which `now` was 0, for what is shown to people.
        first_number: The first request_idx and reqnum. A start from the same key should continue
            above its last run's: workers of generations A and B refuse numbers that fall back.
        form: The signature form for every worker, or None for each worker's own.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        now: float,
        epoch: float,
        first_number: int,
        form: Form | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.epoch = epoch
        self.started_at = now
        self.workers: Newest[int, Worker] = Newest(WORKERS_MOST)
        self.requests: Newest[int, LogicalRequest] = Newest(REQUESTS_MOST)
        self.routes: Counter[str] = Counter()
        self.reports = 0
        self.refused = 0
        self.granted = 0
        self.granted_cost = ExactSum()
        self.ended: Counter[str] = Counter()
        self.recent_ended: deque[Ended] = deque(maxlen=RECORDS_KEPT)
        self.recent_grants: deque[Grant] = deque(maxlen=GRANTS_KEPT)
        self.recent_refusals: deque[Refusal] = deque(maxlen=REFUSALS_KEPT)
        self._form: Form | None = form
        self._next_idx = first_number
        self._next_reqnum = first_number
        self._changes: deque[Change] = deque(maxlen=CHANGES_KEPT)

    def accept_report(self, report: WorkerReport, now: float) -> None:
        """Take in a worker's report."""
        worker = self._worker(report.id, now)
        worker.accept(report, now)
        self.reports += 1
        self.workers.put(worker.id, worker)  # the one whose report is oldest leaves first
        self._note_state(worker, now)

    def accept_ended(self, batch: EndedBatch, now: float) -> None:
        """Take in that requests are over."""
        worker = self._worker(batch.worker_id, now)
        for request in batch.requests:
            worker.accept_ended(request)
            self.ended[ending_of(request)] += 1
            self.recent_ended.append(Ended(worker.id, request, now))

    def route(self, asked: RouteRequest, now: float) -> Grant | Waiting:
        """Find a worker for a request that is new, polled for, or retried."""
        request = self._request(asked.request_idx, now)
        request.asked += 1
        worker_id = choose(self._candidates(now), avoid=request.worker_id)
        worker = None if worker_id is None else self.workers.get(worker_id)
        if worker is None or worker.report is None:
            self.routes["waiting"] += 1
            return Waiting(request.request_idx, self.counts(now))
        self.routes["ready"] += 1
        return self._grant(worker, worker.report.url, request, asked.cost, now)

    def refuse(self, refusal: Refusal) -> None:
        """Note a request that was answered with 4xx."""
        self.refused += 1
        self.recent_refusals.append(refusal)
        if refusal.path == "/route/":
            self.routes["refused"] += 1
        worker = None if refusal.worker_id is None else self.workers.get(refusal.worker_id)
        if worker is not None:
            worker.refusals += 1

    def counts(self, now: float) -> Counter[WorkerState]:
        """How many workers are in each state."""
        return Counter(worker.state(now) for worker in self.workers.values())

    def take_changes(self, now: float) -> list[Change]:
        """The changes of workers' states since the last call, the oldest first."""
        for worker in self.workers.values():
            self._note_state(worker, now)  # silence is no event, it has to be looked for
        changes = list(self._changes)
        self._changes.clear()
        return changes

    def _worker(self, worker_id: int, now: float) -> Worker:
        worker = self.workers.get(worker_id)
        if worker is None:
            worker = Worker(worker_id, now)
            self.workers.put(worker_id, worker)
        return worker

    def _request(self, request_idx: int, now: float) -> LogicalRequest:
        request = self.requests.get(request_idx) if request_idx else None
        if request is None:
            request = LogicalRequest(self._next_idx, now)
            self._next_idx += 1
        self.requests.put(request.request_idx, request)
        return request

    def _candidates(self, now: float) -> list[Candidate]:
        return [
            Candidate(worker.id, worker.load(now), worker.max_perf, worker.last_granted)
            for worker in self.workers.values()
            if worker.state(now) == "ready"
        ]

    def _grant(
        self, worker: Worker, url: str, request: LogicalRequest, cost: Number, now: float
    ) -> Grant:
        previous = None if request.worker_id is None else self.workers.get(request.worker_id)
        if previous is not None:
            previous.withdraw(request.request_idx)
        self.granted += 1
        self.granted_cost.add(cost)
        worker.grant(request.request_idx, cost, self.granted, now)
        request.worker_id = worker.id
        request.grants += 1
        form = self._form or worker.form or "C"
        grant = Grant(request.request_idx, self._next_reqnum, worker.id, url, cost, form, now)
        self._next_reqnum += 1
        self.recent_grants.append(grant)
        return grant

    def _note_state(self, worker: Worker, now: float) -> None:
        state = worker.state(now)
        if state != worker.shown_state:
            self._changes.append(Change(now, worker.id, worker.shown_state, state))
            worker.shown_state = state
