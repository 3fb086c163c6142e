"""The comfyui worker: what an image costs, what the wrapper is sent, what ComfyUI's lines mean."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import workers.comfyui
from pyworker.errors import InvalidRequest, SettingsError
from pyworker.model.benchmark import prepare
from pyworker.model.markers import LogMarkers
from pyworker.proxy.jobs import Handling, Job
from pyworker.settings import read_settings
from pyworker.worker import HandlerConfig
from workers.comfyui.template import BadTemplate, Template
from workers.comfyui.worker import TEMPLATES, define

CONFIG = define(read_settings({}))
PROMPT, WORKFLOW = CONFIG.handlers
SD3 = define(read_settings({"COMFY_MODEL": "sd3"}))

IMAGE = {"prompt": "a cat", "width": 1024, "height": 1024, "steps": 28, "seed": 1}
OWN = {"7": {"class_type": "LoadImage", "inputs": {"image": "{{PROMPT}}"}}}


async def job(handler: HandlerConfig, payload: Any) -> Job:
    """What becomes of a client's payload."""
    return await Handling(handler).job_of(payload)


async def sent(handler: HandlerConfig, payload: Any) -> dict[str, Any]:
    return orjson.loads((await job(handler, payload)).body)


@pytest.mark.parametrize(
    ("handler", "width", "height", "steps", "workload"),
    [
        (PROMPT, 1024, 1024, 28, 4600.0),
        (PROMPT, 512, 512, 20, 1209.190288307456),
        (PROMPT, 1024, 1024, 20, 3650.8245243128963),
        (SD3.handlers[0], 1024, 1024, 28, 1200.0),
        (SD3.handlers[0], 512, 512, 20, 315.44094477585816),
    ],
)
async def test_an_image_costs_to_the_last_digit(
    handler: HandlerConfig, width: int, height: int, steps: int, workload: float
) -> None:
    payload = {**IMAGE, "width": width, "height": height, "steps": steps}
    assert (await job(handler, payload)).workload == workload


@pytest.mark.parametrize(
    ("fields", "workload"),
    [
        ({}, 4600.0),
        ({"steps": 20}, 3650.8245243128963),
        ({"width": 512, "height": "512", "steps": 20}, 1209.190288307456),
        ({"width": None, "lora": "x"}, 4600.0),
    ],
)
async def test_a_workflow_costs_what_its_custom_fields_say(
    fields: dict[str, Any], workload: float
) -> None:
    asked = await job(WORKFLOW, {"custom_fields": fields, "workflow": OWN})
    assert asked.workload == workload


async def test_a_prompt_is_sent_as_a_filled_template() -> None:
    asked = await sent(PROMPT, {**IMAGE, "width": 640, "seed": 2**64 - 1})
    workflow = asked["input"]["workflow_json"]
    assert workflow["text"]["inputs"]["text"] == "a cat"
    assert workflow["canvas"]["inputs"] == {"width": 640, "height": 1024, "batch_size": 1}
    assert workflow["sigmas"]["inputs"]["steps"] == 28
    assert workflow["noise"]["inputs"]["noise_seed"] == 2**64 - 1
    assert (await job(PROMPT, IMAGE)).path == "/runsync"
    sampler = (await sent(SD3.handlers[0], IMAGE))["input"]["workflow_json"]["sampled"]["inputs"]
    assert (sampler["seed"], sampler["steps"]) == (1, 28)


@given(prompt=st.text() | st.sampled_from(['"}, "x": {"', "{{SEED}}", "{{NAME}}", "\\", "\n"]))
def test_a_prompt_is_data_whatever_it_contains(prompt: str) -> None:
    template = Template((TEMPLATES / "flux.json").read_bytes(), "flux")
    values: dict[str, str | int] = {"WIDTH": 1, "HEIGHT": 2, "STEPS": 3, "SEED": 4}
    plain = template.filled({**values, "PROMPT": "x"})
    filled = template.filled({**values, "PROMPT": prompt})
    text = filled["input"]["workflow_json"]["text"]["inputs"]
    assert text["text"] == prompt
    text["text"] = "x"
    assert filled == plain


async def test_a_workflow_takes_the_templates_place_unfilled() -> None:
    asked = await sent(WORKFLOW, {"custom_fields": {}, "workflow": OWN})
    assert asked["input"]["workflow_json"] == OWN
    assert asked["input"]["handler"] == "RawWorkflow"
    again = await sent(PROMPT, IMAGE)  # the template is as it was
    assert "text" in again["input"]["workflow_json"]


@pytest.mark.parametrize("name", list(IMAGE))
async def test_every_field_is_needed(name: str) -> None:
    payload = {key: value for key, value in IMAGE.items() if key != name}
    with pytest.raises(InvalidRequest) as refused:
        await job(PROMPT, payload)
    assert refused.value.status == 422
    assert refused.value.detail == {"payload": {name: "missing parameter"}}


