"""A simulated server in the test's own event loop, and a client for it; the same for all kinds."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import trio

from pyworker.sim.life import Server
from pyworker.sim.log import LogWriter

Say = Callable[[str], None]
Make = Callable[[LogWriter, Say], Server]


class Running:
    """A simulator in this event loop, and a client for it.

    Attributes:
        url: Where it listens.
        log: Its log.
        code: Its exit code, once it has `ended`.
    """

    client: httpx.AsyncClient
    server: Server
    url: str

    def __init__(self, log: Path) -> None:
        self.log = log
        self.code: int | None = None
        self.ended = trio.Event()

    async def fault(self, **members: object) -> None:
        assert (await self.client.post("/sim/fault", json=members)).status_code == 200

    async def state(self) -> dict[str, Any]:
        return (await self.client.get("/sim/state")).json()

    async def until(self, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Poll the state until it is as wanted; the test's timeout is the limit."""
        while not reached(state := await self.state()):  # noqa: ASYNC110 - only HTTP shows it
            await trio.sleep(0.5)
        return state

    async def healthy(self) -> None:
        """Wait until it has loaded."""
        while (await self.client.get("/health")).status_code != 200:  # noqa: ASYNC110
            await trio.sleep(0.01)

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()


R = TypeVar("R", bound=Running)


@asynccontextmanager
async def serving(sim: R, make: Make) -> AsyncGenerator[R]:
    """Run the server that `make` makes, from when it listens to the end of the block."""
    with LogWriter(sim.log) as log:
        sim.server = make(log, lambda _: None)
        async with trio.open_nursery() as nursery:

            async def serve(*, task_status: trio.TaskStatus[int]) -> None:
                sim.code = await sim.server.serve(task_status=task_status)
                sim.ended.set()

            sim.url = f"http://127.0.0.1:{await nursery.start(serve)}"
            # Without certificates, whose loading takes longer than most of these tests.
            async with httpx.AsyncClient(
                base_url=sim.url, timeout=None, trust_env=False, verify=False
            ) as sim.client:
                yield sim
            nursery.cancel_scope.cancel()
