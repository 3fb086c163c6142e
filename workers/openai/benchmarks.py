"""What is asked to measure a model, and what its answers must hold; one usual request each."""

import base64
import random
from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson

from pyworker.model.prompts import random_words
from pyworker.worker import BenchmarkConfig
from workers.openai import workloads
from workers.openai.media import babble_wav, noise_png

NEW_TOKENS = 500
PROMPT_WORDS = 250
# A WAV file of a tenth of a second is longer, and so is any picture or film.
_LEAST_MEDIA_BYTES = 1000

Generator = Callable[[random.Random], Mapping[str, object]]
Check = Callable[[bytes], None]


def _completion(rng: random.Random) -> Mapping[str, object]:
    return {
        "prompt": random_words(rng, PROMPT_WORDS),
        "max_tokens": NEW_TOKENS,
        "temperature": 0.7,
    }


def _message(rng: random.Random) -> list[dict[str, str]]:
    return [{"role": "user", "content": random_words(rng, PROMPT_WORDS)}]


def _chat(rng: random.Random) -> Mapping[str, object]:
    return {"messages": _message(rng), "max_tokens": NEW_TOKENS, "temperature": 0.7}


def _chat_batch(rng: random.Random) -> Mapping[str, object]:
    conversations = [_message(rng) for _ in range(4)]
    return {"messages": conversations, "max_tokens": NEW_TOKENS // 4, "temperature": 0.7}


def _embeddings(chars: int) -> Generator:
    def payload(rng: random.Random) -> Mapping[str, object]:
        return {"input": _text(rng, chars)}

    return payload


def _rerank(rng: random.Random) -> Mapping[str, object]:
    query, documents = _query(rng)
    return {"query": query, "documents": documents}


def _score(rng: random.Random) -> Mapping[str, object]:
    query, documents = _query(rng)
    return {"text_1": query, "text_2": documents}


def _score_labels(rng: random.Random) -> Mapping[str, object]:
    query, documents = _query(rng)
    return {"query": query, "items": documents, "label_token_ids": [1, 2]}


def _query(rng: random.Random) -> tuple[str, list[str]]:
    count = range(workloads.RERANK_DOCUMENTS)
    documents = [_text(rng, workloads.RERANK_DOCUMENT_CHARS) for _ in count]
    return _text(rng, workloads.RERANK_QUERY_CHARS), documents


def _speech(voice: str) -> Generator:
    def payload(rng: random.Random) -> Mapping[str, object]:
        request: dict[str, object] = {"input": _text(rng, workloads.SPEECH_CHARS)}
        return {**request, "voice": voice} if voice else request

    return payload


def _speech_batch(voice: str) -> Generator:
    def payload(rng: random.Random) -> Mapping[str, object]:
        items = [{"input": _text(rng, workloads.SPEECH_CHARS // 4)} for _ in range(4)]
        return {"items": items, "voice": voice} if voice else {"items": items}

    return payload


def _sound_made(rng: random.Random) -> Mapping[str, object]:
    return {"input": random_words(rng, 12)}


def _image(rng: random.Random) -> Mapping[str, object]:
    side = workloads.IMAGE_SIDE
    return {"prompt": random_words(rng, 20), "size": f"{side}x{side}", "n": 1}


def _image_edit(rng: random.Random) -> Mapping[str, object]:
    picture = noise_png(rng, workloads.IMAGE_SIDE)
    return {**_image(rng), "image": base64.b64encode(picture).decode()}


def _sound(rng: random.Random) -> Mapping[str, object]:
    sound = babble_wav(rng, int(workloads.AUDIO_SECONDS))
    return {"file": base64.b64encode(sound).decode(), "filename": "benchmark.wav"}


def _video(rng: random.Random) -> Mapping[str, object]:
    return {
        "prompt": random_words(rng, 20),
        "width": workloads.VIDEO_WIDTH,
        "height": workloads.VIDEO_HEIGHT,
        "num_frames": workloads.VIDEO_FRAMES,
    }


def _text(rng: random.Random, chars: int) -> str:
    # A word and its blank are 2 characters at least.
    return random_words(rng, chars // 2 + 1)[:chars]


# --- what an answer must hold


def _answer(body: bytes) -> Mapping[str, Any]:
    answer: Any = orjson.loads(body)
    if not isinstance(answer, dict):
        raise ValueError(f"the answer is no object: {body[:200]!r}")
    return cast("Mapping[str, Any]", answer)


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _listed(body: bytes, name: str) -> list[Mapping[str, Any]]:
    return _objects(_answer(body).get(name), name, body)


def _objects(listed: Any, name: str, body: bytes) -> list[Mapping[str, Any]]:
    if not isinstance(listed, list) or not listed:
        raise ValueError(f"the answer has no {name}: {body[:200]!r}")
    return [_object(one) for one in cast("list[Any]", listed)]


def _says(text: Any) -> bool:
    return isinstance(text, str) and bool(text.strip())


def check_completion(body: bytes) -> None:
    """Every choice has a text."""
    if not all(_says(choice.get("text")) for choice in _listed(body, "choices")):
        raise ValueError(f"a choice has no text: {body[:200]!r}")


def check_chat(body: bytes) -> None:
    """Every choice says, reasons or calls something."""
    for choice in _listed(body, "choices"):
        said = _object(choice.get("message"))
        texts = (said.get(name) for name in ("content", "reasoning_content", "reasoning"))
        if not (any(map(_says, texts)) or said.get("tool_calls")):
            raise ValueError(f"a choice has no message: {body[:200]!r}")


def check_embeddings(body: bytes) -> None:
    """Every embedding is one."""
    if not all(one.get("embedding") for one in _listed(body, "data")):
        raise ValueError(f"an embedding is empty: {body[:200]!r}")


def check_rerank(body: bytes) -> None:
    """Each document has its score; SGLang's list of them stands alone."""
    answer: Any = orjson.loads(body)
    listed: Any = cast("Any", answer) if isinstance(answer, list) else _answer(body).get("results")
    ranked = _objects(listed, "results", body)
    _check_scores([one.get("relevance_score", one.get("score")) for one in ranked], body)


def check_score(body: bytes) -> None:
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
            f"{len(numbers)} of {workloads.RERANK_DOCUMENTS} documents have a score: {body[:200]!r}"
        )


def check_images(body: bytes) -> None:
    """Every image is there or elsewhere."""
    if not all(
        _says(one.get("b64_json")) or _says(one.get("url")) for one in _listed(body, "data")
    ):
        raise ValueError(f"an image is missing: {body[:200]!r}")


def check_transcription(body: bytes) -> None:
    """There is a text; it may be empty, because syllables without sense may be none."""
    if not isinstance(_answer(body).get("text"), str):
        raise ValueError(f"the answer has no text: {body[:200]!r}")


def check_media(body: bytes) -> None:
    """There is sound or a film, as bytes, and no error in its place."""
    if len(body) < _LEAST_MEDIA_BYTES or body.lstrip()[:1] == b"{":
        raise ValueError(f"the answer is no sound and no film: {body[:200]!r}")


def check_speech_batch(body: bytes) -> None:
    """Every item became sound: nothing says `error`, and there is as much as of media."""
    if len(body) < _LEAST_MEDIA_BYTES:
        raise ValueError(f"the answer is too short for sounds: {body[:200]!r}")
    if body.lstrip()[:1] == b"{":
        results = _listed(body, "results")
        if any(one.get("error") for one in results):
            raise ValueError(f"an item failed: {body[:200]!r}")


def benchmarks(
    *, embed_chars: int, voice: str, labels: bool = False
) -> Mapping[str, BenchmarkConfig]:
    """The benchmark of each route.

    Args:
        embed_chars: Characters of a text to be embedded.
        voice: Who speaks; empty for the model server's choice.
        labels: Scores are those of labels behind items, as SGLang has it, not of pairs of texts.
    """
    return {
        "/v1/completions": _made(_completion, check_completion, 10, 3),
        "/v1/chat/completions": _made(_chat, check_chat, 10, 3),
        "/v1/chat/completions/batch": _made(_chat_batch, check_chat, 10, 3),
        "/v1/embeddings": _made(_embeddings(embed_chars), check_embeddings, 10, 3),
        "/v1/rerank": _made(_rerank, check_rerank, 10, 3),
        "/v1/score": _made(_score_labels if labels else _score, check_score, 10, 3),
        "/v1/audio/speech": _made(_speech(voice), check_media, 4, 2),
        "/v1/audio/speech/batch": _made(_speech_batch(voice), check_speech_batch, 4, 2),
        "/v1/audio/generate": _made(_sound_made, check_media, 2, 1),
        "/v1/images/generations": _made(_image, check_images, 2, 1),
        "/v1/images/edits": _made(_image_edit, check_images, 2, 1),
        "/v1/audio/transcriptions": _made(_sound, check_transcription, 4, 2),
        "/v1/audio/translations": _made(_sound, check_transcription, 4, 2),
        "/v1/videos/sync": _made(_video, check_media, 1, 1),
    }


def _made(payload: Generator, check: Check, concurrency: int, runs: int) -> BenchmarkConfig:
    return BenchmarkConfig(payload=payload, check=check, concurrency=concurrency, runs=runs)
