"""A simulated model server in the test's own event loop, and a client for it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson

from fakes import sim
from pyworker.sim.tgi.server import TgiServer
from pyworker.sim.tgi.settings import TgiSettings

LOADED = TgiSettings(port=0, load_seconds=0.0)


class Running(sim.Running):
    """A simulated TGI."""

    async def generate(self, **parameters: object) -> httpx.Response:
        return await self.client.post("/generate", json=request_of(parameters))

    async def events(self, **parameters: object) -> list[dict[str, Any]]:
        answer = await self.client.post("/generate_stream", json=request_of(parameters))
        assert answer.status_code == 200
        return events_in(answer.content)

    async def read_into(self, got: bytearray, **parameters: object) -> None:
        """Stream an answer into `got`, which keeps what came before a failure."""
        async with self.client.stream(
            "POST", "/generate_stream", json=request_of(parameters)
        ) as answer:
            async for chunk in answer.aiter_raw():
                got += chunk

    def messages(self) -> list[str]:
        return [message(line) for line in self.log.read_bytes().splitlines()]


def message(line: bytes) -> str:
    if not line.startswith(b"{"):
        return line.decode()
    record = orjson.loads(line)
    return record["message"] if "message" in record else record["fields"]["message"]


def request_of(parameters: dict[str, object]) -> dict[str, object]:
    return {"inputs": "Tell me something", "parameters": parameters}


def events_in(content: bytes) -> list[dict[str, Any]]:
    blocks = content.split(b"\n\n")
    assert blocks.pop() == b"", "every event ends with an empty line"
    return [orjson.loads(block.removeprefix(b"data:")) for block in blocks if block != b":"]


@asynccontextmanager
async def running(folder: Path, settings: TgiSettings = LOADED) -> AsyncGenerator[Running]:
    one = Running(folder / "infer.log")
    async with sim.serving(one, partial(TgiServer, settings)):
        yield one
