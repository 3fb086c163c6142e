"""A simulated ComfyUI wrapper in the test's own event loop, and a client for it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import trio

from pyworker.sim.image.server import ImageServer
from pyworker.sim.image.settings import ImageSettings
from pyworker.sim.log import LogWriter


class Running:
    """A simulator that has loaded, and a client for it."""

    client: httpx.AsyncClient
    url: str

    def __init__(self, server: ImageServer, log: Path, output: Path) -> None:
        self.server = server
        self.log = log
        self.output = output
        self.code: int | None = None
        self.ended = trio.Event()

    async def generate(self, steps: int = 20, seed: int = 1, **more: object) -> httpx.Response:
        return await self.client.post(
            "/generate/sync", json={"input": {"workflow_json": workflow(steps, seed), **more}}
        )

    async def fault(self, **members: object) -> None:
        assert (await self.client.post("/sim/fault", json=members)).status_code == 200

    async def state(self) -> dict[str, Any]:
        return (await self.client.get("/sim/state")).json()

    async def until(self, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Poll the state until it is as wanted; the test's timeout is the limit."""
        while not reached(state := await self.state()):  # noqa: ASYNC110 - only HTTP shows it
            await trio.sleep(0.5)
        return state

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()


def workflow(steps: int = 20, seed: int = 1, side: int = 512) -> dict[str, Any]:
    """A small workflow that ComfyUI would take."""
    sampler = {"seed": seed, "steps": steps, "latent_image": ["canvas", 0]}
    return {
        "canvas": {"class_type": "EmptyLatentImage", "inputs": {"width": side, "height": side}},
        "sampled": {"class_type": "KSampler", "inputs": sampler},
        "saved": {
            "class_type": "SaveImage",
            "inputs": {"images": ["sampled", 0], "filename_prefix": "tiny"},
        },
    }


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncGenerator[Running]:
    """Run one that saves into `folder`/output; loaded at once unless told otherwise."""
    chosen: dict[str, Any] = {
        "port": 0,
        "load_seconds": 0.0,
        "output": folder / "output",
        **settings,
    }
    path = folder / "wrapper.log"
    with LogWriter(path) as log:
        server = ImageServer(ImageSettings(**chosen), log, lambda _: None)
        sim = Running(server, path, folder / "output")
        async with trio.open_nursery() as nursery:

            async def serve(*, task_status: trio.TaskStatus[int]) -> None:
                sim.code = await server.serve(task_status=task_status)
                sim.ended.set()

            sim.url = f"http://127.0.0.1:{await nursery.start(serve)}"
            # Without certificates, whose loading takes longer than most of these tests.
            async with httpx.AsyncClient(
                base_url=sim.url, timeout=None, trust_env=False, verify=False
            ) as sim.client:
                if not settings.get("load_seconds"):
                    while (await sim.client.get("/health")).status_code != 200:  # noqa: ASYNC110
                        await trio.sleep(0.01)
                yield sim
            nursery.cancel_scope.cancel()
