"""Reports while the autoscaler is slow, silent, down or wrong: nothing is lost, nothing doubled."""

import logging
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
import trio
from fakes.autoscaler import Call, answers, dies, in_turn, refuses, silent, slow, times
from fakes.reporting import A, B, C, reporting
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from pyworker.proxy.ledger import Outcome

STATUS = "/worker_status/"


@pytest.mark.parametrize(
    "failure", [refuses, answers(500), answers(404), answers(302), silent, dies(0), dies(2)]
)
async def test_what_nobody_acknowledged_is_in_the_next_report(
    autojump_clock: object, failure: Any
) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A + STATUS] = in_turn(failure, failure, answers())
    worker.serve(300)
    async with worker.running():
        await trio.sleep_until(0.1)
        worker.serve(200)
        worker.ledger.reject(1, 70)
        await trio.sleep_until(60)
    bodies = [call.body for call in worker.autoscaler.statuses()]
    assert [b["cur_perf"] for b in bodies[:4]] == [300, 500, 500, 0]
    assert [b["rej_load"] for b in bodies[:4]] == [0, 70, 70, 0]
    assert worker.autoscaler.total("new_load") == 500


async def test_the_first_address_that_takes_it_is_used_and_the_others_are_left_alone(
    autojump_clock: object,
) -> None:
    worker = reporting(A, B, C)
    worker.serve(300)
    await worker.run_until(25)
    assert {call.address for call in worker.autoscaler.calls} == {A}


async def test_failover_is_at_once_and_the_preferred_address_is_back_after_a_minute(
    autojump_clock: object,
) -> None:
    worker = reporting(A, B, C)
    worker.autoscaler.behaviours |= {A: refuses, B: refuses}
    async with worker.running():
        await trio.sleep_until(95)
        assert times(worker.autoscaler.statuses(A)) == [0, 60]
        assert times(worker.autoscaler.statuses(B)) == [0, 60]
        assert times(worker.autoscaler.statuses(C)) == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]
        del worker.autoscaler.behaviours[A]
        await trio.sleep_until(155)
    assert times(worker.autoscaler.statuses(A, since=95)) == [120, 130, 140, 150]
    assert times(worker.autoscaler.statuses(C, since=95)) == [100, 110]


async def test_a_failover_loses_and_doubles_nothing(autojump_clock: object) -> None:
    worker = reporting(A, B)
    worker.autoscaler.behaviours[A] = answers(503)
    worker.serve(300)
    await worker.run_until(5)
    bodies = [(call.address, call.body["cur_perf"]) for call in worker.autoscaler.statuses()]
    assert bodies == [(A, 300), (B, 300)]
    assert worker.autoscaler.total("cur_perf") == 300


async def test_a_silent_address_is_left_after_ten_seconds(autojump_clock: object) -> None:
    worker = reporting(A, B)
    worker.autoscaler.behaviours[A] = silent
    await worker.run_until(35)
    assert times(worker.autoscaler.statuses(A)) == [0]
    assert times(worker.autoscaler.statuses(B)) == [10, 20, 30]


async def test_an_autoscaler_that_is_away_is_not_hammered(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    worker = reporting(A, B)
    worker.autoscaler.behaviours |= {A: refuses, B: refuses}
    async with worker.running():
        for number in range(600):
            await trio.sleep_until(number)
            worker.serve(1)
        tries = times(worker.autoscaler.statuses(A))
        pauses = [b - a for a, b in pairwise(tries)]
        for pause, whole in zip(pauses, [1, 2, 4, 8, 16] + 100 * [30], strict=False):
            assert whole / 2 <= pause <= whole
        assert 20 < len(tries) < 50
        # Each round asks every address once.
        assert times(worker.autoscaler.statuses(B)) == tries
        worker.autoscaler.behaviours.clear()
        await trio.sleep_until(640)
    assert worker.autoscaler.total("cur_perf") == 600
    assert "status not delivered; next try in" in caplog.text


async def test_a_success_ends_the_back_off(autojump_clock: object) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A] = in_turn(*[refuses] * 6, answers(), refuses, answers())
    await worker.run_until(120)
    sent = times(worker.autoscaler.statuses())
    assert sent[8] - sent[7] <= 1


async def test_a_state_change_cuts_the_back_off_short(autojump_clock: object) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A] = refuses
    async with worker.running():
        await trio.sleep_until(100)
        await worker.autoscaler.next_call()
        # The next try is 15 s away at least.
        changed = trio.current_time() + 2
        await trio.sleep_until(changed)
        worker.readiness.fail("broken")
        await trio.sleep(1.5)
    assert times(worker.autoscaler.statuses(since=changed)) == [round(changed + 1, 6)]


async def test_a_state_that_changes_all_the_time_hammers_nobody(autojump_clock: object) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A] = refuses
    async with worker.running():
        for number in range(600):
            await trio.sleep_until(0.1 * number)
            worker.readiness.fail(f"error {number}")
    tries = times(worker.autoscaler.statuses())
    assert all(b - a >= 0.499 for a, b in pairwise(tries))
    assert all(b - a >= 0.999 for a, b in pairwise(tries[5:]))


