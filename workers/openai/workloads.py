"""What requests cost that are no plain generation of text, in units of 500 for a usual one.

Pure functions of a request, each with the size of a usual request beside it. The model server
judges what is wrong with a request; here a wrong number counts as if it was not given.
"""

import math
from collections.abc import Mapping
from typing import Any, cast

from pyworker.worker import Payload

# One usual request, in the workload of a completion of 500 tokens: so that all routes add up.
UNIT = 500.0
# A request is worth a tenth of a usual one at least and eight at most: sizes mislead beyond.
LEAST, MOST = 0.1, 8.0

CHARS_PER_TOKEN = 4
NON_TEXT_CHARS = 250  # a picture in the place of a document is about as much work as this
RERANK_DOCUMENTS, RERANK_QUERY_CHARS, RERANK_DOCUMENT_CHARS = 16, 60, 250
RERANK_CHARS = RERANK_DOCUMENTS * (RERANK_QUERY_CHARS + RERANK_DOCUMENT_CHARS)
SPEECH_CHARS = 500
REFERENCE_CHARS = 500  # reading a voice to imitate
IMAGE_SIDE = 1024
AUDIO_SECONDS = 30.0
VIDEO_WIDTH, VIDEO_HEIGHT, VIDEO_FRAMES, VIDEO_FPS = 832, 480, 33, 24.0


def unit(amount: float, usual: float) -> float:
    """The workload of `amount`, when `usual` of it is a usual request."""
    return UNIT * min(max(amount / usual, LEAST), MOST)


def chat_batch(payload: Payload) -> float:
    """Conversations times the tokens that each may be answered with."""
    # vLLM looks at the newer name first.
    limits = (_whole(payload.get(name)) for name in ("max_completion_tokens", "max_tokens"))
    tokens = next((limit for limit in limits if limit), int(UNIT))
    return unit(len(_list(payload.get("messages"))) * tokens, UNIT)


def embeddings(payload: Payload, usual_chars: float) -> float:
    """Characters of the texts; a token that comes as its id is four."""
    return unit(_text_size(payload.get("input")), usual_chars)


def rerank(payload: Payload) -> float:
    """Characters of the query and of a document, for each document."""
    query = _size(payload.get("query"))
    documents = _several(payload.get("documents"))
    return unit(sum(query + _size(document) for document in documents), RERANK_CHARS)


def score(payload: Payload) -> float:
    """As `rerank`: one query with each document, or each query with its own."""
    queries = _several(_first(payload, "queries", "text_1", "data_1"))
    documents = _several(_first(payload, "documents", "items", "text_2", "data_2"))
    if len(queries) == 1:
        queries = queries * len(documents)
    pairs = zip(queries, documents, strict=False)
    return unit(sum(_size(query) + _size(document) for query, document in pairs), RERANK_CHARS)


def speech(payload: Payload) -> float:
    """Characters to be spoken, and each voice to imitate."""
    references = sum(_references(payload.get(name)) for name in ("ref_audio", "ref_audio_2")) + sum(
        _references(reference.get("audio_path"))
        for reference in _objects(payload.get("references"))
    )
    return unit(_chars(payload.get("input")) + REFERENCE_CHARS * references, SPEECH_CHARS)


def speech_batch(payload: Payload) -> float:
    """All items; one has a voice to imitate if it or the batch names one."""
    shared = _references(payload.get("ref_audio")) > 0
    amount = 0
    for item in _objects(payload.get("items")):
        imitates = shared or _references(item.get("ref_audio")) > 0
        amount += _chars(item.get("input")) + (REFERENCE_CHARS if imitates else 0)
    return unit(amount, SPEECH_CHARS)


def images(payload: Payload) -> float:
    """Pixels of all images."""
    width, height = _sides(payload.get("size")) or (IMAGE_SIDE, IMAGE_SIDE)
    return unit(_count(payload.get("n")) * width * height, IMAGE_SIDE**2)


def audio(seconds: float) -> float:
    """Seconds of sound to be understood."""
    return unit(seconds, AUDIO_SECONDS)


def video(payload: Payload) -> float:
    """Pixels of all frames of all films."""
    width, height = _sides(payload.get("size")) or (
        _positive(payload.get("width")) or VIDEO_WIDTH,
        _positive(payload.get("height")) or VIDEO_HEIGHT,
    )
    frames = _positive(payload.get("num_frames"))
    if not frames:
        fps = _positive(payload.get("fps")) or VIDEO_FPS
        frames = _positive(payload.get("seconds")) * fps or VIDEO_FRAMES
    outputs = _count(_first(payload, "num_outputs_per_prompt", "n"))
    usual = VIDEO_WIDTH * VIDEO_HEIGHT * VIDEO_FRAMES
    return unit(width * height * frames * outputs, usual)


def _first(payload: Payload, *names: str) -> Any:
    return next((payload[name] for name in names if payload.get(name) is not None), None)


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _several(value: Any) -> list[Any]:
    """One or a list of them."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [cast("Mapping[str, Any]", one) for one in _list(value) if isinstance(one, dict)]


def _chars(value: Any) -> int:
    return len(value) if isinstance(value, str) else 0


def _size(value: Any) -> int:
    """Of a query or a document."""
    return len(value) if isinstance(value, str) else NON_TEXT_CHARS


def _text_size(value: Any) -> int:
    """A text, texts, token ids, or lists of those."""
    return sum(
        _piece_size(piece)
        for one in _several(value)
        for piece in (cast("list[Any]", one) if isinstance(one, list) else (one,))
    )


def _piece_size(piece: Any) -> int:
    if isinstance(piece, str):
        return len(piece)
    return CHARS_PER_TOKEN if isinstance(piece, int) and not isinstance(piece, bool) else 0


def _references(value: Any) -> int:
    """How many references `value` names: text, or a list of them, that is not empty."""
    return sum(1 for one in _several(value) if isinstance(one, str) and one)


def _positive(value: Any) -> float:
    """A finite number above 0, also as text since forms have nothing else; else 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    # Longer than any sane number, and quadratic to read.
    if isinstance(value, str) and len(value) > 32:
        return 0.0
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return number if math.isfinite(number) and number > 0 else 0.0


def _whole(value: Any) -> int:
    # Within what sums and products of floats can hold.
    return int(min(_positive(value), 1e12))


def _count(value: Any) -> int:
    return max(_whole(value), 1)


def _sides(size: Any) -> tuple[float, float] | None:
    """Width and height of a `size` such as "1024x768"; None for `auto` and the like."""
    if not isinstance(size, str):
        return None
    width, _, height = size.partition("x")
    sides = _positive(width), _positive(height)
    return sides if all(sides) else None
