"""A model server for definitions of other generations."""

import pytest
import trio
from fakes.model import FakeModel


@pytest.fixture
async def model(nursery: trio.Nursery) -> FakeModel:
    """A model server that answers 200 unless a test scripts it otherwise."""
    model = FakeModel()
    await nursery.start(model.serve)
    return model