async def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(InvalidRequest) as refused:
        await job(PROMPT, {})
    assert refused.value.detail == {"payload": dict.fromkeys(IMAGE, "missing parameter")}
    with pytest.raises(InvalidRequest) as refused:
        await job(WORKFLOW, {})
    assert refused.value.detail == {
        "payload": {"custom_fields": "missing parameter", "workflow": "missing parameter"}
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", 5),
        ("width", 0),
        ("width", 65536),
        ("height", "1024"),
        ("height", True),
        ("steps", 10_001),
        ("steps", 2.5),
        ("steps", None),
        ("seed", -1),
        ("seed", 1e30),
    ],
)
async def test_what_no_image_can_be_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await job(PROMPT, {**IMAGE, name: value})
    assert list(refused.value.detail["payload"]) == [name]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "payload",
    [
        {"custom_fields": [], "workflow": {}},
        {"custom_fields": {}, "workflow": "{}"},
        {"custom_fields": {"width": -1}, "workflow": {}},
        {"custom_fields": {"steps": "many"}, "workflow": {}},
        {"custom_fields": {"height": "9" * 5000}, "workflow": {}},
    ],
)
async def test_a_wrong_workflow_is_refused(payload: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"payload\.(custom_fields|workflow)") as refused:
        await job(WORKFLOW, payload)
    assert refused.value.status == 422


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    tree = orjson.loads((TEMPLATES / "sd3.json").read_bytes())
    change(tree["input"]["workflow_json"])
    return orjson.dumps(tree)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{", "no JSON"),
        (b"[]", r"input\.workflow_json"),
        (b'{"input": {"workflow_json": []}}', r"input\.workflow_json"),
        (changed(lambda w: w["text"]["inputs"].pop("text")), r"no \{\{PROMPT\}\}"),
        (changed(lambda w: w["text"]["inputs"].update(x="{{CFG}}")), r"\{\{CFG\}\}, which nothing"),
        (changed(lambda w: w["text"].pop("class_type")), "node text needs a class_type"),
        (changed(lambda w: w.pop("checkpoint")), "from 'checkpoint', which is not there"),
    ],
)
def test_a_template_is_checked_at_start(text: bytes, why: str) -> None:
    with pytest.raises(BadTemplate, match=why):
        Template(text, "mine")


def test_where_it_is_and_how_it_serves() -> None:
    assert CONFIG.model_server_url == "http://127.0.0.1:18288"
    for handler in CONFIG.handlers:
        assert handler.concurrency == 1
        assert handler.max_queue_time == 10
    with pytest.raises(SettingsError, match="flux or sd3"):
        read_settings({"COMFY_MODEL": "sdxl"})


async def test_the_benchmark_never_repeats_an_image() -> None:
    handler, benchmark = CONFIG.benchmarked
    rng = random.Random(1)
    jobs = [await prepare(handler, benchmark, rng) for _ in range(20)]
    assert {job.workload for job in jobs} == {4600.0}
    workflows = [orjson.loads(job.body)["input"]["workflow_json"] for job in jobs]
    assert len({w["noise"]["inputs"]["noise_seed"] for w in workflows}) == 20
    assert len({w["text"]["inputs"]["text"] for w in workflows}) == 20
    benchmark.check(b'{"images":["data:image/png;base64,iVBORw0KGgoAAAA="]}')
    for wrong in (b"", b"[]", b'{"images":[]}', b'{"images":["data:image/png;base64,"]}'):
        with pytest.raises(ValueError, match=r"."):
            benchmark.check(wrong)


ACTIONS = CONFIG.log_actions
MARKERS = LogMarkers(ACTIONS.on_error, ACTIONS.on_load, ACTIONS.on_info)


def kinds(content: bytes) -> list[str]:
    return [event.kind for event in MARKERS.scan(content)]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("startup.log", ["load"]),
        ("session2.log", ["load"]),
        ("log-ckpt-truncated.log", []),
        ("fail-port-in-use.log", ["error"]),
    ],
)
def test_what_comfyuis_real_logs_say(shared_dir: Path, name: str, found: list[str]) -> None:
    content = (shared_dir / "logs" / "comfyui" / name).read_bytes()
    assert kinds(content) == found


def test_a_bad_job_and_a_missing_extension_do_not_end_the_worker() -> None:
    sample = (Path(workers.comfyui.__path__[0]) / "sample.log").read_bytes()
    assert b"Traceback" in sample
    assert b"IMPORT FAILED" in sample
    assert kinds(sample) == ["load"]
    assert kinds(b"  - Value not in list: unet_name: 'x.safetensors' not in []\n") == []
    assert kinds(b"Error: MetadataIncompleteBuffer\n") == ["error"]
    assert kinds(b"Downloading: 45%\n") == ["info"]


def test_no_other_model_servers_log_is_taken_for_comfyuis(shared_dir: Path) -> None:
    for file in (shared_dir / "logs").rglob("*.log"):
        if "comfyui" not in file.parts:
            assert kinds(file.read_bytes()) == [], file
