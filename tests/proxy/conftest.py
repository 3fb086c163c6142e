"""A model server and a worker in front of it."""

from collections.abc import AsyncIterator

import httpx
import pytest
import trio
from fakes.client import RawClient, connect
from fakes.fronts import FRONTS, Front
from fakes.model import FakeModel
from fakes.relaying import Relaying
from fakes.worker_app import WorkerApp, running_worker


@pytest.fixture
async def model(nursery: trio.Nursery) -> FakeModel:
    """A model server that answers 200 unless a test scripts it otherwise."""
    model = FakeModel()
    await nursery.start(model.serve)
    return model


@pytest.fixture
async def worker(model: FakeModel) -> AsyncIterator[WorkerApp]:
    """A ready worker in front of `model`, with one parallel handler, /generate."""
    async with running_worker(model.url) as worker:
        yield worker


@pytest.fixture
async def client(worker: WorkerApp) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `worker`."""
    async with worker.client() as client:
        yield client


@pytest.fixture(params=FRONTS)
def front(request: pytest.FixtureRequest) -> Front:
    """Each of the fronts in turn."""
    return FRONTS[request.param]


@pytest.fixture
def relaying() -> Relaying:
    """What stands behind the seam in the tests of fronts."""
    return Relaying()


@pytest.fixture
async def port(front: Front, relaying: Relaying, model: FakeModel) -> AsyncIterator[int]:
    """The port of a front that relays everything to `model`."""
    async with front(relaying, model.url) as running:
        yield running.port


@pytest.fixture
async def raw(port: int) -> AsyncIterator[RawClient]:
    """A bare connection to that front."""
    raw = await connect(port)
    yield raw
    await raw.close()
