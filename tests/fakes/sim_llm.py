"""A simulated model server in the test's own event loop, and a client for it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import trio

from pyworker.sim.log import LogWriter
from pyworker.sim.tgi.server import TgiServer
from pyworker.sim.tgi.settings import TgiSettings

LOADED = TgiSettings(port=0, load_seconds=0.0)


class Running:
    """A simulator in this event loop, and a client for it."""

    client: httpx.AsyncClient

    def __init__(self, server: TgiServer, log: Path) -> None:
        self.server = server
        self.log = log
        self.code: int | None = None
        self.ended = trio.Event()

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

    async def fault(self, **members: object) -> None:
        assert (await self.client.post("/sim/fault", json=members)).status_code == 200

    async def state(self) -> dict[str, Any]:
        return (await self.client.get("/sim/state")).json()

    async def until(self, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Poll the state until it is as wanted; the test's timeout is the limit."""
        while not reached(state := await self.state()):  # noqa: ASYNC110 - only HTTP shows it
            await trio.sleep(0.5)
        return state

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
    path = folder / "infer.log"
    with LogWriter(path) as log:
        server = TgiServer(settings, log, lambda _: None)
        sim = Running(server, path)
        async with trio.open_nursery() as nursery:

            async def serve(*, task_status: trio.TaskStatus[int]) -> None:
                sim.code = await server.serve(task_status=task_status)
                sim.ended.set()

            port = await nursery.start(serve)
            # Without certificates, whose loading takes longer than most of these tests.
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=None, trust_env=False, verify=False
            ) as sim.client:
                yield sim
            nursery.cancel_scope.cancel()
