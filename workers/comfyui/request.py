"""What clients may ask for, checked: an image of a prompt, or a workflow with what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyworker.errors import InvalidRequest
from pyworker.worker import Payload, bad_payload
from pyworker.workload.image import MAX_SIDE, MAX_STEPS

# ComfyUI's own range for seeds.
MAX_SEED = 2**64 - 1

_NEEDED = ("prompt", "width", "height", "steps", "seed")


@dataclass(frozen=True, slots=True)
class Size:
    """What an image costs depends on: pixels, pixels, and steps of the sampler."""

    width: int = 1024
    height: int = 1024
    steps: int = 28


def prompt_of(payload: Payload) -> dict[str, str | int]:
    """The values of `/prompt`, by the names of their places in a template.

    Raises:
        InvalidRequest: One is missing, of another type, or out of its bounds.
    """
    _need(payload, _NEEDED)
    prompt = payload["prompt"]
    if not isinstance(prompt, str):
        raise bad_payload("prompt", "must be a string")
    size = size_of_prompt(payload)
    return {
        "PROMPT": prompt,
        "WIDTH": size.width,
        "HEIGHT": size.height,
        "STEPS": size.steps,
        "SEED": _whole(payload["seed"], "seed", 0, MAX_SEED),
    }


def size_of_prompt(payload: Payload) -> Size:
    """The size that `/prompt` asks for; see `prompt_of`."""
    return Size(
        _whole(payload["width"], "width", 1, MAX_SIDE),
        _whole(payload["height"], "height", 1, MAX_SIDE),
        _whole(payload["steps"], "steps", 1, MAX_STEPS),
    )


def workflow_of(payload: Payload) -> Mapping[str, Any]:
    """The workflow of `/custom-workflow`.

    Raises:
        InvalidRequest: It or `custom_fields` is missing or no object.
    """
    _need(payload, ("custom_fields", "workflow"))
    return _object(payload["workflow"], "workflow")


def size_of_workflow(payload: Payload) -> Size:
    """The size that `custom_fields` tell: only the workload depends on it.

    Raises:
        InvalidRequest: One of them is no number, or out of its bounds.
    """
    told = _object(payload["custom_fields"], "custom_fields")

    def number(name: str, default: int, maximum: int) -> int:
        # Numbers in strings count: clients of older workers send them.
        value = default if told.get(name) is None else told[name]
        digits = isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdigit()
        path = f"custom_fields.{name}"
        return _whole(int(value) if digits else value, path, 1, maximum)

    default = Size()
    return Size(
        number("width", default.width, MAX_SIDE),
        number("height", default.height, MAX_SIDE),
        number("steps", default.steps, MAX_STEPS),
    )


def _need(payload: Payload, names: tuple[str, ...]) -> None:
    missing = {name: "missing parameter" for name in names if name not in payload}
    if missing:
        raise InvalidRequest(f"payload: missing {', '.join(missing)}", detail={"payload": missing})


def _object(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise bad_payload(path, "must be an object")
    return value  # pyright: ignore[reportUnknownVariableType] - parsed JSON: its keys are strings


def _whole(value: object, path: str, minimum: int, maximum: int) -> int:
    # bool is an int to Python, not to a client.
    if not isinstance(value, int) or isinstance(value, bool):
        raise bad_payload(path, "must be an integer")
    if not minimum <= value <= maximum:
        raise bad_payload(path, f"must be {minimum} to {maximum}")
    return value
