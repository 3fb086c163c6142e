"""A simulated ComfyUI wrapper in the test's own event loop, and a client for it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from fakes import sim
from pyworker.sim.image.server import ImageServer
from pyworker.sim.image.settings import ImageSettings


class Running(sim.Running):
    """A simulated wrapper, which saves into `output`."""

    def __init__(self, log: Path, output: Path) -> None:
        super().__init__(log)
        self.output = output

    async def generate(self, steps: int = 20, seed: int = 1, **more: object) -> httpx.Response:
        return await self.client.post(
            "/generate/sync", json={"input": {"workflow_json": workflow(steps, seed), **more}}
        )


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
    one = Running(folder / "wrapper.log", folder / "output")
    async with sim.serving(one, partial(ImageServer, ImageSettings(**chosen))):
        if not settings.get("load_seconds"):
            await one.healthy()
        yield one
