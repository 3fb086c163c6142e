import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyworker.autoscaler.local.received import (
    EndedRequest,
    read_worker_status,
)
from pyworker.autoscaler.local.workers import GRANT_SECONDS, SILENT_SECONDS, Worker, ending_of

Report = Callable[..., dict[str, Any]]


@pytest.fixture
def worker(report: Report):
    """A worker and `tell(now, generation, **changed)`, which gives it a report."""
    worker = Worker(7, 0.0)

    def tell(now: float, generation: str = "C", **changed: Any) -> None:
        body = json.dumps(report(generation, **changed)).encode()
        worker.accept(read_worker_status(body), now)

    return worker, tell


Told = tuple[Worker, Callable[..., None]]


def test_a_worker_is_silent_until_it_reports_and_when_it_stops(worker: Told):
    book, tell = worker
    assert book.state(0.0) == "silent"
    tell(5.0, max_perf=10.0)
    assert book.state(5.0) == "ready"
    assert book.state(5.0 + SILENT_SECONDS - 0.001) == "ready"
    assert book.state(5.0 + SILENT_SECONDS) == "silent"
    tell(60.0, max_perf=10.0)
    assert book.state(60.0) == "ready"
    assert book.runs == 1


@pytest.mark.parametrize("generation", ["A", "B", "C"])
def test_loadtime_needs_to_be_told_once(worker: Told, generation: str):
    book, tell = worker
    tell(1.0, generation)
    assert book.state(1.0) == "loading"
    tell(2.0, generation, loadtime=33.5)
    assert book.state(2.0) == "ready"
    tell(3.0, generation, loadtime=0.0)  # generations A and B tell it once
    assert book.state(3.0) == "ready"
    assert (book.loadtime, book.loaded_at) == (33.5, 2.0)


def test_max_perf_alone_makes_ready(worker: Told):
    book, tell = worker
    tell(1.0, max_perf=0.5)  # the autoscaler was started after the worker had told its loadtime
    assert book.state(1.0) == "ready"


def test_an_error_takes_it_out_and_its_end_brings_it_back(worker: Told):
    book, tell = worker
    tell(1.0, max_perf=5.0)
    tell(2.0, max_perf=5.0, error_msg="CUDA error")
    assert book.state(2.0) == "error"
    tell(3.0, max_perf=5.0)
    assert book.state(3.0) == "ready"


@pytest.mark.parametrize(
    "again", [{"num_requests_recieved": 0, "max_perf": 5.0}, {"num_requests_recieved": 9}]
)
def test_a_new_process_under_the_same_id_is_a_new_run(worker: Told, again: dict[str, Any]):
    book, tell = worker
    tell(1.0, loadtime=9.0, max_perf=5.0, num_requests_recieved=9, new_load=100)
    tell(2.0, **again)
    assert book.runs == 2
    assert book.run_at == 2.0
    assert book.state(2.0) == ("ready" if "max_perf" in again else "loading")
    assert float(book.new_load) == 100.0  # the sums go on


def test_sums_are_over_reports_and_only_of_amounts(worker: Told):
    book, tell = worker
    for _ in range(10):
        tell(1.0, new_load=0.1, rej_load=0.2, cur_perf=0.3)
    assert (float(book.new_load), float(book.cur_perf)) == (1.0, 3.0)
    assert float(book.rej_load) == 2.0
    assert book.reports == 10
    tell(2.0, "A", cur_perf=500.0)  # a rate, which no sum may take in
    assert float(book.cur_perf) == 3.0


def test_a_grant_is_load_until_the_worker_tells_of_it(worker: Told):
    book, tell = worker
    tell(0.0, max_perf=10.0, cur_load=100.0)
    book.grant(5, 40, 1, now=1.0)
    book.grant(6, 2.5, 2, now=1.5)
    assert book.load(2.0) == 142.5
    # A report that was written before the second client came: only what it lists is settled.
    tell(2.0, max_perf=10.0, cur_load=140.0, working_request_idxs=[5])
    assert book.load(2.0) == 142.5
    assert book.pending == 1
    book.accept_ended(EndedRequest(6, True, "Success"))
    assert book.load(2.0) == 140.0
    assert (book.grants, float(book.granted_cost)) == (2, 42.5)


def test_a_grant_that_nobody_used_is_forgotten(worker: Told):
    book, tell = worker
    tell(0.0, max_perf=10.0)
    book.grant(5, 40, 1, now=1.0)
    assert book.load(1.0 + GRANT_SECONDS - 0.001) == 40.0
    assert book.load(1.0 + GRANT_SECONDS) == 0.0


def test_a_report_of_generation_a_speaks_for_all_grants_before_it(worker: Told):
    book, tell = worker
    tell(0.0, "A", max_perf=10.0)
    book.grant(5, 40, 1, now=1.0)
    tell(2.0, "A", max_perf=10.0, cur_load=20.0)
    assert book.load(2.0) == 20.0
    book.grant(6, 1, 2, now=2.0)
    assert book.load(2.0) == 21.0


def test_a_second_grant_of_the_same_request_counts_once(worker: Told):
    book, tell = worker
    tell(0.0, max_perf=10.0)
    book.grant(5, 40, 1, now=1.0)
    book.grant(5, 40, 2, now=2.0)
    assert book.load(2.0) == 40.0
    book.withdraw(5)
    assert book.load(2.0) == 0.0


def test_the_served_rate_is_amount_over_time(worker: Told):
    book, tell = worker
    tell(0.0)
    tell(2.0, cur_perf=100.0)
    assert float(book.served_rate) == 50.0
    assert float(book.average_load) == 0.0


def test_endings_are_counted_under_the_words_they_came_with():
    assert ending_of(EndedRequest(1, True, "Cancelled")) == "Cancelled"
    assert ending_of(EndedRequest(1, True)) == "success"
    assert ending_of(EndedRequest(1, False)) == "failure"
    assert ending_of(EndedRequest(1, None)) == "unstated"


# Whatever is granted, told about, withdrawn or forgotten, in any order: the pending cost is the
# sum over the grants that are pending, and nothing once all are settled.
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["grant", "tell", "end", "withdraw"]),
        st.integers(1, 6),
        st.floats(0, 1e6),
        st.floats(0, 6),
    )
)


@given(_STEPS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_pending_cost_cannot_leak(report: Report, steps: list[tuple[str, int, float, float]]):
    book, now = Worker(7, 0.0), 0.0
    model: dict[int, tuple[float, float]] = {}
    for number, (what, idx, cost, passed) in enumerate(steps):
        now += passed
        if what == "grant":
            book.grant(idx, cost, number, now)
            model[idx] = (cost, now)
        elif what == "tell":
            body = json.dumps(report("C", working_request_idxs=[idx])).encode()
            book.accept(read_worker_status(body), now)
            model.pop(idx, None)
        elif what == "end":
            book.accept_ended(EndedRequest(idx, True, "Success"))
            model.pop(idx, None)
        else:
            book.withdraw(idx)
            model.pop(idx, None)
        model = {idx: (c, at) for idx, (c, at) in model.items() if now - at < GRANT_SECONDS}
        assert book.pending_cost(now) == math.fsum(c for c, _ in model.values())
    assert book.pending_cost(now + GRANT_SECONDS + 1) == 0.0
