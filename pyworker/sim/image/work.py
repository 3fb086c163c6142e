"""What a job is: which workflow, how much work it is, and whether ComfyUI would take it. No I/O."""

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

Json = Any  # parsed JSON

_TILE = 512
_RANDOM_INT = "__RANDOM_INT__"
# The sampler's numbers in ComfyUI.
_MAX_STEPS, _MAX_SIDE = 10_000, 16_384


class JobFailed(Exception):
    """ComfyUI or the wrapper will not do it; `str()` is the wrapper's message."""


@dataclass(frozen=True, slots=True)
class Work:
    """A workflow that ComfyUI takes.

    Attributes:
        key: The same for workflows whose result is in ComfyUI's cache once one of them ran.
        units: Steps of the sampler, times tiles of 512x512, times images.
        images: How many it saves.
        node: Id of the node that saves them.
        prefix: Of their names.
    """

    key: bytes
    units: int
    images: int
    node: str
    prefix: str


def work_of(request: Mapping[str, Json], rng: random.Random) -> Work:
    """The work of `input` of a request that has a workflow or a modifier.

    Raises:
        JobFailed: There is no such modifier, or a node or a link of the workflow is wrong.
    """
    workflow = request.get("workflow_json") or _modified(request)
    filled = cast("dict[str, Json]", _with_random_ints(workflow, rng))
    saving = _checked(filled)
    found = dict(_numbers(filled))
    steps = min(max(found.get("steps", 1), 1), _MAX_STEPS)
    sides = (min(max(found.get(side, _TILE), 1), _MAX_SIDE) for side in ("width", "height"))
    tiles = math.prod(math.ceil(side / _TILE) for side in sides)
    images = min(max(found.get("batch_size", 1), 1), 64)
    prefix = str(filled[saving]["inputs"].get("filename_prefix", "ComfyUI"))
    name = "".join(c for c in prefix if c.isalnum() or c in "-_")[:64]
    key = orjson.dumps(filled, option=orjson.OPT_SORT_KEYS)
    return Work(key, steps * tiles * images, images, saving, name or "ComfyUI")


def _modified(request: Mapping[str, Json]) -> dict[str, Json]:
    if request.get("modifier") != "Text2Image":
        raise JobFailed(f"Preprocessing failed: Unknown modifier: {request.get('modifier')}")
    asked = _object(request.get("modifications"))
    canvas = {side: asked.get(side, _TILE) for side in ("width", "height")}
    sampler = {"seed": asked.get("seed", _RANDOM_INT), "steps": asked.get("steps", 20)}
    return {
        "3": {"class_type": "KSampler", "inputs": {**sampler, "latent_image": ["5", 0]}},
        "5": {"class_type": "EmptyLatentImage", "inputs": canvas},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": asked.get("prompt", "")}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}},
    }


def _with_random_ints(tree: Json, rng: random.Random) -> Json:
    if isinstance(tree, dict):
        members = cast("dict[str, Json]", tree)
        return {key: _with_random_ints(value, rng) for key, value in members.items()}
    if isinstance(tree, list):
        return [_with_random_ints(value, rng) for value in cast("list[Json]", tree)]
    return rng.randrange(2**32) if tree == _RANDOM_INT else tree


def _checked(workflow: dict[str, Json]) -> str:
    """The id of the first node that saves something."""
    saving = ""
    for id_, given in workflow.items():
        node = _object(given)
        inputs, kind = node.get("inputs"), node.get("class_type")
        if not isinstance(inputs, dict) or not isinstance(kind, str):
            raise JobFailed("Generation failed: ComfyUI node errors: {}")
        for value in cast("dict[str, Json]", inputs).values():
            link = cast("list[Json]", value) if isinstance(value, list) else []
            if len(link) == 2 and str(link[0]) not in workflow:
                raise JobFailed("Generation failed: ComfyUI node errors: {}")
        if not saving and kind.startswith(("Save", "Preview")):
            saving = id_
    if not saving:
        raise JobFailed("Generation failed: ComfyUI error: Prompt has no outputs")
    return saving


def _numbers(workflow: dict[str, Json]) -> Iterator[tuple[str, int]]:
    for node in workflow.values():
        for name, value in node["inputs"].items():
            if isinstance(value, int) and not isinstance(value, bool):
                yield name, value


def _object(value: Json) -> dict[str, Json]:
    """`value`, or an empty object if it is none."""
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}
