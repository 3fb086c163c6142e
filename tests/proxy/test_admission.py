"""The gate of one handler: limits, order, deadline. What it looks like to clients: test_serve_queue."""

import math

import pytest
import trio
from fakes.worker_app import serial
from trio.testing import MockClock, wait_all_tasks_blocked

from pyworker.errors import QueueFull
from pyworker.proxy.admission import Admission, Queues, expected_wait
from pyworker.worker import HandlerConfig


@pytest.mark.parametrize(
    ("load", "max_perf", "wait"),
    [(0.0, 100.0, 0.0), (0.0, 0.0, 0.0), (50.0, 100.0, 0.5), (1.0, 0.0, math.inf)],
)
def test_the_expected_wait_is_load_by_throughput(load: float, max_perf: float, wait: float):
    assert expected_wait(load, max_perf) == wait


def test_a_wait_of_exactly_the_limit_is_let_in_and_a_longer_one_is_not():
    admission = Admission(serial(max_queue_time=30.0))
    admission.check(load=3000.0, max_perf=100.0)
    with pytest.raises(QueueFull) as caught:
        admission.check(load=3000.1, max_perf=100.0)
    assert caught.value.detail["expected_wait"] == pytest.approx(30.001)


@pytest.mark.parametrize(("load", "seconds"), [(3001.0, 1), (4000.0, 10), (4001.0, 11), (1e9, 60)])
def test_retry_after_is_what_the_wait_is_too_long_by(load: float, seconds: int):
    with pytest.raises(QueueFull) as caught:
        Admission(serial(max_queue_time=30.0)).check(load=load, max_perf=100.0)
    assert caught.value.retry_after == seconds


def test_an_endless_wait_is_refused_with_numbers_that_json_has():
    with pytest.raises(QueueFull) as caught:
        Admission(serial(max_queue_time=30.0)).check(load=1.0, max_perf=0.0)
    assert (caught.value.retry_after, caught.value.detail) == (60, {"expected_wait": None})


def test_without_a_limit_every_wait_is_let_in():
    Admission(serial(max_queue_time=None)).check(load=1e9, max_perf=0.0)


class Waiter:
    """A request that takes its turn, and lets go of it when told."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.started = False
        self.refused = False
        self.scope = trio.CancelScope()
        self._release = trio.Event()

    async def run(self) -> None:
        with self.scope:
            try:
                async with self.admission.turn():
                    self.started = True
                    await self._release.wait()
            except QueueFull:
                self.refused = True

    async def release(self) -> None:
        self._release.set()
        await wait_all_tasks_blocked()


async def line(nursery: trio.Nursery, admission: Admission, length: int) -> list[Waiter]:
    waiters = [Waiter(admission) for _ in range(length)]
    for waiter in waiters:
        nursery.start_soon(waiter.run)
        await wait_all_tasks_blocked()
    return waiters


async def test_turns_come_one_at_a_time_in_the_order_of_arrival(nursery: trio.Nursery):
    waiters = await line(nursery, Admission(serial()), 4)
    for number, waiter in enumerate(waiters):
        assert [w.started for w in waiters] == [i <= number for i in range(4)]
        assert waiter.admission.waiting == 3 - number
        await waiter.release()


async def test_a_waiter_that_leaves_frees_its_place(nursery: trio.Nursery):
    admission = Admission(serial(max_queue=2))
    first, second, third = await line(nursery, admission, 3)
    with pytest.raises(QueueFull) as caught:
        admission.check(0.0, 100.0)
    assert caught.value.retry_after == 1
    second.scope.cancel()
    await wait_all_tasks_blocked()
    admission.check(0.0, 100.0)
    await first.release()
    assert (second.started, third.started) == (False, True)
    await third.release()


async def test_a_queue_without_places_takes_whom_nobody_keeps_waiting(nursery: trio.Nursery):
    admission = Admission(serial(max_queue=0))
    admission.check(0.0, 100.0)
    [first] = await line(nursery, admission, 1)
    assert first.started
    with pytest.raises(QueueFull, match="0 requests wait already"):
        admission.check(0.0, 100.0)
    await first.release()
    admission.check(0.0, 100.0)
    unlimited = HandlerConfig(route="/a", workload=1.0, allow_parallel_requests=True, max_queue=0)
    Admission(unlimited).check(0.0, 100.0)


async def test_a_turn_that_is_cancelled_goes_to_the_next(nursery: trio.Nursery):
    first, second = await line(nursery, Admission(serial()), 2)
    first.scope.cancel()
    await wait_all_tasks_blocked()
    assert second.started
    await second.release()


async def test_who_waited_too_long_is_refused_and_the_running_one_is_not(
    nursery: trio.Nursery, autojump_clock: MockClock
):
    admission = Admission(serial(max_queue_time=30.0))
    first, second = await line(nursery, admission, 2)
    await trio.sleep(29.9)
    assert not second.refused
    await trio.sleep(0.2)
    assert (second.refused, second.started, admission.waiting) == (True, False, 0)
    await trio.sleep(1000.0)
    await first.release()
    (third,) = await line(nursery, admission, 1)
    assert third.started
    await third.release()


async def test_handlers_that_name_a_queue_take_turns_in_it_together(nursery: trio.Nursery):
    queues = Queues()
    gates = [
        Admission(HandlerConfig(route=f"/{name}", workload=1.0, queue=queue), queues)
        for name, queue in (("a", "serial"), ("b", "serial"), ("c", ""))
    ]
    waiters = [Waiter(gate) for gate in gates]
    for waiter in waiters:
        nursery.start_soon(waiter.run)
        await wait_all_tasks_blocked()
    assert [waiter.started for waiter in waiters] == [True, False, True]
    assert gates[0].waiting == gates[1].waiting == 1
    for waiter in waiters:
        await waiter.release()


async def test_who_may_not_wait_has_a_turn_that_is_free_and_no_other():
    admission = Admission(serial(max_queue_time=0.0))
    async with admission.turn():
        with pytest.raises(QueueFull, match="waited 0 s"):
            async with admission.turn():
                pass
    async with admission.turn():
        pass
