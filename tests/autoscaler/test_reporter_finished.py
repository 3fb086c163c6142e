"""Records of finished requests: each is delivered once, in order, and none swallows another."""

import pytest
import trio
from fakes.autoscaler import answers, dies, in_turn, refuses, silent, slow, times
from fakes.reporting import A, B, Reporting, reporting

from pyworker.autoscaler.wire import NO_DELETES_ADDRESS
from pyworker.proxy.ledger import MAX_FINISHED, Outcome

DELETES = "/delete_requests/"


def delivered(worker: Reporting) -> list[tuple[int, str]]:
    return [(record["request_idx"], record["status"]) for record in worker.autoscaler.records()]


async def test_a_second_after_the_first_end_all_that_ended_is_told_in_order(
    autojump_clock: object,
) -> None:
    worker = reporting()
    async with worker.running():
        await trio.sleep_until(2)
        worker.serve(1, 5)
        await trio.sleep_until(2.9)
        worker.serve(1, 3, Outcome.ERROR)
        worker.ledger.reject(4, 1)
        await trio.sleep_until(9.5)
        worker.serve(1, 9, Outcome.CANCELLED)
        await trio.sleep_until(20)
    assert times(worker.autoscaler.deletes()) == [3, 10.5]
    first, second = [call.body for call in worker.autoscaler.deletes()]
    assert {**first, "requests": 0} == {"worker_id": 7, "mtoken": "a-secret", "requests": 0}
    assert [(r["request_idx"], r["status"], r["success"]) for r in first["requests"]] == [
        (5, "Success", True),
        (3, "Error", False),
        (4, "Rejected", False),
    ]
    assert [(r["request_idx"], r["status"], r["success"]) for r in second["requests"]] == [
        (9, "Cancelled", True)
    ]


async def test_a_record_has_the_times_of_its_request(autojump_clock: object) -> None:
    worker = reporting()
    async with worker.running():
        await trio.sleep_until(2)
        with worker.ledger.enter(5, 1) as entry:
            await trio.sleep_until(3)
            entry.started_at = trio.current_time()
            await trio.sleep_until(7)
            entry.outcome = Outcome.SUCCESS
        with worker.ledger.enter(6, 1) as entry:
            entry.outcome = Outcome.CANCELLED
        await trio.sleep_until(10)
    shown = [
        (r["entered_queue_at"], r["work_started_at"], r["work_completed_at"])
        for r in worker.autoscaler.records()
    ]
    assert shown == [(2, 3, 7), (7, 0, 0)]


async def test_nothing_is_told_when_nothing_ended(autojump_clock: object) -> None:
    worker = reporting()
    async with worker.running():
        with worker.ledger.enter(5, 1):
            await trio.sleep_until(60)
            assert worker.autoscaler.deletes() == []


async def test_a_post_has_a_thousand_records_at_most(autojump_clock: object) -> None:
    worker = reporting()
    for number in range(2500):
        worker.serve(1, number)
    await worker.run_until(2)
    sizes = [len(call.body["requests"]) for call in worker.autoscaler.deletes()]
    assert sizes == [1000, 1000, 500]
    assert [idx for idx, _ in delivered(worker)] == list(range(2500))


async def test_what_was_not_acknowledged_is_told_again_in_its_old_place(
    autojump_clock: object,
) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A + DELETES] = in_turn(
        answers(), answers(500), refuses, silent, answers()
    )
    for number in range(1500):
        worker.serve(1, number)
    async with worker.running():
        await trio.sleep_until(3)
        worker.serve(1, 1500)
        await trio.sleep_until(60)
    assert [idx for idx, _ in delivered(worker)] == list(range(1501))


async def test_a_retry_with_the_same_number_during_a_report_is_not_swallowed(
    autojump_clock: object,
) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A + DELETES] = slow(2)
    async with worker.running():
        worker.serve(1, 7, Outcome.ERROR)
        await trio.sleep_until(2)  # the report of the error is under way from 1 to 3
        worker.serve(1, 7, Outcome.SUCCESS)
        await trio.sleep_until(10)
    assert delivered(worker) == [(7, "Error"), (7, "Success")]


