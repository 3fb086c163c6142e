"""What is asked to measure a model: one usual request of each route."""

import base64
import random
from collections.abc import Callable, Mapping

from pyworker.model.prompts import random_words
from pyworker.worker import BenchmarkConfig
from workers.openai import checks, workloads
from workers.openai.checks import Check
from workers.openai.media import babble_wav, noise_png

NEW_TOKENS = 500
PROMPT_WORDS = 250


Generator = Callable[[random.Random], Mapping[str, object]]


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
        "/v1/completions": _made(_completion, checks.completion, 10, 3),
        "/v1/chat/completions": _made(_chat, checks.chat, 10, 3),
        "/v1/chat/completions/batch": _made(_chat_batch, checks.chat, 10, 3),
        "/v1/embeddings": _made(_embeddings(embed_chars), checks.embeddings, 10, 3),
        "/v1/rerank": _made(_rerank, checks.rerank, 10, 3),
        "/v1/score": _made(_score_labels if labels else _score, checks.score, 10, 3),
        "/v1/audio/speech": _made(_speech(voice), checks.media, 4, 2),
        "/v1/audio/speech/batch": _made(_speech_batch(voice), checks.speech_batch, 4, 2),
        "/v1/audio/generate": _made(_sound_made, checks.media, 2, 1),
        "/v1/images/generations": _made(_image, checks.images, 2, 1),
        "/v1/images/edits": _made(_image_edit, checks.images, 2, 1),
        "/v1/audio/transcriptions": _made(_sound, checks.transcription, 4, 2),
        "/v1/audio/translations": _made(_sound, checks.transcription, 4, 2),
        "/v1/videos/sync": _made(_video, checks.media, 1, 1),
    }


def _made(payload: Generator, check: Check, concurrency: int, runs: int) -> BenchmarkConfig:
    return BenchmarkConfig(payload=payload, check=check, concurrency=concurrency, runs=runs)
