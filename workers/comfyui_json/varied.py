"""Requests for benchmarks that no request before them had: ComfyUI answers the others from memory.

Its cache is by node: a workflow whose seed has not changed comes back in milliseconds, and a worker
that was measured with it would promise a thousand times what it can do.
"""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import orjson

from pyworker.errors import SettingsError
from pyworker.model.prompts import random_words
from pyworker.reasons import reason_of

RANDOM_INT = "__RANDOM_INT__"  # as the wrapper has it
PROMPT = "__PROMPT__"
_SEEDS = frozenset({"seed", "noise_seed"})

PROMPT_WORDS = 40
# ComfyUI takes 64 bits, but nodes written in JavaScript keep 53 of them.
_MAX_SEED = 2**53
# A workflow is some kilobytes; one with images in it is still under this.
_LARGEST_FILE = 64 * 1024 * 1024


class BenchmarkRequest:
    """A request body whose seeds and places are filled anew each time.

    Args:
        body: `{"input": {...}}`. Filled are integers named `seed` or `noise_seed`, and strings that
            are RANDOM_INT or PROMPT.
        name: What it is called in errors.

    Raises:
        SettingsError: There is nothing in it to vary.
    """

    def __init__(self, body: Mapping[str, Any], name: str) -> None:
        self._body = body
        drawn = random.Random(0)
        if _filled(body, drawn) == _filled(body, drawn):
            raise SettingsError(
                f"{name} has no seed, {RANDOM_INT} or {PROMPT}: ComfyUI would answer all but the"
                " first run of the benchmark from its cache"
            )

    def __call__(self, rng: random.Random) -> Mapping[str, object]:
        """The next one; the same state of `rng` gives the same."""
        return cast("Mapping[str, object]", _filled(self._body, rng))


def read_request(file: Path) -> BenchmarkRequest:
    """A request from a file: a whole one, or a workflow alone as ComfyUI's "Export (API)" gives it.

    Raises:
        SettingsError: It is missing, or none of both.
    """
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise SettingsError(f"{file} is larger than {_LARGEST_FILE} bytes")
        tree = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise SettingsError(f"no benchmark can be read from {file}: {reason_of(error)}") from error
    body = cast("dict[str, Any]", tree) if isinstance(tree, dict) else {}
    if isinstance(body.get("input"), dict):
        return BenchmarkRequest(body, str(file))
    if body and all(isinstance(node, dict) and "class_type" in node for node in body.values()):
        return BenchmarkRequest({"input": {"workflow_json": body}}, str(file))
    raise SettingsError(f'{file} is neither {{"input": {{...}}}} nor a workflow in API format')


def _filled(tree: Any, rng: random.Random, name: str = "") -> Any:
    if isinstance(tree, dict):
        members = cast("dict[str, Any]", tree)
        return {key: _filled(value, rng, key) for key, value in members.items()}
    if isinstance(tree, list):
        return [_filled(value, rng) for value in cast("list[Any]", tree)]
    if tree == RANDOM_INT:
        return rng.randrange(_MAX_SEED)
    if tree == PROMPT:
        return random_words(rng, PROMPT_WORDS)
    if name in _SEEDS and isinstance(tree, int):
        return rng.randrange(_MAX_SEED)
    return tree
