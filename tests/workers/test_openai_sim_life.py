"""The workers openai, vllm, sglang and llama beside their simulated server, from its start to its end:
its log says when it has loaded, the benchmark measures it, and the watch sees it die.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trio
import trio.testing

from pyworker.model.readiness import Phase, Readiness
from pyworker.model.tokenizer import TokenizerLoading
from pyworker.model.watched import model_watch
from pyworker.settings import read_settings
from pyworker.sim.log import LogWriter
from pyworker.sim.openai.server import OpenAiServer
from pyworker.sim.openai.settings import FailStart, OpenAiSettings
from tests.workers.openai_family import DEFINITIONS
from tests.workers.openai_requests import WORKERS

DECODE = 500.0  # tokens a second: a usual completion takes a second of the simulator's time
LOADED = {
    "vllm": "Application startup complete.",
    "sglang": "The server is fired up and ready to roll!",
    "llama": "llama_server: model loaded",
}
FAILS = {
    "vllm": "EngineCore failed to start.",
    "sglang": "Scheduler hit an exception:",
    "llama": "error loading model",
}


class Watched:
    """A worker's watch over a simulated server.

    Attributes:
        readiness: What the watch keeps true.
        url: Of the server.
        history: The phases, each with the log as it was then.
        errors: Whatever was said to be wrong, the first first.
    """

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self.readiness = Readiness(self._note, trio.current_time)
        self.history: list[tuple[Phase, str]] = []
        self.errors: list[str] = []
        self._log = log
        self._changed = trio.Event()

    def _note(self) -> None:
        self.history.append((self.readiness.phase, self._log.read_text()))
        if self.readiness.error:
            self.errors.append(self.readiness.error)
        self._changed.set()
        self._changed = trio.Event()

    async def until(self, phase: Phase) -> None:
        while self.readiness.phase is not phase:
            await self._changed.wait()


@asynccontextmanager
async def watched(
    worker: str, folder: Path, *, fail_start: FailStart | None = None
) -> AsyncGenerator[Watched]:
    """Start both; the server has not loaded yet."""
    options = OpenAiSettings(
        port=0, style=WORKERS[worker], load_seconds=10.0, decode=DECODE, fail_start=fail_start
    )
    path = folder / "model.log"
    said: list[str] = []
    with LogWriter(path) as log:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(OpenAiServer(options, log, said.append).serve)
            await trio.testing.wait_all_tasks_blocked()
            sim = Watched(said[0].rpartition(" ")[2], path)
            environ = {
                "MODEL_SERVER_URL": sim.url,
                "MODEL_LOG": str(path),
                "BENCHMARK_CACHE": str(folder / "cache.json"),
            }
            settings = read_settings(environ)
            config = DEFINITIONS[worker](settings)
            tokenizer = TokenizerLoading(config, connect_timeout=5.0)
            watch = model_watch(
                config, settings, sim.readiness, trio.lowlevel.checkpoint, tokenizer
            )
            nursery.start_soon(watch.serve)
            yield sim
            nursery.cancel_scope.cancel()


@pytest.mark.parametrize("worker", WORKERS)
async def test_it_is_ready_when_its_log_says_loaded_and_broken_when_it_dies(
    fast_clock: trio.testing.MockClock, tmp_path: Path, worker: str
) -> None:
    style = WORKERS[worker]
    async with watched(worker, tmp_path) as sim:
        await sim.until(Phase.READY)
        seen = {phase: LOADED[style] in log for phase, log in sim.history}
        assert seen == {
            Phase.LOADING: False,
            Phase.BENCHMARKING: True,
            Phase.CONFIRMING: True,
            Phase.READY: True,
        }
        # Ten at a time, each at its own rate; less what this machine needs for HTTP.
        assert 0 < sim.readiness.max_perf <= 10 * DECODE
        async with httpx.AsyncClient(base_url=sim.url, trust_env=False, verify=False) as client:
            await client.post("/sim/fault", json={"kind": "crash"})
        await sim.until(Phase.ERRORED)
        # llama-server says nothing that another line could not say: its health tells.
        says = "health probe failed" if style == "llama" else "the model's log says: "
        assert sim.errors[0].startswith(says)


@pytest.mark.parametrize("worker", WORKERS)
async def test_a_start_that_fails_is_an_error_in_its_words(
    fast_clock: trio.testing.MockClock, tmp_path: Path, worker: str
) -> None:
    async with watched(worker, tmp_path, fail_start="engine") as sim:
        await sim.until(Phase.ERRORED)
        assert FAILS[WORKERS[worker]] in sim.errors[0]
    assert {phase for phase, _ in sim.history} == {Phase.LOADING, Phase.ERRORED}
