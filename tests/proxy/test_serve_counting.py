"""Every way a granted request can end, as the ledger has it afterwards: exact, once, load zero."""

import gc

import httpx
import pytest
import trio
from fakes.client import post
from fakes.clock import quiet, time_passes
from fakes.grants import autoscaler
from fakes.h2_client import H2Client
from fakes.model import (
    Behaviour,
    Call,
    FakeModel,
    by_hand,
    replies,
    resets_at_once,
    sends,
    streams,
)
from fakes.worker_app import WorkerApp, running_worker
from trio.testing import MockClock

from pyworker.proxy.ledger import Amounts

W = 10.0  # the workload of a request that does not say otherwise


def envelope(request_idx: int = 7) -> bytes:
    return autoscaler().envelope(grant=autoscaler().grant(request_idx=request_idx))


async def book(worker: WorkerApp) -> tuple[str, Amounts]:
    """How the only request ended, after it has left the ledger."""
    await worker.until(lambda ledger: ledger.finished_count > 0)
    ledger = worker.ledger
    assert (ledger.load, ledger.working, ledger.received_count) == (0.0, 0, 1)
    (record,) = ledger.take_finished(10)
    assert record.request_idx == 7
    return record.status, ledger.take_amounts()


@pytest.mark.parametrize("status", [200, 201, 204, 304])
async def test_an_answer_of_success(
    status: int, worker: WorkerApp, client: httpx.AsyncClient, model: FakeModel
):
    model.script(
        sends(
            b"HTTP/1.1 %d X\r\nETag: x\r\n%b\r\n"
            % (status, b"Content-Length: 0\r\n" if status < 204 else b"")
        )
    )
    await client.post("/generate", content=envelope())
    assert await book(worker) == ("Success", Amounts(received=W, served=W))


@pytest.mark.parametrize("status", [400, 422, 429, 500, 503])
async def test_an_answer_of_failure(
    status: int, worker: WorkerApp, client: httpx.AsyncClient, model: FakeModel
):
    model.script(sends(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status))
    assert (await client.post("/generate", content=envelope())).status_code == status
    assert await book(worker) == ("Error", Amounts(received=W))


async def cut_mid_chunk(call: Call) -> None:
    await call.start()
    await call.send(b"5\r\nab")
    call.reset()


async def ended_mid_chunk(call: Call) -> None:
    await call.start()
    await call.send(b"5\r\nab")
    await call.close()


@pytest.mark.parametrize("behaviour", [cut_mid_chunk, ended_mid_chunk])
async def test_an_answer_that_broke_off(
    behaviour: Behaviour, worker: WorkerApp, client: httpx.AsyncClient, model: FakeModel
):
    model.script(behaviour)
    with pytest.raises(httpx.TransportError):
        await client.post("/generate", content=envelope())
    assert await book(worker) == ("Error", Amounts(received=W))


async def test_no_answer_at_all(worker: WorkerApp, client: httpx.AsyncClient, model: FakeModel):
    model.script(resets_at_once)
    response = await client.post("/generate", content=envelope())
    assert (response.status_code, response.json()["code"]) == (502, "upstream_unavailable")
    assert await book(worker) == ("Error", Amounts(received=W))


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("by_reset", [False, True])
async def test_a_client_that_left(
    begun: bool, by_reset: bool, worker: WorkerApp, model: FakeModel, mock_clock: MockClock
):
    """At once: the clock stands still, so that nothing waits for a timer."""
    model.script(by_hand)
    raw = await worker.connect()
    await raw.send(post("/generate", envelope()))
    call = await model.next_call()
    await call.body()
    if begun:
        await call.start()
        await call.chunk(b"one")
        await raw.head()
        await raw.chunk()
    assert (worker.ledger.load, worker.ledger.working) == (W, 1)
    if by_reset:
        raw.reset()
    else:
        await raw.close()
    await call.left.wait()
    assert await book(worker) == ("Cancelled", Amounts(received=W, cancelled=W))


@pytest.mark.parametrize(
    "behaves", [streams(*[bytes(1_000_000)] * 32), replies(200, bytes(32_000_000))]
)
async def test_a_client_that_ends_its_side_within_its_answer_is_one_that_left(
    behaves: Behaviour, worker: WorkerApp, model: FakeModel, mock_clock: MockClock
):
    """Who closes sends the same; so it is counted, once, and cut, not ended as if it were whole."""
    model.script(behaves)
    raw = await worker.connect(receive_buffer=4096)
    await raw.send(post("/generate", envelope()))
    await raw.head()
    await quiet()
    await raw.end_sending()
    assert await book(worker) == ("Cancelled", Amounts(received=W, cancelled=W))
    assert len(await raw.until_reset()) < 32_000_000
    await raw.close()


