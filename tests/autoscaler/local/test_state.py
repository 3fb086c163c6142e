import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pyworker.autoscaler.local import state as state_module
from pyworker.autoscaler.local.received import (
    EndedBatch,
    EndedRequest,
    RouteRequest,
    read_worker_status,
)
from pyworker.autoscaler.local.state import (
    REQUESTS_MOST,
    WORKERS_MOST,
    Autoscaler,
    Change,
    Endpoint,
    Grant,
    Refusal,
    Waiting,
)

Report = Callable[..., dict[str, Any]]
Tell = Callable[..., None]


@pytest.fixture
def book() -> Autoscaler:
    return Autoscaler(Endpoint(1, "local", "local-key"), now=0.0, epoch=1e9, first_number=100)


@pytest.fixture
def tell(book: Autoscaler, report: Report) -> Tell:
    """`tell(worker_id, now, **changed)`: a report of generation C with 10 workload/s."""

    def tell(worker_id: int, now: float = 0.0, generation: str = "C", **changed: Any) -> None:
        body = report(generation, id=worker_id, **{"max_perf": 10.0, **changed})
        book.accept_report(read_worker_status(json.dumps(body).encode()), now)

    return tell


def _ask(cost: float = 30.0, request_idx: int = 0) -> RouteRequest:
    return RouteRequest("local", cost, request_idx)


def _granted(found: Grant | Waiting) -> Grant:
    assert isinstance(found, Grant)
    return found


def test_without_a_ready_worker_the_answer_is_waiting(book: Autoscaler, tell: Tell):
    tell(1, max_perf=0.0)
    tell(2, error_msg="broken")
    found = book.route(_ask(), 1.0)
    assert isinstance(found, Waiting)
    assert found.request_idx == 100
    assert found.counts == {"loading": 1, "error": 1}
    assert book.routes == Counter(waiting=1)


def test_a_poll_is_the_same_request_until_it_is_granted(book: Autoscaler, tell: Tell):
    first = book.route(_ask(), 0.0)
    assert book.route(_ask(request_idx=first.request_idx), 1.0).request_idx == first.request_idx
    tell(7, 2.0)
    grant = _granted(book.route(_ask(request_idx=first.request_idx), 2.0))
    assert (grant.request_idx, grant.worker_id) == (first.request_idx, 7)
    assert len(book.requests) == 1
    assert book.route(_ask(), 2.0).request_idx == first.request_idx + 1


def test_a_retry_is_the_same_request_with_a_new_reqnum_elsewhere(book: Autoscaler, tell: Tell):
    tell(1)
    tell(2, cur_load=1e6)
    first = _granted(book.route(_ask(), 0.0))
    again = _granted(book.route(_ask(request_idx=first.request_idx), 0.1))
    assert (first.worker_id, again.worker_id) == (1, 2)
    assert again.request_idx == first.request_idx
    assert again.reqnum == first.reqnum + 1
    worker = book.workers.get(1)
    assert worker is not None
    assert worker.load(0.1) == 0.0  # it is not counted in two places


def test_an_unknown_request_idx_is_a_new_request(book: Autoscaler, tell: Tell):
    tell(1)
    assert book.route(_ask(request_idx=55), 0.0).request_idx == 100
    assert book.route(_ask(request_idx=0), 0.0).request_idx == 101


def test_requests_spread_by_what_was_granted_and_not_yet_reported(book: Autoscaler, tell: Tell):
    tell(1, max_perf=10.0)
    tell(2, max_perf=20.0)
    took = Counter(_granted(book.route(_ask(), 0.1)).worker_id for _ in range(30))
    assert took == {1: 10, 2: 20}


def test_idle_workers_take_turns(book: Autoscaler, tell: Tell):
    for worker_id in (1, 2, 3):
        tell(worker_id)
    took = [_granted(book.route(_ask(cost=0), 0.1)).worker_id for _ in range(6)]
    assert took == [1, 2, 3, 1, 2, 3]


