"""The ledger: what each way out counts, and that no sequence of events loses or doubles anything."""

import math
from contextlib import ExitStack

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from pyworker.autoscaler.wire import FinishedRequest
from pyworker.proxy.ledger import MAX_FINISHED, Amounts, Entry, Ledger, Outcome


def finish(ledger: Ledger, outcome: Outcome, workload: float = 10.0) -> FinishedRequest:
    with ledger.enter(7, workload) as entry:
        entry.outcome = outcome
    (record,) = ledger.take_finished(10)
    return record


@pytest.mark.parametrize(
    ("outcome", "success", "amounts"),
    [
        (Outcome.SUCCESS, True, Amounts(received=10.0, served=10.0)),
        (Outcome.ERROR, False, Amounts(received=10.0)),
        (Outcome.CANCELLED, True, Amounts(received=10.0, cancelled=10.0)),
        (Outcome.REJECTED, False, Amounts(received=10.0, cancelled=10.0, rejected=10.0)),
    ],
)
def test_each_outcome_has_its_amounts_and_its_record(
    outcome: Outcome, success: bool, amounts: Amounts
):
    ledger = Ledger()
    record = finish(ledger, outcome)
    assert (record.request_idx, record.status, record.success) == (7, outcome.value, success)
    assert ledger.take_amounts() == amounts
    assert (ledger.load, ledger.working, ledger.received_count) == (0.0, 0, 1)


@pytest.mark.parametrize(
    ("outcome", "completed"),
    [
        (Outcome.SUCCESS, 200.0),
        (Outcome.ERROR, 200.0),
        (Outcome.CANCELLED, 0.0),
        (Outcome.REJECTED, 0.0),
    ],
)
def test_the_three_times_of_a_record(outcome: Outcome, completed: float):
    now = 100.0
    ledger = Ledger(clock=lambda: now)
    with ledger.enter(7, 10.0) as entry:
        entry.started_at = 150.0
        entry.outcome = outcome
        now = 200.0
    (record,) = ledger.take_finished(1)
    times = (record.entered_queue_at, record.work_started_at, record.work_completed_at)
    assert times == (100.0, 150.0, completed)


def test_an_exception_is_an_error_and_goes_on():
    ledger = Ledger()
    with pytest.raises(ZeroDivisionError), ledger.enter(7, 10.0):
        raise ZeroDivisionError
    (record,) = ledger.take_finished(1)
    assert record.status == "Error"


def test_leaving_without_a_word_is_an_error():
    ledger = Ledger()
    with ledger.enter(7, 10.0):
        pass
    assert ledger.take_finished(1)[0].status == "Error"


async def test_a_cancellation_is_cancelled():
    ledger = Ledger()
    with trio.CancelScope() as scope, ledger.enter(7, 10.0):
        scope.cancel()
        await trio.lowlevel.checkpoint()
    assert ledger.take_finished(1)[0].status == "Cancelled"
    assert ledger.load == 0.0


@pytest.mark.parametrize("in_time", [True, False])
async def test_a_cancelled_request_of_a_session_was_not_received(in_time: bool):
    """7 of its 10 are covered by the session, to which they return while that is open."""
    ledger = Ledger()
    session = ledger.open_session(7, 7.0)
    with trio.CancelScope() as scope, ledger.enter_within(session, 10.0):
        assert (ledger.load, ledger.backlog) == (10.0, 10.0)
        if not in_time:
            ledger.close_session(session)
        scope.cancel()
        await trio.lowlevel.checkpoint()
    assert (ledger.load, ledger.backlog) == (7.0 * in_time, 0.0)
    amounts = Amounts(received=10.0, cancelled=10.0 - 7.0 * in_time)
    assert ledger.take_amounts() == amounts


def test_a_failed_request_of_a_session_is_an_error_and_goes_on():
    ledger = Ledger()
    session = ledger.open_session(7, 7.0)
    with pytest.raises(ZeroDivisionError), ledger.enter_within(session, 10.0):
        raise ZeroDivisionError
    assert (ledger.load, ledger.backlog) == (0.0, 0.0)
    assert ledger.take_amounts() == Amounts(received=10.0)


