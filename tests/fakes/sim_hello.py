"""A simulated model server of hello_world in the test's own event loop, and a client for it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import trio

from pyworker.sim.hello.server import HelloServer
from pyworker.sim.hello.settings import HelloSettings
from pyworker.sim.log import LogWriter


class Running:
    """A simulator that listens, and a client for it."""

    client: httpx.AsyncClient
    url: str

    def __init__(self, server: HelloServer, log: Path) -> None:
        self.server = server
        self.log = log
        self.code: int | None = None
        self.ended = trio.Event()

    async def generate(self, tokens: int = 9, route: str = "/generate") -> httpx.Response:
        request = {"prompt": "Who are you?", "max_response_tokens": tokens}
        return await self.client.post(route, json=request)

    async def events(self, tokens: int = 9) -> list[Any]:
        answer = await self.generate(tokens, "/generate_stream")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        return events_in(answer.content)

    async def fault(self, **members: object) -> None:
        assert (await self.client.post("/sim/fault", json=members)).status_code == 200

    async def state(self) -> dict[str, Any]:
        return (await self.client.get("/sim/state")).json()


def events_in(content: bytes) -> list[Any]:
    """The JSON of each event; `[DONE]` is left as it is."""
    blocks = content.split(b"\n\n")
    assert blocks.pop() == b"", "every event ends with an empty line"
    data = [block.removeprefix(b"data: ") for block in blocks]
    return [one.decode() if one == b"[DONE]" else orjson.loads(one) for one in data]


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncGenerator[Running]:
    """Run one with its log in `folder`; loaded at once unless told otherwise."""
    chosen: dict[str, Any] = {"port": 0, "load_seconds": 0.0, **settings}
    path = folder / "infer.log"
    with LogWriter(path) as log:
        server = HelloServer(HelloSettings(**chosen), log, lambda _: None)
        sim = Running(server, path)
        async with trio.open_nursery() as nursery:

            async def serve(*, task_status: trio.TaskStatus[int]) -> None:
                sim.code = await server.serve(task_status=task_status)
                sim.ended.set()

            sim.url = f"http://127.0.0.1:{await nursery.start(serve)}"
            # Without certificates, whose loading takes longer than most of these tests.
            async with httpx.AsyncClient(
                base_url=sim.url, timeout=None, trust_env=False, verify=False
            ) as sim.client:
                yield sim
            nursery.cancel_scope.cancel()
