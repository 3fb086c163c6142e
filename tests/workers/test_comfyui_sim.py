"""The workers for ComfyUI against the simulated wrapper, as clients meet them."""

import base64
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
import trio
import trio.testing
from fakes.grants import autoscaler
from fakes.sim_image import Running, running, workflow
from fakes.worker_app import running_worker

from pyworker.finding import find_worker
from pyworker.model.benchmark import BenchmarkFailed, run_benchmark
from pyworker.model.markers import LogMarkers
from pyworker.proxy.upstream import Upstream
from pyworker.settings import read_settings
from pyworker.worker import WorkerConfig

IMAGE = {"prompt": 'a "cat"', "width": 512, "height": 512, "steps": 20, "seed": 1}


def defined(name: str, sim: Running) -> WorkerConfig:
    define = find_worker(name)
    assert define is not None
    return define(read_settings({"COMFY_OUTPUT_DIR": str(sim.output), "MODEL_SERVER_URL": sim.url}))


async def ask(sim: Running, name: str, route: str, payload: Any) -> tuple[int, dict[str, Any]]:
    """What a client with a grant gets."""
    async with (
        running_worker(sim.url, handlers=defined(name, sim).handlers) as worker,
        worker.client() as client,
    ):
        body = autoscaler().envelope(orjson.dumps(payload))
        response = await client.post(route, content=body)
        return response.status_code, response.json()


async def test_a_prompt_comes_back_as_an_image(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        status, answer = await ask(sim, "comfyui", "/prompt", IMAGE)
        assert status == 200
        [image] = answer["images"]
        [file] = sim.output.rglob("*.png")
        kind, _, content = image.partition(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(content) == file.read_bytes()


async def test_a_workflow_of_the_clients_own(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    asked = {"custom_fields": {"steps": 20}, "workflow": workflow()}
    async with running(tmp_path) as sim:
        status, answer = await ask(sim, "comfyui", "/custom-workflow", asked)
        assert (status, len(answer["images"])) == (200, 1)
        [file] = sim.output.rglob("*.png")
        assert file.name == "tiny_00001_.png"


async def test_what_a_comfyui_client_is_told_when_it_fails(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        status, told = await ask(sim, "comfyui", "/prompt", {"prompt": "x"})
        assert (status, sorted(told["payload"])) == (422, ["height", "seed", "steps", "width"])
        await sim.fault(kind="error500")
        status, told = await ask(sim, "comfyui", "/prompt", IMAGE)
        assert (status, told["status"]) == (500, "failed")
        await sim.fault(kind="refuse")
        assert (await ask(sim, "comfyui", "/prompt", IMAGE))[0] == 503


@pytest.mark.parametrize("name", ["comfyui-json", "wan", "ace"])
async def test_a_request_is_answered_in_the_wrappers_words(
    fast_clock: trio.testing.MockClock, tmp_path: Path, name: str
) -> None:
    asked = {"input": {"request_id": "mine", "workflow_json": workflow()}}
    async with running(tmp_path) as sim:
        status, answer = await ask(sim, name, "/generate/sync", asked)
        assert (status, answer["id"], answer["status"]) == (200, "mine", "completed")
        status, answer = await ask(sim, name, "/generate/sync", {"input": {}})
        assert status == 422
        assert answer["detail"][0]["loc"] == ["body", "input"]


async def measured(sim: Running, config: WorkerConfig) -> float:
    upstream = Upstream(config.model_server_url, connect_timeout=5.0)
    try:
        return await run_benchmark(*config.benchmarked, upstream, random.Random(1))
    finally:
        await upstream.aclose()


@pytest.mark.parametrize(
    ("name", "workload", "steps"),
    [
        # Steps of a tile of 512x512: what the simulator's time goes by.
        ("comfyui", 4600.0, 28 * 4),
        ("comfyui-json", 100.0, 20),
        ("wan", 10_000.0, 20 * 4),
        ("ace", 1_000.0, 50),
    ],
)
async def test_the_benchmark_measures_work_and_no_cache(
    fast_clock: trio.testing.MockClock, tmp_path: Path, name: str, workload: float, steps: int
) -> None:
    async with running(tmp_path, steps_per_second=1.0) as sim:
        config = defined(name, sim)
        rate = await measured(sim, config)
        runs = config.benchmarked[1].runs
        assert (await sim.state())["steps"] == (runs + 1) * steps
        # Slower than that only by what this machine needs for HTTP, times a hundred.
        assert workload / steps / 3 < rate <= workload / steps


@pytest.mark.parametrize("name", ["comfyui", "comfyui-json"])
async def test_a_failed_job_is_a_failed_benchmark(
    fast_clock: trio.testing.MockClock, tmp_path: Path, name: str
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="error500", count=None)
        with pytest.raises(BenchmarkFailed, match="the model answered 500"):
            await measured(sim, defined(name, sim))


@pytest.mark.parametrize("name", ["comfyui", "comfyui-json", "wan", "ace"])
async def test_its_log_says_loaded_and_no_failed_job_is_an_error(
    fast_clock: trio.testing.MockClock, tmp_path: Path, name: str
) -> None:
    async with running(tmp_path) as sim:
        await sim.fault(kind="error500")
        await sim.generate()
        actions = defined(name, sim).log_actions
        markers = LogMarkers(actions.on_error, actions.on_load, actions.on_info)
        found = {event.kind for event in markers.scan(sim.log.read_bytes())}
        assert b"Traceback" in sim.log.read_bytes()
        assert found == {"load"}
