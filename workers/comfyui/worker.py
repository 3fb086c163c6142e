"""The worker for ComfyUI behind its API wrapper: `/prompt` and `/custom-workflow`."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import orjson

from pyworker.model.prompts import random_words
from pyworker.reasons import beginning_of
from pyworker.settings import Settings
from pyworker.worker import (
    BenchmarkConfig,
    HandlerConfig,
    LogActionConfig,
    ModelRequest,
    Payload,
    WorkerConfig,
)
from pyworker.workload import image_cost
from workers.comfyui.images import Images
from workers.comfyui.request import (
    Size,
    prompt_of,
    size_of_prompt,
    size_of_workflow,
    workflow_of,
)
from workers.comfyui.template import Template

TEMPLATES = Path(__file__).parent / "templates"

# 77 tokens is what CLIP reads of a prompt: about sixty words.
BENCHMARK_WORDS = 60
BENCHMARK_SIZE = Size()

# Seconds. Who would wait longer is better served by another worker.
MAX_QUEUE_TIME = 10.0
# ComfyUI does one job at a time, whichever route it came by.
QUEUE = "gpu"

# The first characters of every PNG in base64.
_PNG = "data:image/png;base64,iVBORw0KGgo"


def define(settings: Settings) -> WorkerConfig:
    """The comfyui worker."""
    model = settings.comfy_model
    template = Template((TEMPLATES / f"{model}.json").read_bytes(), model)
    images = Images(settings.comfy_output)

    def ask_for_prompt(payload: Payload) -> ModelRequest:
        return ModelRequest(body=orjson.dumps(template.filled(prompt_of(payload))))

    def ask_for_workflow(payload: Payload) -> ModelRequest:
        return ModelRequest(body=orjson.dumps(template.with_workflow(workflow_of(payload))))

    def cost(size: Size) -> float:
        return image_cost(size.width, size.height, size.steps, model)

    return WorkerConfig(
        name="comfyui",
        model_server_url=settings.model_server_url or "http://127.0.0.1:18288",
        model_log_file=settings.model_log or "/var/log/portal/comfyui.log",
        # The wrappers that have /runsync need not have a health endpoint.
        health_endpoint=settings.model_health_endpoint or "",
        handlers=(
            HandlerConfig(
                route="/prompt",
                model_route="/runsync",
                request_parser=ask_for_prompt,
                workload=lambda payload: cost(size_of_prompt(payload)),
                response_transform=images.answer,
                queue=QUEUE,
                max_queue_time=MAX_QUEUE_TIME,
                blocking=True,
                benchmark_config=BenchmarkConfig(payload=_benchmark_payload, check=_check_images),
            ),
            HandlerConfig(
                route="/custom-workflow",
                model_route="/runsync",
                request_parser=ask_for_workflow,
                workload=lambda payload: cost(size_of_workflow(payload)),
                response_transform=images.answer,
                queue=QUEUE,
                max_queue_time=MAX_QUEUE_TIME,
                blocking=True,
            ),
        ),
        log_actions=LogActionConfig(
            on_load=("To see the GUI go to: ",),
            # Not "Value not in list", a client's bad workflow, and not "Traceback", which a good
            # start prints. A model file that is not there fails the benchmark.
            on_error=(
                "MetadataIncompleteBuffer",
                "OSError: [Errno 98] error while attempting to bind",
            ),
            on_info=("Downloading:",),
        ),
    )


def _benchmark_payload(rng: random.Random) -> Mapping[str, object]:
    return {
        "prompt": random_words(rng, BENCHMARK_WORDS),
        "width": BENCHMARK_SIZE.width,
        "height": BENCHMARK_SIZE.height,
        "steps": BENCHMARK_SIZE.steps,
        # ComfyUI answers what it has computed before in milliseconds.
        "seed": rng.randrange(2**63),
    }


def _check_images(body: bytes) -> None:
    answer = orjson.loads(body)
    images = cast("dict[str, object]", answer).get("images") if isinstance(answer, dict) else None
    if not isinstance(images, list) or not images:
        raise ValueError(f"the answer has no images: {beginning_of(body)}")
    for image in cast("list[object]", images):
        if not isinstance(image, str) or not image.startswith(_PNG):
            raise ValueError(f"this is no PNG: {str(image)[:60]}")
