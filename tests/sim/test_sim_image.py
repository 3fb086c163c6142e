"""The simulated ComfyUI wrapper: answers in its real shapes, in simulated time, and its failures.

A second of these tests is a hundred simulated ones.
"""

import base64
import json
from pathlib import Path

import httpx
import pytest
import trio
import trio.testing
from fakes.sim_image import Running, running, workflow

from pyworker.sim.command import parse_arguments
from pyworker.sim.image.server import ImageServer
from pyworker.sim.image.settings import FailStart, ImageSettings
from pyworker.sim.log import LogWriter


async def test_a_job_is_answered_as_by_the_real_one_with_a_real_png(
    fast_clock: trio.testing.MockClock, tmp_path: Path, shared_dir: Path
) -> None:
    samples = (shared_dir / "logs" / "comfy-wrapper" / "http-samples.txt").read_text()
    real = next(line for line in samples.splitlines() if '"Processing complete."' in line)
    async with running(tmp_path) as sim:
        answer = await sim.generate()
        assert answer.status_code == 200
        job = answer.json()
        assert list(job) == list(json.loads(real))
        [image] = job["output"]
        assert (image["filename"], image["node_id"]) == ("tiny_00001_.png", "saved")
        assert set(image) == {
            "filename", "local_path", "type", "subfolder", "node_id", "output_type"
        }  # fmt: skip
        [file] = sim.output.rglob("*.png")
        assert image["local_path"] == str(file)
        assert file.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


async def test_the_file_is_in_the_answer_when_asked_for(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        answer = await sim.client.post(
            "/runsync",
            json={"input": {"modifier": "Text2Image", "modifications": {"seed": 4}}},
            headers={"X-Return-Outputs-As-Base64": "1"},
        )
        [image] = answer.json()["output"]["images"]
        [file] = sim.output.rglob("*.png")
        assert base64.b64decode(image["data"]) == file.read_bytes()


async def took(sim: Running, **asked: int) -> float:
    began = trio.current_time()
    assert (await sim.generate(**asked)).status_code == 200
    return trio.current_time() - began


async def test_work_takes_its_time_and_what_is_cached_none(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, steps_per_second=1.0) as sim:
        assert await took(sim, steps=100) >= 100
        await took(sim, steps=100)
        assert (await sim.state())["steps"] == pytest.approx(100.01)
        await took(sim, steps=100, seed=2)
        assert (await sim.state())["steps"] == pytest.approx(200.01)
        larger = workflow(steps=10, side=1024)
        await sim.client.post("/generate/sync", json={"input": {"workflow_json": larger}})
        assert (await sim.state())["steps"] == pytest.approx(240.01)
        assert len(list(sim.output.rglob("*.png"))) == 4


async def test_one_more_than_the_queue_holds_is_sent_away(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, max_queue=1, steps_per_second=0.1) as sim:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sim.generate, 20, 1)
            await sim.until(lambda state: state["running"] == 1)
            nursery.start_soon(sim.generate, 20, 2)
            await sim.until(lambda state: state["queued"] == 1)
            refused = await sim.generate(seed=3)
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "5"
            assert refused.json()["message"] == "Worker at capacity (2 in flight); retry shortly"
            nursery.cancel_scope.cancel()
        state = await sim.until(lambda state: state["running"] == state["queued"] == 0)
        assert state["cancelled"] == 2
        assert any("499 DISCONNECTED" in line for line in sim.lines())


