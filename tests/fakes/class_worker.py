"""A worker in class form, served in this process: its asyncio thread, and the whole way to it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from fakes.grants import autoscaler
from fakes.model import FakeModel
from fakes.worker_app import WorkerApp, running_worker
from pyworker.bridge.thread import asyncio_thread
from pyworker.class_form.backend import Backend
from pyworker.class_form.translate import worker_config


@dataclass
class ClassWorker:
    """A running worker in class form.

    Attributes:
        loads: The worker's load after each change, in the unit of its workload.
    """

    app: WorkerApp
    client: httpx.AsyncClient
    loads: list[float]

    async def post(self, route: str, payload: object) -> httpx.Response:
        """The answer to a granted request."""
        return await self.client.post(route, content=envelope(payload))

    async def posted(self, route: str, payload: object) -> tuple[int, Any]:
        """Its status and its JSON."""
        answer = await self.post(route, payload)
        return answer.status_code, answer.json()


def envelope(payload: object) -> bytes:
    """A granted request's body."""
    return autoscaler().envelope(orjson.dumps(payload))


@asynccontextmanager
async def class_worker(
    backend: Backend, routes: Sequence[Any], model: FakeModel
) -> AsyncGenerator[ClassWorker]:
    """Serve `routes` in front of `model`."""
    config = worker_config("test", backend, routes)
    async with (
        asyncio_thread(backend.bridge),
        running_worker(model.url, handlers=config.handlers, open_routes=config.open_routes) as app,
        app.client() as client,
    ):
        loads: list[float] = []
        app.ledger.on_change = lambda: (loads.append(app.ledger.load), app.ledger_changed())[0]
        yield ClassWorker(app, client, loads)
