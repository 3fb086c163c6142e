"""When a status is sent and what it says, on a virtual clock: seconds here are exact."""

import shutil
from itertools import pairwise

import pytest
import trio
from fakes.autoscaler import answers, in_turn, refuses, slow, times
from fakes.reporting import A, B, reporting

from pyworker.autoscaler.reporter import GIB
from pyworker.proxy.ledger import Outcome


async def test_nothing_happens_a_report_at_once_and_every_ten_seconds(
    autojump_clock: object,
) -> None:
    worker = reporting()
    await worker.run_until(25)
    assert times(worker.autoscaler.statuses()) == [0, 10, 20]


async def test_amounts_are_gathered_for_a_second(autojump_clock: object) -> None:
    worker = reporting()
    async with worker.running():
        await trio.sleep_until(2)
        worker.serve(100)
        await trio.sleep_until(2.9)
        worker.serve(50)
        await trio.sleep_until(5)
    assert times(worker.autoscaler.statuses()) == [0, 3]
    assert worker.autoscaler.statuses()[1].body["cur_perf"] == 150


async def test_a_request_now_and_then_is_a_report_each(autojump_clock: object) -> None:
    worker = reporting()
    async with worker.running():
        for number in range(5):
            await trio.sleep_until(2 + 1.25 * number)
            worker.serve(100)
        await trio.sleep_until(9)
    assert times(worker.autoscaler.statuses()) == [0, 3, 4.25, 5.5, 6.75, 8]
    assert [call.body["new_load"] for call in worker.autoscaler.statuses()] == [0] + 5 * [100]


async def test_a_busy_worker_sends_one_report_a_second(autojump_clock: object) -> None:
    worker = reporting()
    async with worker.running():
        for number in range(200):
            await trio.sleep_until(0.13 * number)
            worker.serve(100)
        await trio.sleep_until(28)
    sent = times(worker.autoscaler.statuses())
    assert all(1 <= b - a < 1.14 for a, b in pairwise(sent) if b <= 26)
    assert worker.autoscaler.total("new_load") == 20_000
    assert worker.autoscaler.total("cur_perf") == 20_000


async def test_a_state_change_is_reported_at_once_with_its_error_and_again_without(
    autojump_clock: object,
) -> None:
    worker = reporting()
    async with worker.running():
        await trio.sleep_until(3)
        worker.readiness.fail("the model has crashed")
        await trio.sleep_until(5.5)
        worker.readiness.benchmarking()
        await trio.sleep_until(6)
    assert times(worker.autoscaler.statuses()) == [0, 3, 5.5]
    errors = [call.body["error_msg"] for call in worker.autoscaler.statuses()]
    assert errors == ["", "the model has crashed", ""]


async def test_a_state_change_does_not_wait_for_amounts_being_gathered(
    autojump_clock: object,
) -> None:
    worker = reporting()
    async with worker.running():
        await trio.sleep_until(2)
        worker.serve(100)
        await trio.sleep_until(2.4)
        worker.readiness.fail("broken")
        await trio.sleep_until(20)
    assert times(worker.autoscaler.statuses()) == [0, 2.4, 12.4]
    assert worker.autoscaler.statuses()[1].body["new_load"] == 100


async def test_a_state_change_during_a_report_is_the_next_report_at_once(
    autojump_clock: object,
) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A] = slow(3)
    async with worker.running():
        await trio.sleep_until(1)
        worker.readiness.fail("broken")
        await trio.sleep_until(4)
    assert times(worker.autoscaler.statuses()) == [0, 3]
    assert worker.autoscaler.statuses()[1].body["error_msg"] == "broken"


async def test_amounts_of_the_time_of_a_report_are_in_the_next_one(autojump_clock: object) -> None:
    worker = reporting()
    worker.serve(300)
    worker.autoscaler.behaviours[A] = slow(2)
    async with worker.running():
        await trio.sleep_until(1)
        worker.serve(300)
        await trio.sleep_until(6)
    assert times(worker.autoscaler.statuses()) == [0, 3]  # 2 s of answering, 1 s of gathering
    assert [call.body["new_load"] for call in worker.autoscaler.statuses()] == [300, 300]
    assert worker.autoscaler.total("cur_perf") == 600


