"""Stopping: what is under way is waited for, nothing is told twice, and nobody is routed here."""

import trio
from fakes.autoscaler import silent, slow
from fakes.reporting import A, reporting

from pyworker.model.readiness import Readiness


def made_ready(readiness: Readiness) -> None:
    readiness.loading("a marker")
    readiness.benchmarking()
    readiness.confirming(100.0, "a probe")
    readiness.serve()


async def test_a_report_under_way_gets_its_answer_and_its_amounts_are_told_once(
    autojump_clock: object,
) -> None:
    worker = reporting(A)
    worker.autoscaler.behaviours[A] = slow(2.0)
    async with trio.open_nursery() as nursery:
        await nursery.start(worker.reporter.serve)
        await trio.sleep(2.5)
        worker.serve(10.0)
        await trio.sleep(1.5)
        worker.reporter.stop()
    # The report with the amounts left at 3.5 s and was answered at 5.5 s.
    assert trio.current_time() == 5.5
    await worker.reporter.last_report(4.0)
    statuses = [call.body for call in worker.autoscaler.acknowledged if "status" in call.path]
    records = [call.body for call in worker.autoscaler.acknowledged if "delete" in call.path]
    assert sum(status["cur_perf"] for status in statuses) == 10.0
    assert sum(status["new_load"] for status in statuses) == 10.0
    assert sum(len(record["requests"]) for record in records) == 1


async def test_waits_and_back_offs_end_at_once(autojump_clock: object) -> None:
    worker = reporting(A)
    async with trio.open_nursery() as nursery:
        await nursery.start(worker.reporter.serve)
        await trio.sleep(5.0)
        worker.autoscaler.behaviours[A] = slow(0.0, 500)
        worker.serve(10.0)
        await trio.sleep(3.0)
        worker.reporter.stop()
        with trio.fail_after(0.001):
            while nursery.child_tasks:
                await trio.lowlevel.checkpoint()
    assert trio.current_time() == 8.0


async def test_while_it_drains_the_throughput_is_0(autojump_clock: object) -> None:
    worker = reporting(A)
    made_ready(worker.readiness)
    async with worker.running():
        await trio.sleep(1.0)
        worker.readiness.drain()
        await trio.sleep(1.0)
    perfs = [call.body["max_perf"] for call in worker.autoscaler.statuses()]
    assert perfs == [100.0, 0.0]


async def test_a_silent_address_leaves_the_next_its_share_of_the_last_report(
    autojump_clock: object,
) -> None:
    other = "http://b"
    worker = reporting(A, other)
    worker.autoscaler.behaviours[A] = silent
    await worker.reporter.last_report(4.0)
    assert trio.current_time() == 2.0
    assert [call.address for call in worker.autoscaler.acknowledged] == [other]
