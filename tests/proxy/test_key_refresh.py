"""A refused signature makes the worker ask for the key again: in time for the request, and rarely."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import trio
from fakes.grants import Signer, autoscaler, stranger
from fakes.model import FakeModel
from fakes.worker_app import WorkerApp, running_worker
from trio.testing import MockClock

from pyworker.autoscaler.pubkey import PublicKey
from pyworker.http.server import Exchange, open_listeners, port_of, serve_http


@dataclass
class Autoscaler:
    """Serves the public key of whoever signs now."""

    signer: Signer = field(default_factory=autoscaler)
    asked: int = 0

    async def __call__(self, exchange: Exchange) -> None:
        assert exchange.path == "/pubkey/"
        self.asked += 1
        await exchange.respond(200, [], self.signer.pem())


@asynccontextmanager
async def behind(scaler: Autoscaler, model: FakeModel) -> AsyncGenerator[WorkerApp]:
    """A worker that has the key of `scaler` and may ask for it again."""
    listeners = await open_listeners("127.0.0.1", 0)
    url = f"http://127.0.0.1:{port_of(listeners)}"
    async with trio.open_nursery() as nursery, httpx.AsyncClient(trust_env=False) as client:
        await nursery.start(serve_http, scaler, listeners)

        async def refresh() -> bool:
            return await key.refresh()

        async with running_worker(model.url, has_key=False, refresh_key=refresh) as worker:
            key = PublicKey(worker.grants, (url,), client)
            await nursery.start(key.serve)
            await key.available.wait()
            assert scaler.asked == 1
            yield worker
        nursery.cancel_scope.cancel()


async def status_of(client: httpx.AsyncClient, signer: Signer) -> int:
    return (await client.post("/generate", content=signer.envelope())).status_code


async def test_a_request_signed_with_a_newer_key_is_served(model: FakeModel, mock_clock: MockClock):
    scaler = Autoscaler()
    async with behind(scaler, model) as worker, worker.client() as client:
        assert await status_of(client, autoscaler()) == 200
        scaler.signer = stranger()
        mock_clock.jump(31.0)
        assert await status_of(client, stranger()) == 200
        assert scaler.asked == 2


async def test_a_newer_key_is_no_grant_by_itself(model: FakeModel, mock_clock: MockClock):
    scaler = Autoscaler()
    async with behind(scaler, model) as worker, worker.client() as client:
        scaler.signer = Signer()
        mock_clock.jump(31.0)
        assert await status_of(client, stranger()) == 401
        assert scaler.asked == 2
        assert (worker.ledger.received_count, model.calls) == (0, [])


async def test_refused_signatures_ask_once_in_half_a_minute(
    model: FakeModel, mock_clock: MockClock
):
    scaler = Autoscaler()
    async with behind(scaler, model) as worker, worker.client() as client:
        for _ in range(5):
            assert await status_of(client, stranger()) == 401
        assert scaler.asked == 1
        mock_clock.jump(31.0)
        for _ in range(5):
            assert await status_of(client, stranger()) == 401
        assert scaler.asked == 2
        assert worker.ledger.received_count == 0


async def test_refused_signatures_at_a_time_share_one_question(
    model: FakeModel, mock_clock: MockClock
):
    scaler = Autoscaler()
    async with behind(scaler, model) as worker, worker.client() as client:
        mock_clock.jump(31.0)
        scaler.signer = stranger()
        statuses: list[int] = []

        async def ask() -> None:
            statuses.append(await status_of(client, stranger()))

        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(ask)
        assert scaler.asked == 2
        assert statuses == [200] * 5
