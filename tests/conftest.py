"""What every test may use."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio.testing
from hypothesis import HealthCheck, settings

# The same examples every time: a failure on one machine is a failure on all.
settings.register_profile(
    "fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real tokenizers, texts and model logs; PYWORKER_SHARED names the folder."""
    beside = Path(__file__).parent.parent.parent / "shared"
    path = Path(os.environ.get("PYWORKER_SHARED", beside))
    if not path.is_dir():
        pytest.skip(f"no shared data in {path}; PYWORKER_SHARED names the folder")
    return path


@pytest.fixture
def fast_clock() -> trio.testing.MockClock:
    """A hundred seconds pass in one: for real sockets, over which no clock can jump."""
    return trio.testing.MockClock(rate=100.0)


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Gives the root logger back as it was: commands run within a test set it up for stderr."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