async def test_a_slow_autoscaler_has_one_report_at_a_time(autojump_clock: object) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A] = slow(4)
    async with worker.running():
        for number in range(100):
            await trio.sleep_until(0.3 * number)
            worker.readiness.fail(f"error {number}")
            worker.serve(1)
        await trio.sleep_until(60)
    assert worker.autoscaler.most_at_once == {"/worker_status/": 1, "/delete_requests/": 1}
    assert worker.autoscaler.total("new_load") == 100


async def test_levels_are_of_the_moment_and_amounts_of_the_time_between(
    autojump_clock: object,
) -> None:
    worker = reporting()
    worker.readiness.loading("its log")
    worker.readiness.benchmarking()
    worker.readiness.confirming(99.5, "its probe")
    async with worker.running():
        await trio.sleep_until(1)
        with worker.ledger.enter(4, 200), worker.ledger.enter(4, 100):
            worker.ledger.reject(6, 70)
            await trio.sleep_until(3)
        worker.serve(30, outcome=Outcome.CANCELLED)
        worker.serve(20, outcome=Outcome.ERROR)
        await trio.sleep_until(5)
    first, running, over = [call.body for call in worker.autoscaler.statuses()]
    assert first == {
        "id": 7,
        "mtoken": "a-secret",
        "version": "1.1.0",
        "loadtime": 0.0,
        "cur_load": 0.0,
        "new_load": 0.0,
        "rej_load": 0.0,
        "cur_perf": 0.0,
        "max_perf": 99.5,
        "cur_capacity": 0.0,
        "max_capacity": 0.0,
        "num_requests_working": 0,
        "num_requests_recieved": 0,
        "working_request_idxs": [],
        "additional_disk_usage": 0.0,
        "disk_usage": first["disk_usage"],
        "error_msg": "",
        "url": "http://10.0.0.7:3000",
    }
    assert running == first | {
        "cur_load": 300.0,
        "new_load": 300.0,
        "rej_load": 70.0,
        "num_requests_working": 2,
        "num_requests_recieved": 3,
        "working_request_idxs": [4, 4],
        "additional_disk_usage": running["additional_disk_usage"],
        "disk_usage": running["disk_usage"],
    }
    # The two with 200 and 100 left without an outcome, so not served; 30 came and went.
    assert (over["cur_load"], over["new_load"], over["rej_load"]) == (0, 20, 0)
    assert (over["num_requests_working"], over["num_requests_recieved"]) == (0, 5)
    assert over["working_request_idxs"] == []


async def test_the_load_time_is_sent_until_a_report_with_it_is_acknowledged(
    autojump_clock: object,
) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A] = in_turn(answers(), answers(500), refuses, answers())
    worker.readiness.loading("its log")
    worker.readiness.benchmarking()
    worker.readiness.confirming(99.5, "its probe")
    async with worker.running():
        await trio.sleep_until(7.5)
        worker.readiness.serve()
        await trio.sleep_until(31)
    sent = [call.body["loadtime"] for call in worker.autoscaler.statuses()]
    assert sent == [0, 7.5, 7.5, 7.5, 0, 0]


async def test_disk_usage_grows_since_the_last_acknowledged_report(autojump_clock: object) -> None:
    worker = reporting()
    worker.autoscaler.behaviours[A] = in_turn(answers(), answers(500), answers())
    await worker.run_until(35)
    used = shutil.disk_usage("/").used / GIB
    bodies = [call.body for call in worker.autoscaler.statuses()]
    assert bodies[0]["additional_disk_usage"] == 0
    acknowledged = bodies[0]["disk_usage"]
    assert acknowledged == pytest.approx(used, rel=0.5)
    for number, body in enumerate(bodies[1:], 1):
        assert body["additional_disk_usage"] == body["disk_usage"] - acknowledged
        if number != 1:  # that was the 500
            acknowledged = body["disk_usage"]


async def test_bodies_are_json_and_say_so(autojump_clock: object) -> None:
    worker = reporting(A, B)
    worker.serve(1)
    await worker.run_until(3)
    assert {call.content_type for call in worker.autoscaler.calls} == {"application/json"}
    assert {call.method for call in worker.autoscaler.calls} == {"POST"}