async def test_an_outcome_that_was_set_survives_a_cancellation():
    """The answer was complete when the client closed its connection."""
    ledger = Ledger()
    with trio.CancelScope() as scope, ledger.enter(7, 10.0) as entry:
        entry.outcome = Outcome.SUCCESS
        scope.cancel()
        await trio.lowlevel.checkpoint()
    assert ledger.take_finished(1)[0].status == "Success"


def test_a_refused_request_counts_as_rejected_and_never_as_load():
    ledger = Ledger()
    ledger.reject(7, 10.0)
    assert ledger.take_amounts() == Amounts(rejected=10.0)
    assert (ledger.received_count, ledger.load) == (1, 0.0)
    (record,) = ledger.take_finished(1)
    assert (record.status, record.success, record.work_started_at) == ("Rejected", False, 0.0)


def test_two_requests_with_one_number_do_not_hide_each_other():
    ledger = Ledger()
    with ledger.enter(7, 10.0):
        with ledger.enter(7, 20.0):
            assert (ledger.load, ledger.working, ledger.working_request_idxs()) == (30.0, 2, [7, 7])
        assert (ledger.load, ledger.working) == (10.0, 1)


def test_the_numbers_of_working_requests_come_oldest_first():
    now = 0.0
    ledger = Ledger(clock=lambda: now)
    with ledger.enter(9, 1.0):
        now = 1.0
        with ledger.enter(3, 1.0):
            now = 2.0
            with ledger.enter(5, 1.0):
                assert ledger.working_request_idxs() == [9, 3, 5]


def test_load_has_no_rounding_error_left_when_it_is_empty():
    ledger = Ledger()
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(ledger.enter(1, 0.1))
        assert ledger.load == 1.0
    assert ledger.load == 0.0


def test_new_load_is_never_negative():
    """A request may be received in one report and cancelled in the next."""
    assert Amounts(received=1.0, cancelled=5.0).new_load == 0.0


def test_whoever_listens_hears_of_every_change():
    heard = 0

    def hear() -> None:
        nonlocal heard
        heard += 1

    ledger = Ledger(on_change=hear)
    with ledger.enter(1, 1.0):
        assert heard == 1
    assert heard == 2
    ledger.reject(1, 1.0)
    assert heard == 3


def test_what_a_listener_reads_while_it_hears_is_complete():
    seen: list[tuple[float, int]] = []
    ledger = Ledger()
    ledger.on_change = lambda: seen.append((ledger.load, ledger.finished_count))
    with ledger.enter(1, 5.0):
        pass
    assert seen == [(5.0, 0), (0.0, 1)]


def test_records_that_nobody_acknowledges_stop_at_an_hour_of_ten_a_second():
    assert MAX_FINISHED == 36_000
    ledger = Ledger()
    for number in range(MAX_FINISHED + 150):
        ledger.reject(number, 1.0)
    assert ledger.finished_count == MAX_FINISHED
    # The oldest have left, also among those that come back from a report nobody acknowledged.
    taken = ledger.take_finished(60)
    assert [record.request_idx for record in taken] == list(range(150, 210))
    for number in range(30):
        ledger.reject(number, 1.0)
    ledger.put_back_finished(taken)
    assert ledger.finished_count == MAX_FINISHED
    assert ledger.take_finished(1)[0].request_idx == 180


# Quarters, whose sums are exact, so that any difference is a mistake of the ledger.
WORKLOADS = st.integers(0, 10**6).map(lambda n: n / 4)
NUMBERS = st.integers(0, 3)


