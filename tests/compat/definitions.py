"""Small definitions of all generations, each in a folder of its own, and how they are run."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx
import orjson
import trio
from fakes.grants import autoscaler
from fakes.model import FakeModel
from fakes.process import Process, running

import pyworker

LOADED = "the model is loaded"


@dataclass
class Ran:
    """A definition that serves, and the client's way to it."""

    process: Process
    client: httpx.AsyncClient
    model: FakeModel

    async def post(self, route: str, payload: object) -> httpx.Response:
        """A granted request."""
        body = autoscaler().envelope(orjson.dumps(payload))
        return await self.client.post(route, content=body)

    async def posted(self, route: str, payload: object) -> tuple[int, Any]:
        """The status and JSON of a granted request's answer."""
        answer = await self.post(route, payload)
        return answer.status_code, answer.json()


# The stand-ins are tested where aiohttp is not; test_aiohttp.py is about where it is.
_PYTHON_PATH = [Path(__file__).parent / "without_aiohttp", Path(pyworker.__file__).parents[1]]


def environment(folder: Path) -> dict[str, str]:
    return {
        "PYTHONPATH": os.pathsep.join(map(str, _PYTHON_PATH)),
        "WORKER_HOST": "127.0.0.1",
        "WORKER_PORT": "0",
        "WORKER_HTTP_PORT": "0",
        "UNSECURED": "true",
        "REPORT_ADDR": "http://127.0.0.1:9",
        "MODEL_LOG": str(folder / "model.log"),
        "GRACE_SECONDS": "5",
        "VAST_LOG_LEVEL": "INFO",
    }


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))


@asynccontextmanager
async def ran(
    folder: Path,
    script: str,
    *,
    options: tuple[str, ...] = (),
    log: str = LOADED,
    ready: bool = True,
    **environ: str,
) -> AsyncGenerator[Ran]:
    """Run a definition against a fake model until it is ready; it ends with code 0."""
    (folder / "model.log").write_text(f"{log}\n")
    async with trio.open_nursery() as nursery:
        model = FakeModel()
        await nursery.start(model.serve)
        command = ["run", "--model-url", model.url, "--log", "model.log", *options, script]
        async with running(
            command, folder=folder, environ={**environment(folder), **environ}
        ) as process:
            port = (await process.err.line("listens on port")).split()[-1]
            if ready:
                await process.err.line("-> ready")
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as client:
                yield Ran(process, client, model)
        nursery.cancel_scope.cancel()
