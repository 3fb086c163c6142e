"""A simulated vLLM, SGLang or llama-server in the test's own event loop, and a client for it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson

from fakes import sim
from pyworker.sim.openai.server import OpenAiServer
from pyworker.sim.openai.settings import OpenAiSettings


class Running(sim.Running):
    """One of them."""

    async def chat(self, **members: object) -> httpx.Response:
        request = {"messages": [{"role": "user", "content": "Tell me"}], **members}
        return await self.client.post("/v1/chat/completions", json=request)

    async def complete(self, **members: object) -> httpx.Response:
        return await self.client.post("/v1/completions", json={"prompt": "Tell me", **members})

    async def post(self, route: str, **members: object) -> httpx.Response:
        return await self.client.post(route, json=members)

    async def send(
        self, route: str, files: list[tuple[str, tuple[str, bytes]]], **fields: str
    ) -> httpx.Response:
        """Post a form."""
        return await self.client.post(route, files=files, data=fields)


@asynccontextmanager
async def running(folder: Path, **options: Any) -> AsyncGenerator[Running]:
    """Run one; loaded at once unless told otherwise."""
    chosen: dict[str, Any] = {"port": 0, "load_seconds": 0.0, **options}
    settings = OpenAiSettings(**chosen)
    one = Running(folder / "model.log")
    async with sim.serving(one, partial(OpenAiServer, settings)):
        if not settings.load_seconds:
            await one.healthy()
        yield one


def events_in(content: bytes) -> list[dict[str, Any]]:
    """The events before [DONE]."""
    blocks = content.split(b"\n\n")
    assert blocks[-2:] == [b"data: [DONE]", b""]
    return [orjson.loads(block.removeprefix(b"data: ")) for block in blocks[:-2]]


def named_events_in(content: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Events with names, to the end of the stream."""
    blocks = content.split(b"\n\n")
    assert blocks.pop() == b""
    found: list[tuple[str, dict[str, Any]]] = []
    for block in blocks:
        name, data = block.split(b"\n")
        value = orjson.loads(data.removeprefix(b"data: "))
        found.append((name.removeprefix(b"event: ").decode(), value))
    return found
