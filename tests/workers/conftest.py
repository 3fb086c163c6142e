"""A model server for workers, and limits that are easily met."""

import pytest
import trio
from fakes.model import FakeModel

from workers.openai import uploads


@pytest.fixture
async def model(nursery: trio.Nursery) -> FakeModel:
    """A model server that answers 200 unless a test scripts it otherwise."""
    model = FakeModel()
    await nursery.start(model.serve)
    return model


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of uploads that are met by small files."""
    monkeypatch.setattr(uploads, "FILE_BYTES", 3000)
    monkeypatch.setattr(uploads, "REQUEST_BYTES", 6000)