@pytest.mark.parametrize("behaves", [streams(bytes(200_000)), replies(200, bytes(200_000))])
async def test_a_client_that_takes_no_bytes_is_one_that_left(
    behaves: Behaviour, worker: WorkerApp, model: FakeModel, mock_clock: MockClock
):
    """Over HTTP/2 it can keep the window of one stream shut, and its connection open."""
    model.script(behaves)
    client = H2Client((await worker.connect()).stream)
    await client.begin()
    stream = await client.request(b"/generate", envelope())
    assert await client.status(stream) == 200
    async with time_passes(mock_clock, step=30.0):
        assert await book(worker) == ("Cancelled", Amounts(received=W, cancelled=W))
    await client.stream.aclose()
    # A generator of the answer that was left half-way would warn now, and fail the test.
    gc.collect()


async def test_load_is_held_until_the_last_byte(worker: WorkerApp, model: FakeModel):
    model.script(by_hand)
    raw = await worker.connect()
    await raw.send(post("/generate", envelope()))
    call = await model.next_call()
    assert worker.ledger.load == W
    await call.start()
    await raw.head()
    assert worker.ledger.load == W
    await call.chunk(b"last event")
    await raw.chunk()
    assert worker.ledger.load == W
    await call.end()
    assert await raw.chunk() == b""
    assert await book(worker) == ("Success", Amounts(received=W, served=W))
    await raw.close()


@pytest.mark.parametrize(
    ("phase", "message", "retry_after"),
    [
        ("loading", "The model server loads its model.", "5"),
        ("errored", "The GPU is gone.", "5"),
        (
            "draining",
            "The worker stops; requests in flight are finished, new ones are refused.",
            None,
        ),
    ],
)
async def test_a_model_that_is_not_ready(
    phase: str, message: str, retry_after: str | None, model: FakeModel
):
    async with running_worker(model.url, ready=False) as worker, worker.client() as client:
        worker.readiness.loading("its log")
        if phase == "errored":
            worker.readiness.fail(message)
        elif phase == "draining":
            worker.readiness.drain()
        response = await client.post("/generate", content=envelope())
        body = response.json()
        assert (response.status_code, body["code"], body["phase"]) == (503, "not_ready", phase)
        assert body["error"] == f"not ready: {message}"
        assert response.headers.get("retry-after") == retry_after
        assert await book(worker) == ("Rejected", Amounts(rejected=W))
    assert model.calls == []


async def test_requests_with_one_number_are_counted_each(worker: WorkerApp, model: FakeModel):
    model.script(by_hand)
    first, second = await worker.connect(), await worker.connect()
    for raw in (first, second):
        await raw.send(post("/generate", envelope()))
    calls = [await model.next_call(), await model.next_call()]
    assert (worker.ledger.load, worker.ledger.working_request_idxs()) == (2 * W, [7, 7])
    await calls[0].answer()
    await worker.until(lambda ledger: ledger.working == 1)
    assert worker.ledger.load == W
    await calls[1].answer()
    await worker.until(lambda ledger: ledger.working == 0)
    assert [record.status for record in worker.ledger.take_finished(9)] == ["Success"] * 2
    for raw in (first, second):
        await raw.answer()
        await raw.close()


async def test_a_grant_without_a_number_is_number_0(worker: WorkerApp, client: httpx.AsyncClient):
    grant = autoscaler().grant("A", request_idx=None)
    await client.post("/generate", content=autoscaler().envelope(grant=grant))
    await worker.until(lambda ledger: ledger.finished_count == 1)
    assert worker.ledger.take_finished(1)[0].request_idx == 0


async def test_the_workload_is_the_definitions_and_not_the_clients_cost(
    worker: WorkerApp, client: httpx.AsyncClient
):
    payload = b'{"parameters":{"max_new_tokens":3}}'
    grant = autoscaler().grant(cost=5000.0)
    await client.post("/generate", content=autoscaler().envelope(payload, grant=grant))
    await worker.until(lambda ledger: ledger.finished_count == 1)
    assert worker.ledger.take_amounts() == Amounts(received=3.0, served=3.0)


async def test_what_is_in_flight_when_the_worker_is_cut_is_cancelled(model: FakeModel):
    model.script(streams(), by_hand)
    async with running_worker(model.url) as worker:
        raw = await worker.connect()
        await raw.send(post("/generate", envelope()))
        await raw.head()
        await raw.send(post("/generate", envelope(8)))
        await model.next_call()
        call = await model.next_call()
    assert [record.status for record in worker.ledger.take_finished(9)] == ["Success", "Cancelled"]
    await call.left.wait()
    with pytest.raises((trio.BrokenResourceError, EOFError)):
        await raw.exactly(1000)
    await raw.close()
