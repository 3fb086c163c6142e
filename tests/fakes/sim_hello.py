"""A simulated model server of hello_world in the test's own event loop, and a client for it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson

from fakes import sim
from pyworker.sim.hello.server import HelloServer
from pyworker.sim.hello.settings import HelloSettings


class Running(sim.Running):
    """One of them."""

    async def generate(self, tokens: int = 9, route: str = "/generate") -> httpx.Response:
        request = {"prompt": "Who are you?", "max_response_tokens": tokens}
        return await self.client.post(route, json=request)

    async def events(self, tokens: int = 9) -> list[Any]:
        answer = await self.generate(tokens, "/generate_stream")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        return events_in(answer.content)


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
    one = Running(folder / "infer.log")
    async with sim.serving(one, partial(HelloServer, HelloSettings(**chosen))):
        yield one
