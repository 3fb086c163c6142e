"""The loop that the SDK's client is put through: each part is a process."""

import json
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fakes.process import Process, running

API_KEY = "local-key"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Loop:
    """An autoscaler and perhaps a model server that run, in a folder of their own."""

    folder: Path
    sdk_python: str
    autoscaler_url: str
    model_url: str

    @asynccontextmanager
    async def worker(self, *command: str, **settings: str) -> AsyncGenerator[Process]:
        """Run a worker between the two, tgi unless said; the end of the block is its end."""
        environ = {
            "REPORT_ADDR": self.autoscaler_url,
            "MODEL_SERVER_URL": self.model_url,
            "MODEL_LOG": str(self.folder / "infer.log"),
            "WORKER_HOST": "127.0.0.1",
            "WORKER_PORT": "0",
            "LOG_FORMAT": "json",
            **settings,
        }
        arguments = command or ("tgi",)
        async with running(arguments, folder=self.folder, environ=environ) as process:
            yield process

    @asynccontextmanager
    async def sdk(self, scenario: str, script: str = "sdk_client") -> AsyncGenerator[Process]:
        """Run a scenario of one of the scripts of this folder."""
        path = _HERE / f"{script}.py"
        arguments = [str(path), scenario, self.autoscaler_url, API_KEY]
        async with running(
            arguments, folder=self.folder, program=(), python=self.sdk_python
        ) as process:
            yield process

    async def told_by_sdk(self, scenario: str, script: str = "sdk_client") -> dict[str, Any]:
        """Run a scenario to its end: the last that it told."""
        async with self.sdk(scenario, script) as process:
            code = await process.exit_code()
        assert code == 0, process.err.text
        return json.loads(process.out.lines[-1])

    async def state(self) -> dict[str, Any]:
        """All that the autoscaler knows."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{self.autoscaler_url}/state")).json()

    async def account(self) -> dict[str, Any]:
        """What the autoscaler knows of the only worker."""
        [account] = (await self.state())["workers"]
        return account


async def ready(worker: Process) -> None:
    """Wait until the worker serves."""
    await worker.err.line("-> ready")


async def ended(worker: Process) -> list[dict[str, Any]]:
    """End the worker, after which all its reports are delivered: what it logged of its requests."""
    worker.send_signal(signal.SIGTERM)
    assert await worker.exit_code() == 0
    entries = [json.loads(line) for line in worker.err.lines]
    return [entry for entry in entries if entry["logger"] == "pyworker.request"]
