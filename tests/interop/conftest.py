"""The SDK's interpreter, and an autoscaler with a simulated TGI, for its client."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.process import running
from sdk_environment import python_with_sdk
from sdk_loop import Loop


@pytest.fixture(scope="session")
def sdk_python(pytestconfig: pytest.Config) -> str:
    """An interpreter that has the SDK."""
    return python_with_sdk(pytestconfig.cache)


@pytest.fixture
async def bare_loop(sdk_python: str, tmp_path: Path) -> AsyncIterator[Loop]:
    """An autoscaler; nothing listens where the model server would be."""
    async with running(["autoscaler", "--port", "0", "--no-table"], folder=tmp_path) as process:
        url = (await process.out.line("listening on")).split()[-1]
        yield Loop(tmp_path, sdk_python, url, "http://127.0.0.1:9")


@pytest.fixture
async def loop(bare_loop: Loop) -> AsyncIterator[Loop]:
    """An autoscaler and a simulated TGI."""
    model = ["sim", "llm", "--port", "0", "--log", "infer.log", "--load-seconds", "0.2"]
    speed = ["--prefill", "100000", "--decode", "400"]
    async with running([*model, *speed], folder=bare_loop.folder) as sim:
        url = (await sim.out.line("listening on")).split()[-1]
        yield replace(bare_loop, model_url=url)