async def test_a_cancelled_job_is_499(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with running(tmp_path, steps_per_second=0.1) as sim, trio.open_nursery() as nursery:

        async def cancelled() -> None:
            answer = await sim.generate(request_id="mine")
            assert answer.status_code == 499
            assert answer.json()["message"] == "Request cancelled by client"

        nursery.start_soon(cancelled)
        await sim.until(lambda state: state["running"] == 1)
        assert (await sim.client.post("/cancel/nope")).status_code == 404
        assert (await sim.client.post("/cancel/mine")).json()["status"] == "cancelled"


async def test_comfyui_killed_in_mid_job(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as sim:
        assert (await sim.client.get("/system_stats")).status_code == 200
        await sim.fault(kind="crash", after_tokens=5)
        began = trio.current_time()
        answer = await sim.generate()
        assert trio.current_time() - began >= 3
        assert answer.status_code == 500
        assert answer.json()["status"] == "failed"
        health = await sim.client.get("/health")
        assert (health.status_code, health.json()["backends_healthy"]) == (503, "0/1")
        with pytest.raises(httpx.TransportError):
            await sim.client.get("/system_stats")
        assert (await sim.generate(seed=2)).status_code == 500
        assert not sim.ended.is_set()


async def test_faults_hit_one_job_each(fast_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with running(tmp_path, steps_per_second=1.0) as sim:
        await sim.fault(kind="error500")
        assert (await sim.generate()).json()["status"] == "failed"
        await sim.fault(kind="refuse")
        assert (await sim.generate()).status_code == 503
        await sim.fault(kind="cut")
        with pytest.raises(httpx.TransportError):
            await sim.generate()
        await sim.fault(kind="unhealthy")
        assert (await sim.client.get("/health")).status_code == 503
        assert (await sim.client.get("/health")).status_code == 200
        await sim.fault(kind="slow", factor=10)
        assert await took(sim, steps=20, seed=9) >= 200
        assert (await sim.generate(seed=10)).status_code == 200


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ("{", 422, "JSON decode error"),
        ("{}", 422, "Field required"),
        ('{"input": {}}', 422, "Must provide either workflow_json OR modifier"),
        ('{"input": {"modifier": "Nope"}}', 500, "Preprocessing failed: Unknown modifier: Nope"),
        ('{"input": {"workflow_json": {"1": {}}}}', 500, "ComfyUI node errors"),
        ('{"input": {"workflow_json": [1]}}', 422, "valid dictionary"),
        (
            '{"input": {"workflow_json": {"1": {"class_type": "X", "inputs": {"a": ["2", 0]}}}}}',
            500,
            "ComfyUI node errors",
        ),
        (
            '{"input": {"workflow_json": {"1": {"class_type": "X", "inputs": {}}}}}',
            500,
            "Prompt has no outputs",
        ),
    ],
)
async def test_what_is_refused(tmp_path: Path, body: str, code: int, told: str) -> None:
    async with running(tmp_path) as sim:
        answer = await sim.client.post("/generate/sync", content=body)
        assert answer.status_code == code
        assert told in answer.text
        assert (await sim.client.get("/nowhere")).status_code == 404
        assert (await sim.client.get("/runsync")).status_code == 405


async def test_the_wrapper_answers_while_comfyui_loads(
    fast_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with running(tmp_path, load_seconds=100.0) as sim:
        assert (await sim.client.get("/health")).status_code == 503
        assert not any("BACKENDS_READY" in line for line in sim.lines())
        while (await sim.client.get("/health")).status_code != 200:  # noqa: ASYNC110
            await trio.sleep(5)
        assert "INFO:main:BACKENDS_READY: 1 backend(s) reachable, ready to serve" in sim.lines()
        sim.server.stop()
        await sim.ended.wait()
        assert sim.code == 0


@pytest.mark.parametrize(
    ("fail", "last"),
    [
        ("timeout", "BACKENDS_READY_TIMEOUT"),
        ("startup", "Application startup failed"),
        ("bind", "[Errno 98] error while attempting to bind on address"),
    ],
)
async def test_a_failed_start_ends_with_code_1(
    fast_clock: trio.testing.MockClock, tmp_path: Path, fail: FailStart, last: str
) -> None:
    settings = ImageSettings(port=0, load_seconds=5.0, fail_start=fail)
    with LogWriter(tmp_path / "log") as log:
        assert await ImageServer(settings, log, lambda _: None).serve() == 1
    assert last in (tmp_path / "log").read_text()
    assert "INFO:main:BACKENDS_READY: " not in (tmp_path / "log").read_text()


def test_its_command_line() -> None:
    parsed = parse_arguments(["image", "--port", "0", "--output", "there", "--fault", "slow"])
    assert (parsed.port, getattr(parsed, "output", None)) == (0, Path("there"))
    assert [fault.kind.value for fault in parsed.faults] == ["slow"]