async def test_an_autoscaler_that_is_away_is_asked_less_and_less(autojump_clock: object) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A + DELETES] = refuses
    async with worker.running():
        for number in range(100):
            await trio.sleep_until(3 * number)
            worker.serve(1, number)
        # At about 1, 3, 6, 11, 20, 37 s, and then every 16 to 31 s.
        assert 12 < len(worker.autoscaler.deletes()) < 24
        worker.autoscaler.behaviours.clear()
        await trio.sleep_until(335)
    assert [idx for idx, _ in delivered(worker)] == list(range(100))


async def test_memory_is_bounded_and_the_newest_are_kept(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A] = refuses
    async with worker.running():
        for number in range(MAX_FINISHED + 2500):
            worker.serve(1, number)
        await trio.sleep_until(1.25)
        assert worker.ledger.finished_count == MAX_FINISHED
        assert "autoscaler away: 1 records of requests dropped" in caplog.text
        worker.autoscaler.behaviours.clear()
        await trio.sleep_until(60)
    told = [idx for idx, _ in delivered(worker)]
    assert told == list(range(2500, MAX_FINISHED + 2500))


async def test_memory_is_bounded_when_more_end_during_a_report_that_fails(
    autojump_clock: object,
) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A + DELETES] = dies(5)
    for number in range(MAX_FINISHED):
        worker.serve(1, number)
    async with worker.running():
        await trio.sleep_until(2)  # the first thousand are under way from 1 to 6
        for number in range(1000):
            worker.serve(1, MAX_FINISHED + number)
        assert worker.ledger.finished_count == MAX_FINISHED
        await trio.sleep_until(6.25)
        assert worker.ledger.finished_count == MAX_FINISHED
        worker.autoscaler.behaviours.clear()
        await trio.sleep_until(10)
    assert delivered(worker)[0] == (1000, "Success")


async def test_the_special_address_gets_the_status_and_never_the_records(
    autojump_clock: object,
) -> None:
    worker = reporting(NO_DELETES_ADDRESS, B)
    worker.serve(1, 5)
    await worker.run_until(5)
    assert {call.address for call in worker.autoscaler.statuses()} == {NO_DELETES_ADDRESS}
    assert {call.address for call in worker.autoscaler.deletes()} == {B}
    assert delivered(worker) == [(5, "Success")]


async def test_with_the_special_address_alone_nothing_grows(autojump_clock: object) -> None:
    worker = reporting(NO_DELETES_ADDRESS)
    async with worker.running():
        for number in range(30):
            await trio.sleep_until(number)
            worker.serve(1, number)
        await trio.sleep_until(32)
        assert worker.ledger.finished_count == 0
    assert worker.autoscaler.deletes() == []
    assert worker.autoscaler.total("cur_perf") == 30


async def test_a_status_that_hangs_does_not_stop_the_records(autojump_clock: object) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A + "/worker_status/"] = silent
    async with worker.running():
        await trio.sleep_until(2)
        worker.serve(1, 5)
        await trio.sleep_until(4)
    assert times(worker.autoscaler.deletes()) == [3]
    assert delivered(worker) == [(5, "Success")]


async def test_records_that_hang_do_not_stop_the_status(autojump_clock: object) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A + DELETES] = silent
    async with worker.running():
        worker.serve(1, 5)
        await trio.sleep_until(3)
        worker.readiness.fail("broken")
        await trio.sleep_until(12)
    assert times(worker.autoscaler.statuses(since=1.5)) == [3]


async def test_the_two_fail_over_by_themselves(autojump_clock: object) -> None:
    worker = reporting(A, B)
    worker.autoscaler.behaviours[A + DELETES] = answers(500)
    worker.serve(1, 5)
    await worker.run_until(25)
    assert {call.address for call in worker.autoscaler.statuses()} == {A}
    assert [call.address for call in worker.autoscaler.deletes()] == [A, B]
    assert delivered(worker) == [(5, "Success")]
