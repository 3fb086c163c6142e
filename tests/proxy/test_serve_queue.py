"""A serial handler's queue as clients see it: one at a time, in order, bounded, with a deadline."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio
from fakes.client import RawClient, post
from fakes.clock import quiet, time_passes
from fakes.grants import autoscaler
from fakes.model import FakeModel, by_hand
from fakes.worker_app import MAX_PERF, WorkerApp, running_worker, serial
from trio.testing import MockClock

from pyworker.proxy.ledger import Amounts

W = 10.0  # the workload of a request that does not say otherwise


@asynccontextmanager
async def line(
    worker: WorkerApp, length: int, payload: bytes = b"{}"
) -> AsyncGenerator[list[RawClient]]:
    """Clients that have asked for /serial, in this order."""
    clients: list[RawClient] = []
    for number in range(length):
        raw = await worker.connect()
        grant = autoscaler().grant(request_idx=number)
        await raw.send(post("/serial", autoscaler().envelope(payload, grant=grant)))
        clients.append(raw)
        await worker.until(lambda ledger: ledger.received_count > number)  # noqa: B023 - at once
    yield clients
    for raw in clients:
        await raw.close()


async def test_requests_are_served_one_at_a_time_in_the_order_of_arrival(model: FakeModel):
    model.script(by_hand)
    async with (
        running_worker(model.url, handlers=(serial(),)) as worker,
        line(worker, 4) as clients,
    ):
        assert worker.ledger.working_request_idxs() == [0, 1, 2, 3]
        for number, raw in enumerate(clients):
            call = await model.next_call()
            await quiet()
            assert len(model.calls) == number + 1
            await call.answer(body=b"%d" % number)
            assert await raw.answer() == (200, b"%d" % number)
        await worker.until(lambda ledger: ledger.working == 0)
        assert [r.request_idx for r in worker.ledger.take_finished(9)] == [0, 1, 2, 3]


async def test_a_parallel_handler_does_not_wait_for_a_serial_one(model: FakeModel):
    model.script(by_hand)
    async with running_worker(model.url, handlers=(serial(),)) as worker, line(worker, 2):
        await model.next_call()
        async with worker.client() as client, trio.open_nursery() as nursery:
            nursery.start_soon(_answer_next, model)
            response = await client.post("/generate", content=autoscaler().envelope())
        assert response.status_code == 200


async def _answer_next(model: FakeModel) -> None:
    await (await model.next_call()).answer()


async def test_a_full_queue_is_429_at_once_and_counted_as_rejected(model: FakeModel):
    model.script(by_hand)
    handlers = (serial(max_queue=2),)
    async with running_worker(model.url, handlers=handlers) as worker, line(worker, 3) as waiting:
        async with line(worker, 1) as (refused,):
            status, headers = await refused.head()
            assert (status, dict(headers)[b"retry-after"]) == (429, b"1")
            body = await refused.exactly(int(dict(headers)[b"content-length"]))
            assert b'"code":"queue_full"' in body
        assert worker.ledger.take_amounts() == Amounts(received=3 * W, rejected=W)
        (record,) = worker.ledger.take_finished(9)
        assert (record.status, record.entered_queue_at > 0, record.work_started_at) == (
            "Rejected",
            True,
            0.0,
        )
        for raw in waiting:
            await (await model.next_call()).answer()
            assert (await raw.answer())[0] == 200


async def test_a_waiter_that_leaves_frees_its_place_and_never_reaches_the_model(
    model: FakeModel, mock_clock: MockClock
):
    model.script(by_hand)
    handlers = (serial(max_queue=1),)
    async with running_worker(model.url, handlers=handlers) as worker, line(worker, 2) as (a, b):
        await b.close()
        await worker.until(lambda ledger: ledger.working == 1)
        (record,) = worker.ledger.take_finished(9)
        assert (record.status, record.work_started_at) == ("Cancelled", 0.0)
        assert worker.ledger.take_amounts() == Amounts(received=2 * W, cancelled=W)
        async with line(worker, 1) as (c,):
            await (await model.next_call()).answer(body=b"a")
            assert await a.answer() == (200, b"a")
            await (await model.next_call()).answer(body=b"c")
            assert await c.answer() == (200, b"c")
        assert len(model.calls) == 2


async def test_the_running_one_that_leaves_lets_the_next_start(
    model: FakeModel, mock_clock: MockClock
):
    model.script(by_hand)
    async with running_worker(model.url, handlers=(serial(),)) as worker, line(worker, 2) as (a, b):
        first = await model.next_call()
        await a.close()
        await first.left.wait()
        await (await model.next_call()).answer(body=b"b")
        assert await b.answer() == (200, b"b")


async def test_who_waits_longer_than_the_limit_gets_429_and_counts_as_rejected(
    model: FakeModel, mock_clock: MockClock
):
    model.script(by_hand)
    handlers = (serial(max_queue_time=30.0),)
    async with running_worker(model.url, handlers=handlers) as worker, line(worker, 2) as (a, b):
        call = await model.next_call()
        before = trio.current_time()
        async with time_passes(mock_clock, step=1.0):
            status, body = await b.answer()
        assert 30.0 <= trio.current_time() - before < 35.0
        assert (status, b"waited 30 s in the queue" in body) == (429, True)
        (record,) = worker.ledger.take_finished(9)
        assert (record.status, record.work_started_at) == ("Rejected", 0.0)
        assert worker.ledger.take_amounts() == Amounts(received=2 * W, cancelled=W, rejected=W)
        await call.answer()
        assert (await a.answer())[0] == 200
    assert len(model.calls) == 1


async def test_the_expected_wait_may_be_the_limit_and_not_more(model: FakeModel):
    """Two requests run or wait, 1500 each: 30 s at 100/s, which is the limit; a third is over it."""
    model.script(by_hand)
    payload = b'{"parameters":{"max_new_tokens":1500}}'
    handlers = (serial(max_queue_time=2 * 1500 / MAX_PERF),)
    async with (
        running_worker(model.url, handlers=handlers) as worker,
        line(worker, 3, payload) as clients,
        line(worker, 1, payload) as (refused,),
    ):
        status, body = await refused.answer()
        assert (status, b'"expected_wait":45.0' in body) == (429, True)
        for raw in clients:
            await (await model.next_call()).answer()
            assert (await raw.answer())[0] == 200
