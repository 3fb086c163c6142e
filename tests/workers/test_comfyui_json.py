"""The workers in front of the ComfyUI wrapper: comfyui-json, wan and ace."""

import json
import random
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
import pytest

from pyworker._native import parse_envelope
from pyworker.errors import SettingsError
from pyworker.finding import find_worker
from pyworker.model.benchmark import prepare
from pyworker.model.markers import LogMarkers
from pyworker.proxy.jobs import Handling
from pyworker.settings import read_settings
from pyworker.worker import Answers, LogMarker, WorkerConfig, all_of, any_of
from workers.comfyui.template import BadTemplate, check_nodes

NAMES = ["comfyui-json", "wan", "ace"]


def defined(name: str = "comfyui-json", **environ: str) -> WorkerConfig:
    define = find_worker(name)
    assert define is not None
    return define(read_settings(environ))


async def benchmark_bodies(config: WorkerConfig, count: int = 8) -> list[dict[str, Any]]:
    rng = random.Random(1)
    jobs = [await prepare(*config.benchmarked, rng) for _ in range(count)]
    return [orjson.loads(job.body) for job in jobs]


@pytest.mark.parametrize(
    ("name", "workload", "runs"),
    [("comfyui-json", 100.0, 8), ("comfyui_json", 100.0, 8), ("wan", 1e4, 1), ("ace", 1e3, 1)],
)
async def test_a_request_is_forwarded_as_it_is_and_costs_a_constant(
    name: str, workload: float, runs: int
) -> None:
    config = defined(name)
    [handler] = config.handlers
    assert (handler.route, handler.upstream_path) == ("/generate/sync", "/generate/sync")
    assert (handler.concurrency, handler.max_queue_time) == (1, 10.0)
    assert config.benchmarked[1].runs == runs
    payload = b'{"input": { "workflow_json":{"1":{}},"seed":"__RANDOM_INT__", "x":1e400 }}'
    body = b'{"auth_data":{},"payload":%s}' % payload.replace(b"1e400", b"1.50")
    job = await Handling(handler).job(parse_envelope(body, ()), body)
    assert job.workload == workload
    sent = orjson.loads(bytes(job.body))
    assert sent["input"]["seed"] == "__RANDOM_INT__"


@pytest.mark.parametrize("name", NAMES)
def test_it_is_loaded_when_the_wrapper_and_comfyui_say_so(name: str) -> None:
    config = defined(name)
    stats = Answers("http://127.0.0.1:18188/system_stats")
    assert config.loaded == all_of(Answers("/health"), any_of(LogMarker(), stats))
    assert config.model_server_url == "http://127.0.0.1:18288"


def markers(config: WorkerConfig) -> LogMarkers:
    actions = config.log_actions
    return LogMarkers(actions.on_error, actions.on_load, actions.on_info)


def kinds(config: WorkerConfig, content: bytes) -> list[str]:
    return [event.kind for event in markers(config).scan(content)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"INFO:main:BACKENDS_READY: 1 backend(s) reachable, ready to serve", ["load"]),
        (b"BACKENDS_READY", ["load"]),
        (b"ERROR:main:BACKENDS_READY_TIMEOUT: no backend after 600 s", ["error"]),
        (b"CRITICAL:main:BACKEND_UNRECOVERABLE: CUDA error", ["error"]),
        (b"To see the GUI go to: http://127.0.0.1:18188", ["load"]),
        (b"INFO:     Uvicorn running on http://127.0.0.1:18288 (Press CTRL+C to quit)", []),
        (b"Traceback (most recent call last):", []),
        (b"  - Value not in list: ckpt_name: 'x' not in []", []),
        (b"!!! Exception during processing !!! no", []),
    ],
)
def test_what_the_lines_mean(name: str, line: bytes, found: list[str]) -> None:
    assert kinds(defined(name), line + b"\n") == found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("log", "found"),
    [
        ("comfy-wrapper/session1.log", ["load"]),
        ("comfy-wrapper/startup.log", []),
        ("comfy-wrapper/startup-comfy-down.log", []),
        ("comfy-wrapper/log-comfy-killed-midjob.log", []),
        ("comfyui/startup.log", ["load"]),
        ("comfyui/session2.log", ["load"]),
        ("comfyui/log-ckpt-truncated.log", []),
    ],
)
def test_what_real_logs_say(shared_dir: Path, name: str, log: str, found: list[str]) -> None:
    assert kinds(defined(name), (shared_dir / "logs" / log).read_bytes()) == found


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_log_loads_once_and_never_fails(name: str) -> None:
    config = defined(name)
    package = import_module(f"workers.{name.replace('-', '_')}")
    sample = (Path(package.__path__[0]) / "sample.log").read_bytes()
    assert kinds(config, sample) == ["load"]