def test_a_silent_worker_gets_nothing(book: Autoscaler, tell: Tell):
    tell(1, 0.0)
    assert isinstance(book.route(_ask(), 29.9), Grant)
    assert isinstance(book.route(_ask(), 30.0), Waiting)


@pytest.mark.parametrize(("generation", "form"), [("A", "A"), ("B", "B"), ("C", "C")])
def test_the_form_follows_the_worker(book: Autoscaler, tell: Tell, generation: str, form: str):
    tell(1, 0.0, generation)
    assert _granted(book.route(_ask(), 0.0)).form == form


def test_the_form_can_be_forced(report: Report):
    endpoint = Endpoint(1, "local", "local-key")
    book = Autoscaler(endpoint, now=0.0, epoch=0.0, first_number=1, form="B")
    body = json.dumps(report("C", max_perf=1.0)).encode()
    book.accept_report(read_worker_status(body), 0.0)
    assert _granted(book.route(_ask(), 0.0)).form == "B"


def test_changes_are_told_once_and_in_order(book: Autoscaler, tell: Tell):
    tell(1, 1.0, max_perf=0.0)
    tell(1, 2.0)
    tell(1, 2.5)
    assert book.take_changes(3.0) == [
        Change(1.0, 1, None, "loading"),
        Change(2.0, 1, "loading", "ready"),
    ]
    assert book.take_changes(32.4) == []
    assert book.take_changes(32.5) == [Change(32.5, 1, "ready", "silent")]


def test_endings_are_counted_for_the_worker_and_in_all(book: Autoscaler, tell: Tell):
    tell(1)
    done = tuple(EndedRequest(idx, True, "Success") for idx in (5, 5, 6))
    book.accept_ended(EndedBatch(1, done), 1.0)
    # A worker that reported to an autoscaler before this one may end requests first.
    book.accept_ended(EndedBatch(2, (EndedRequest(7, False),)), 1.0)
    assert book.ended == Counter(Success=3, failure=1)
    stranger = book.workers.get(2)
    assert stranger is not None
    assert stranger.state(1.0) == "silent"
    assert isinstance(book.route(_ask(), 1.0), Grant)


def test_a_refusal_is_kept_with_its_worker(book: Autoscaler, tell: Tell):
    tell(1)
    book.refuse(Refusal(1.0, "/worker_status/", "127.0.0.1:1", 400, "id: is missing"))
    book.refuse(Refusal(1.0, "/worker_status/", "127.0.0.1:1", 400, "x", worker_id=1))
    book.refuse(Refusal(1.0, "/route/", "127.0.0.1:1", 401, "api_key: is missing or wrong"))
    worker = book.workers.get(1)
    assert worker is not None
    assert worker.refusals == 1
    assert (book.refused, book.routes["refused"]) == (3, 1)


def test_every_map_is_bounded(book: Autoscaler, tell: Tell):
    for worker_id in range(WORKERS_MOST + 5):
        tell(worker_id, max_perf=0.0)
    assert len(book.workers) == WORKERS_MOST
    assert book.workers.get(4) is None
    for _ in range(3):
        book.refuse(Refusal(1.0, "/route/", "c", 400, "m"))
    limits = (
        (book.recent_ended, state_module.RECORDS_KEPT),
        (book.recent_grants, state_module.GRANTS_KEPT),
        (book.recent_refusals, state_module.REFUSALS_KEPT),
    )
    assert [kept.maxlen for kept, _ in limits] == [limit for _, limit in limits]


def test_the_oldest_request_is_forgotten_first(book: Autoscaler):
    first = book.route(_ask(), 0.0).request_idx
    for _ in range(REQUESTS_MOST - 1):
        book.route(_ask(), 0.0)
    assert book.route(_ask(request_idx=first), 0.0).request_idx == first  # and is newest now
    book.route(_ask(), 0.0)
    assert len(book.requests) == REQUESTS_MOST
    assert first in book.requests
    assert first + 1 not in book.requests