async def test_what_was_counted_is_kept_when_the_reporter_is_cancelled_in_a_report(
    autojump_clock: object,
) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A] = slow(5)
    worker.serve(300, request_idx=8)
    await worker.run_until(2)
    assert worker.autoscaler.acknowledged == []
    worker.autoscaler.behaviours.clear()
    worker.serve(200, request_idx=9)
    await worker.reporter.last_report(5)
    assert worker.autoscaler.total("cur_perf") == 500
    assert [record["request_idx"] for record in worker.autoscaler.records()] == [8, 9]


async def test_the_last_report_ends_in_time(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    worker = reporting(A, B)
    worker.autoscaler.behaviours |= {A: silent, B: silent}
    worker.serve(300)
    await worker.reporter.last_report(5)
    assert trio.current_time() == 5
    assert "the last report was not acknowledged within 5 s" in caplog.text
    # It is not lost for whoever would ask again.
    assert worker.ledger.take_amounts().served == 300
    assert worker.ledger.finished_count == 1


async def test_a_last_report_that_is_refused_is_told(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A] = refuses
    await worker.reporter.last_report(5)
    assert trio.current_time() == 0
    assert "the last report was not acknowledged" in caplog.text


@pytest.mark.parametrize("hanging", ["/worker_status/", "/delete_requests/"])
async def test_in_the_last_report_neither_half_waits_for_the_other(
    autojump_clock: object, hanging: str
) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A + hanging] = silent
    worker.serve(300)
    await worker.reporter.last_report(5)
    assert {call.path for call in worker.autoscaler.acknowledged} == {
        "/worker_status/",
        "/delete_requests/",
    } - {hanging}


async def test_a_refusal_is_logged_with_its_reason_and_never_with_the_secret(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    async def quotes(call: Call) -> httpx.Response:
        await trio.lowlevel.checkpoint()
        return httpx.Response(422, content=b"loadtime must be a number: " + call.content)

    caplog.set_level(logging.DEBUG)
    worker = reporting()
    worker.autoscaler.behaviours[A] = quotes
    worker.serve(1)
    await worker.run_until(5)
    assert "status 422: loadtime must be a number" in caplog.text
    assert "a-secret" not in caplog.text


async def test_a_refusal_without_an_end_is_not_kept(autojump_clock: object) -> None:
    size, piece = 16 * 2**20, b"x" * 65536

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size // len(piece)):
            await trio.lowlevel.checkpoint()
            yield piece

    async def floods(call: Call) -> httpx.Response:
        await trio.lowlevel.checkpoint()
        return httpx.Response(500, content=pieces())

    worker = reporting()
    worker.autoscaler.behaviours[A] = floods
    tracemalloc.start()
    try:
        await worker.run_until(5)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert worker.autoscaler.calls
    assert most < size / 4


FAILURES = {
    "200": answers(),
    "slow": slow(1.7),
    "very slow": slow(9.5),
    "500": answers(500),
    "refuses": refuses,
    "dies": dies(0.6),
    "silent": silent,
}
Event = tuple[float, str, int]
EVENTS = st.lists(
    st.tuples(
        st.floats(0, 4),
        st.sampled_from(["serve", "error", "reject", "hold", "state"]),
        st.integers(0, 1000),
    ),
    max_size=20,
)
SCHEDULE = st.lists(st.sampled_from(sorted(FAILURES)), max_size=10)


@settings(max_examples=60)
@given(events=EVENTS, first=SCHEDULE, second=SCHEDULE, stop=st.booleans())
def test_acknowledged_reports_add_up_to_what_was_counted(
    events: list[Event], first: list[str], second: list[str], stop: bool
) -> None:
    """Whatever fails and whenever: the sums of what was acknowledged are the sums of the ledger."""
    clock = MockClock(autojump_threshold=0)
    trio.run(_play, events, {A: first, B: second}, stop, clock=clock)


async def _play(events: list[Event], schedules: dict[str, list[str]], stop: bool) -> None:
    worker = reporting(A, B)
    for address, names in schedules.items():
        script = in_turn(*(FAILURES[name] for name in names), answers())
        worker.autoscaler.behaviours[address] = script
    counted: Counter[str] = Counter()
    left: list[int] = []
    async with worker.running(), trio.open_nursery() as requests:
        for number, (pause, kind, workload) in enumerate(events):
            await trio.sleep(pause)
            requests.start_soon(_happen, worker, counted, left, (number, kind, workload))
        await trio.lowlevel.checkpoint()
        if not stop:
            await trio.sleep(60)
    worker.autoscaler.behaviours.clear()
    await worker.reporter.last_report(5)
    assert worker.autoscaler.total("new_load") == counted["received"]
    assert worker.autoscaler.total("cur_perf") == counted["served"]
    assert worker.autoscaler.total("rej_load") == counted["rejected"]
    assert [record["request_idx"] for record in worker.autoscaler.records()] == left
    assert worker.autoscaler.acknowledged[-1].body.get("cur_load", 0) == 0


async def _happen(worker: Any, counted: Counter[str], left: list[int], event: Any) -> None:
    number, kind, workload = event
    if kind == "state":
        worker.readiness.fail(f"error {number}")
    elif kind == "reject":
        counted["rejected"] += workload
        worker.ledger.reject(number, workload)
        left.append(number)
    else:
        counted["received"] += workload
        with worker.ledger.enter(number, workload) as entry:
            await trio.sleep(workload / 100 if kind == "hold" else 0)
            entry.outcome = Outcome.ERROR if kind == "error" else Outcome.SUCCESS
        counted["served"] += 0 if kind == "error" else workload
        left.append(number)