async def test_the_benchmark_is_a_new_image_each_time_of_the_size_that_is_set() -> None:
    bodies = await benchmark_bodies(
        defined(BENCHMARK_TEST_WIDTH="640", BENCHMARK_TEST_HEIGHT="768", BENCHMARK_TEST_STEPS="9")
    )
    asked = [body["input"]["modifications"] for body in bodies]
    assert {(a["width"], a["height"], a["steps"]) for a in asked} == {(640, 768, 9)}
    assert len({a["seed"] for a in asked}) == len({a["prompt"] for a in asked}) == 8
    assert {body["input"]["modifier"] for body in bodies} == {"Text2Image"}
    default = (await benchmark_bodies(defined(), 1))[0]["input"]["modifications"]
    assert (default["width"], default["height"], default["steps"]) == (512, 512, 20)


@pytest.mark.parametrize("name", ["wan", "ace"])
async def test_their_own_workflows_are_whole_and_vary(name: str) -> None:
    bodies = await benchmark_bodies(defined(name), 3)
    assert len({json.dumps(body) for body in bodies}) == 3
    text = json.dumps(bodies[0])
    assert "__" not in text
    try:
        check_nodes(bodies[0]["input"]["workflow_json"], name)
    except BadTemplate as error:
        pytest.fail(str(error))


WORKFLOW: dict[str, Any] = {
    "1": {"class_type": "KSampler", "inputs": {"seed": 5, "steps": 20, "model": ["2", 0]}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a cat"}},
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "content", [WORKFLOW, {"input": {"request_id": "x", "workflow_json": WORKFLOW}}]
)
async def test_a_file_of_ones_own(name: str, content: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(content))
    bodies = await benchmark_bodies(defined(name, BENCHMARK_JSON_PATH=str(file)))
    workflows = [body["input"]["workflow_json"] for body in bodies]
    assert len({w["1"]["inputs"].pop("seed") for w in workflows}) == 8
    assert workflows[0]["1"]["inputs"] == {"steps": 20, "model": ["2", 0]}
    assert workflows[0]["2"] == WORKFLOW["2"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "no benchmark can be read"),
        (b"[]", "neither"),
        (b"{}", "neither"),
        (b'{"nodes": [], "links": []}', "neither"),
        (b'{"1": {"class_type": "Upscale", "inputs": {}}}', "no seed"),
        (None, "no benchmark can be read"),
    ],
)
def test_a_file_that_is_no_benchmark_is_one_sentence(
    content: bytes | None, why: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=why):
        defined(BENCHMARK_JSON_PATH=str(file))


def test_only_a_completed_job_with_output_passes(shared_dir: Path) -> None:
    check = defined().benchmarked[1].check
    check(b'{"id":"a","status":"completed","output":[{"filename":"a.png"}]}')
    samples = (shared_dir / "logs" / "comfy-wrapper" / "http-samples.txt").read_bytes()
    jobs = [line for line in samples.splitlines() if line.startswith(b'{"id":')]
    passed = 0
    for job in jobs:
        try:
            check(job)
            passed += 1
        except ValueError:
            assert b'"status":"completed"' not in job
    assert 0 < passed < len(jobs)
    for wrong in (b"", b"[]", b'{"status":"completed","output":[]}', b'{"status":"failed"}'):
        with pytest.raises(ValueError, match=r"."):
            check(wrong)
