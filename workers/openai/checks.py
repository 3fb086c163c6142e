"""What the answers to benchmarks must hold, so that nothing is measured but work that was done.

Each check raises ValueError, with the beginning of the answer.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson

from pyworker.reasons import beginning_of
from workers.openai import workloads

Check = Callable[[bytes], None]

# A WAV file of a tenth of a second is longer, and so is any picture or film.
_LEAST_MEDIA_BYTES = 1000


def _answer(body: bytes) -> Mapping[str, Any]:
    answer: Any = orjson.loads(body)
    if not isinstance(answer, dict):
        raise ValueError(f"the answer is no object: {beginning_of(body)}")
    return cast("Mapping[str, Any]", answer)


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _listed(body: bytes, name: str) -> list[Mapping[str, Any]]:
    return _objects(_answer(body).get(name), name, body)


def _objects(listed: Any, name: str, body: bytes) -> list[Mapping[str, Any]]:
    if not isinstance(listed, list) or not listed:
        raise ValueError(f"the answer has no {name}: {beginning_of(body)}")
    return [_object(one) for one in cast("list[Any]", listed)]


def _says(text: Any) -> bool:
    return isinstance(text, str) and bool(text.strip())


def completion(body: bytes) -> None:
    """Every choice has a text."""
    if not all(_says(choice.get("text")) for choice in _listed(body, "choices")):
        raise ValueError(f"a choice has no text: {beginning_of(body)}")


def chat(body: bytes) -> None:
    """Every choice says, reasons or calls something."""
    for choice in _listed(body, "choices"):
        said = _object(choice.get("message"))
        texts = (said.get(name) for name in ("content", "reasoning_content", "reasoning"))
        if not (any(map(_says, texts)) or said.get("tool_calls")):
            raise ValueError(f"a choice has no message: {beginning_of(body)}")


def embeddings(body: bytes) -> None:
    """Every embedding is one."""
    if not all(one.get("embedding") for one in _listed(body, "data")):
        raise ValueError(f"an embedding is empty: {beginning_of(body)}")


def rerank(body: bytes) -> None:
    """Each document has its score; SGLang's list of them stands alone."""
    answer: Any = orjson.loads(body)
    listed: Any = cast("Any", answer) if isinstance(answer, list) else _answer(body).get("results")
    ranked = _objects(listed, "results", body)
    _check_scores([one.get("relevance_score", one.get("score")) for one in ranked], body)


def score(body: bytes) -> None:
    """Likewise; SGLang gives a score for each of several labels."""
    rows: Any = _answer(body).get("scores")
    if isinstance(rows, list):
        _check_scores([_first(row) for row in cast("list[Any]", rows)], body)
    else:
        _check_scores([one.get("score") for one in _listed(body, "data")], body)


def _first(row: Any) -> Any:
    return cast("list[Any]", row)[0] if isinstance(row, list) and row else None


def _check_scores(scores: list[Any], body: bytes) -> None:
    numbers = [score for score in scores if isinstance(score, int | float)]
    if len(numbers) != workloads.RERANK_DOCUMENTS:
        raise ValueError(
            f"{len(numbers)} of {workloads.RERANK_DOCUMENTS} documents have a score: "
            f"{beginning_of(body)}"
        )


def images(body: bytes) -> None:
    """Every image is there or elsewhere."""
    if not all(
        _says(one.get("b64_json")) or _says(one.get("url")) for one in _listed(body, "data")
    ):
        raise ValueError(f"an image is missing: {beginning_of(body)}")


def transcription(body: bytes) -> None:
    """There is a text; it may be empty, because syllables without sense may be none."""
    if not isinstance(_answer(body).get("text"), str):
        raise ValueError(f"the answer has no text: {beginning_of(body)}")


def media(body: bytes) -> None:
    """There is sound or a film, as bytes, and no error in its place."""
    if len(body) < _LEAST_MEDIA_BYTES or body.lstrip()[:1] == b"{":
        raise ValueError(f"the answer is no sound and no film: {beginning_of(body)}")


def speech_batch(body: bytes) -> None:
    """Every item became sound: nothing says `error`, and there is as much as of media."""
    if len(body) < _LEAST_MEDIA_BYTES:
        raise ValueError(f"the answer is too short for sounds: {beginning_of(body)}")
    if body.lstrip()[:1] == b"{":
        results = _listed(body, "results")
        if any(one.get("error") for one in results):
            raise ValueError(f"an item failed: {beginning_of(body)}")