class LedgerMachine(RuleBasedStateMachine):
    """Any order of requests and reports, against sums kept by hand."""

    running = Bundle("running")
    reports = Bundle("reports")
    batches = Bundle("batches")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(clock=lambda: 0.0)
        self.open: list[tuple[Entry, float]] = []
        self.expected = Amounts()
        self.acknowledged = Amounts()
        self.away = Amounts()
        self.records: list[tuple[int, str]] = []
        self.seen: list[tuple[int, str]] = []
        self.received = 0

    @rule(target=running, number=NUMBERS, workload=WORKLOADS)
    def enter(self, number: int, workload: float) -> tuple[ExitStack, Entry, int, float]:
        stack = ExitStack()
        entry = stack.enter_context(self.ledger.enter(number, workload))
        self.open.append((entry, workload))
        self.expected.received += workload
        self.received += 1
        return stack, entry, number, workload

    @rule(request=consumes(running), outcome=st.sampled_from(Outcome))
    def leave(self, request: tuple[ExitStack, Entry, int, float], outcome: Outcome) -> None:
        stack, entry, number, workload = request
        entry.outcome = outcome
        stack.close()
        self.open = [pair for pair in self.open if pair[0] is not entry]
        self.expected.served += workload * (outcome is Outcome.SUCCESS)
        self.expected.rejected += workload * (outcome is Outcome.REJECTED)
        self.expected.cancelled += workload * (outcome in (Outcome.CANCELLED, Outcome.REJECTED))
        self.records.append((number, outcome.value))

    @rule(number=NUMBERS, workload=WORKLOADS)
    def reject(self, number: int, workload: float) -> None:
        self.ledger.reject(number, workload)
        self.expected.rejected += workload
        self.records.append((number, "Rejected"))
        self.received += 1

    @rule(target=reports)
    def take_amounts(self) -> Amounts:
        taken = self.ledger.take_amounts()
        self.away.add(taken)
        return taken

    @rule(report=consumes(reports), acknowledged=st.booleans())
    def report(self, report: Amounts, acknowledged: bool) -> None:
        if acknowledged:
            self.acknowledged.add(report)
        else:
            self.ledger.put_back_amounts(report)
        for name in ("received", "cancelled", "served", "rejected"):
            setattr(self.away, name, getattr(self.away, name) - getattr(report, name))

    @rule(limit=st.integers(0, 5), acknowledged=st.booleans())
    def deliver(self, limit: int, acknowledged: bool) -> None:
        taken = self.ledger.take_finished(limit)
        assert len(taken) <= limit
        if acknowledged:
            self.seen += [(record.request_idx, record.status) for record in taken]
        else:
            self.ledger.put_back_finished(taken)

    @invariant()
    def load_is_what_runs(self) -> None:
        assert self.ledger.load == math.fsum(workload for _, workload in self.open)
        assert self.ledger.working == len(self.open)
        assert self.ledger.received_count == self.received

    @invariant()
    def records_are_all_there_and_in_order(self) -> None:
        assert self.seen == self.records[: len(self.seen)]
        assert self.ledger.finished_count == len(self.records) - len(self.seen)

    def teardown(self) -> None:
        """Acknowledged, on its way and still here make up all that happened."""
        total = self.ledger.take_amounts()
        total.add(self.acknowledged)
        total.add(self.away)
        assert total == self.expected


TestAnySequence = LedgerMachine.TestCase
# Of what a hundred runs of fifty steps find, these find all in a third of the time.
TestAnySequence.settings = settings(max_examples=50, stateful_step_count=30)


@given(
    cost=st.integers(0, 100),
    requests=st.lists(st.tuples(st.integers(0, 60), st.sampled_from(Outcome)), max_size=8),
    together=st.booleans(),
    closed_first=st.booleans(),
)
def test_what_a_session_received_is_what_its_requests_did(
    cost: int, requests: list[tuple[int, Outcome]], together: bool, closed_first: bool
) -> None:
    ledger = Ledger()
    session = ledger.open_session(1, float(cost))
    with ExitStack() as running:
        for workload, outcome in requests:
            entry = running.enter_context(ledger.enter_within(session, float(workload)))
            entry.outcome = outcome
            assert ledger.load >= workload
            if not together:
                running.close()
        if closed_first:
            ledger.close_session(session)
    if not closed_first:
        ledger.close_session(session)
    amounts = ledger.take_amounts()
    done = {outcome: sum(w for w, o in requests if o is outcome) for outcome in Outcome}
    assert amounts.received - amounts.cancelled == done[Outcome.SUCCESS] + done[Outcome.ERROR]
    assert amounts.served == done[Outcome.SUCCESS]
    assert amounts.rejected == done[Outcome.REJECTED]
    assert (ledger.load, ledger.working, ledger.received_count) == (0.0, 0, 1)
    assert len(ledger.take_finished(10)) == 1
