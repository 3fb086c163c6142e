"""Every shipped worker as its README says it is run: in front of a simulated model server, behind a
local autoscaler, asked by its own client, and by its own load test.
"""

import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import orjson
import pytest
import trio
from fakes.process import finished

import workers
from pyworker.autoscaler.local.serve import AutoscalerSettings, serve_autoscaler
from pyworker.finding import find_worker, worker_names
from pyworker.run import run
from pyworker.settings import read_settings
from pyworker.sim.hello.server import HelloServer
from pyworker.sim.hello.settings import HelloSettings
from pyworker.sim.image.server import ImageServer
from pyworker.sim.image.settings import ImageSettings
from pyworker.sim.log import LogWriter
from pyworker.sim.openai.server import OpenAiServer
from pyworker.sim.openai.settings import OpenAiSettings
from pyworker.sim.tgi.server import TgiServer
from pyworker.sim.tgi.settings import TgiSettings

FOLDER = Path(workers.__file__).parent
FAST = 1e6  # tokens or steps a second


@dataclass(frozen=True)
class Shipped:
    """How a worker is tried.

    Attributes:
        sim: The model server.
        prompt: What its client is given.
        said: What its client then says, at least.
    """

    sim: str
    prompt: tuple[str, ...] = ()
    said: str = ""


CHAT = ("--max-tokens", "5", "Tell a story.")
SHIPPED = {
    "tgi": Shipped("llm", ("--max-new-tokens", "5", "Tell a story.")),
    "hello_world": Shipped("hello", ("Who are you?",), said='"response_tokens":200'),
    "openai": Shipped("vllm", CHAT),
    "vllm": Shipped("vllm", CHAT),
    "llama": Shipped("llama", CHAT),
    "sglang": Shipped("sglang", CHAT),
    "comfyui": Shipped("image", ("--steps", "2", "a lighthouse"), said="image.png"),
    "comfyui_json": Shipped("image", said=".png"),
    "wan": Shipped("image", said="/output/"),
    "ace": Shipped("image", said="/output/"),
    "null": Shipped("", ("--seconds", "0.1"), said="is reserved\nand free again"),
}


def test_all_of_them_are_tried() -> None:
    assert sorted(SHIPPED) == sorted(worker_names())


@pytest.mark.parametrize("name", SHIPPED)
def test_it_has_all_its_parts(name: str) -> None:
    parts = {"__init__.py", "README.md", "worker.py", "client.py", "test_load.py", "sample.log"}
    missing = {part for part in parts if not (FOLDER / name / part).is_file()}
    # A worker without a model server has no log to follow.
    assert missing == ({"sample.log"} if name == "null" else set())


@pytest.mark.parametrize("name", SHIPPED)
def test_its_readme_shows_how_it_is_used(name: str) -> None:
    text = (FOLDER / name / "README.md").read_text()
    for module in ("client", "test_load"):
        assert f"python -m workers.{name}.{module} " in text


@asynccontextmanager
async def model_server(sim: str, folder: Path) -> AsyncGenerator[str]:
    """Run one that has loaded, with its log in `folder`; gives its URL."""
    with LogWriter(folder / "model.log") as log:
        async with trio.open_nursery() as nursery:
            match sim:
                case "llm":
                    llm = TgiSettings(port=0, load_seconds=0.0, prefill=FAST, decode=FAST)
                    server = TgiServer(llm, log, lambda _: None)
                case "vllm" | "sglang" | "llama":
                    openai = OpenAiSettings(
                        port=0, load_seconds=0.0, prefill=FAST, decode=FAST, style=sim
                    )
                    server = OpenAiServer(openai, log, lambda _: None)
                case "image":
                    image = ImageSettings(
                        port=0, load_seconds=0.0, steps_per_second=FAST, output=folder / "output"
                    )
                    server = ImageServer(image, log, lambda _: None)
                case _:  # null has none, and leaves it alone
                    hello = HelloSettings(port=0, load_seconds=0.0, prefill=FAST, decode=FAST)
                    server = HelloServer(hello, log, lambda _: None)
            yield f"http://127.0.0.1:{await nursery.start(server.serve)}"
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def loop(name: str, folder: Path) -> AsyncGenerator[str]:
    """Run a worker with all around it until it is routed to; gives the autoscaler's URL."""
    tried = SHIPPED[name]
    define = find_worker(name)
    assert define is not None
    async with model_server(tried.sim, folder) as model, trio.open_nursery() as nursery:
        url = await nursery.start(partial(serve_autoscaler, AutoscalerSettings(port=0)))
        settings = read_settings(
            {
                "REPORT_ADDR": url,
                "WORKER_HOST": "127.0.0.1",
                "WORKER_PORT": "0",
                "WORKER_HTTP_PORT": "0",
                "NULL_CONTROL_PORT": "0",
                "MODEL_SERVER_URL": model,
                "MODEL_LOG": str(folder / "model.log"),
                "COMFY_OUTPUT_DIR": str(folder / "output"),
                # Benchmarks have tests of their own.
                "MAX_PERF": str(FAST),
            }
        )
        ended = trio.Event()

        async def run_worker(*, task_status: trio.TaskStatus[int]) -> None:
            await run(define(settings), settings, task_status=task_status)
            ended.set()

        await nursery.start(run_worker)
        asked = {"endpoint": "local", "api_key": "local-key", "cost": 1}
        async with httpx.AsyncClient(trust_env=False) as http:
            while "url" not in (await http.post(f"{url}/route/", json=asked)).json():  # noqa: ASYNC110
                await trio.sleep(0.02)
        yield url
        signal.raise_signal(signal.SIGTERM)
        await ended.wait()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("name", SHIPPED)
async def test_its_client_and_its_load_test_get_answers(name: str, tmp_path: Path) -> None:
    tried = SHIPPED[name]
    async with loop(name, tmp_path) as autoscaler:
        by = ["--autoscaler", autoscaler]
        program = ("-m", f"workers.{name}.client")
        code, client = await finished([*tried.prompt, *by], folder=tmp_path, program=program)
        assert (code, client.err.text) == (0, "")
        assert tried.said in client.out.text
        assert client.out.text.strip()

        program = ("-m", f"workers.{name}.test_load")
        words = ["-n", "2", "-rps", "1.5", "--fixed", "--json", "load.json", *by]
        code, load = await finished(words, folder=tmp_path, program=program)
        assert code == 0, load.out.text
        figures = orjson.loads((tmp_path / "load.json").read_bytes())
        assert (figures["served"], figures["errors"]) == (2, {})
        assert figures["workload_per_second"] > 0
