"""What requests to the OpenAI routes cost, to the last digit."""

import random
import re
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.multipart import FilePart
from workers.openai import workloads
from workers.openai.media import audio_seconds, babble_wav, noise_png
from workers.openai.workloads import unit

CONVERSATION = [{"role": "user", "content": "hi"}]
QUERY, DOCUMENT = "q" * 60, "d" * 250


def embeddings(payload: Mapping[str, Any]) -> float:
    return workloads.embeddings(payload, 600.0)


@pytest.mark.parametrize(
    ("amount", "workload"),
    [(0, 50), (99.9, 50), (100, 50), (101, 50.5), (1000, 500), (7999, 3999.5), (8000, 4000)],
)
def test_a_request_is_worth_a_tenth_to_eight_times_a_usual_one(
    amount: float, workload: float
) -> None:
    assert unit(amount, 1000) == workload
    assert unit(8001, 1000) == unit(1e300, 1000) == 4000


@pytest.mark.parametrize(
    ("count", "payload", "workload"),
    [
        (workloads.chat_batch, {"messages": [CONVERSATION] * 4, "max_tokens": 100}, 400),
        (workloads.chat_batch, {"messages": [CONVERSATION] * 2}, 1000),
        (workloads.chat_batch, {"messages": [CONVERSATION], "max_completion_tokens": 300}, 300),
        (
            workloads.chat_batch,
            {"messages": [CONVERSATION] * 4, "max_completion_tokens": 100, "max_tokens": 16},
            400,
        ),
        (embeddings, {"input": "x" * 600}, 500),
        (embeddings, {"input": ["x" * 300, "x" * 300]}, 500),
        (embeddings, {"input": list(range(150))}, 500),
        (embeddings, {"input": [list(range(75)), list(range(75))]}, 500),
        (embeddings, {"input": "ß" * 90}, 75),
        (workloads.rerank, {"query": QUERY, "documents": [DOCUMENT] * 16}, 500),
        (workloads.rerank, {"query": QUERY, "documents": [DOCUMENT] * 4}, 125),
        (workloads.rerank, {"query": QUERY, "documents": [{"image": "u"}] * 16}, 500),
        (
            workloads.rerank,
            {"query": [{"type": "image_url"}], "documents": [DOCUMENT] * 16},
            500 * (8000 / 4960),
        ),
        (workloads.score, {"queries": QUERY, "documents": [DOCUMENT] * 16}, 500),
        (workloads.score, {"queries": [QUERY], "items": [DOCUMENT] * 16}, 500),
        (workloads.score, {"text_1": QUERY, "text_2": [DOCUMENT] * 16}, 500),
        (workloads.score, {"data_1": [QUERY] * 16, "data_2": [DOCUMENT] * 16}, 500),
        (
            workloads.score,
            {"queries": [QUERY, QUERY * 10], "items": [DOCUMENT] * 2},
            500 * ((60 * 11 + 500) / 4960),
        ),
        (workloads.speech, {"input": "x" * 500}, 500),
        (workloads.speech, {"input": "x" * 500, "ref_audio": "https://x/a.wav"}, 1000),
        (workloads.speech, {"input": "x" * 500, "ref_audio": ["u", "v"]}, 1500),
        (workloads.speech, {"input": "x" * 500, "ref_audio": "u", "ref_audio_2": "v"}, 1500),
        (workloads.speech, {"input": "x" * 500, "references": [{"audio_path": "u"}]}, 1000),
        (workloads.speech, {"input": "x" * 500, "ref_audio": ""}, 500),
        (workloads.speech_batch, {"items": [{"input": "x" * 500}] * 2}, 1000),
        (workloads.speech_batch, {"items": [{"input": "x" * 500}] * 2, "ref_audio": "u"}, 2000),
        (
            workloads.speech_batch,
            {"items": [{"input": "x" * 500, "ref_audio": "u"}, {"input": "x" * 250}]},
            1250,
        ),
        (workloads.images, {}, 500),
        (workloads.images, {"size": "1024x1024", "n": 2}, 1000),
        (workloads.images, {"size": "512x512", "n": 4}, 500),
        (workloads.images, {"size": "1536x1024"}, 750),
        (workloads.images, {"size": "auto"}, 500),
        (workloads.images, {"size": "64x64"}, 50),
        (workloads.images, {"size": "8192x8192", "n": 10}, 4000),
        (workloads.video, {}, 500),
        (workloads.video, {"width": 832, "height": 480, "num_frames": 66}, 1000),
        (workloads.video, {"size": "832x480", "num_outputs_per_prompt": 2}, 1000),
        (workloads.video, {"size": "1664x480", "width": 64, "height": 64}, 1000),
        (workloads.video, {"seconds": "2", "fps": "16.5"}, 500),
        (workloads.video, {"seconds": "2"}, 500 * (48 / 33)),
    ],
)
def test_what_a_request_costs(
    count: Callable[[Mapping[str, Any]], float], payload: dict[str, Any], workload: float
) -> None:
    assert count(payload) == workload


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["1x1", "9" * 400 + "x1", "-1x5", "1e999x2", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
_NAMES = st.sampled_from(sorted(set(re.findall(r'"(\w+)"', Path(workloads.__file__).read_text()))))


@given(st.dictionaries(_NAMES, _JSON, max_size=5))
def test_whatever_comes_costs_something_sane(payload: dict[str, Any]) -> None:
    for count in (
        workloads.chat_batch,
        embeddings,
        workloads.rerank,
        workloads.score,
        workloads.speech,
        workloads.speech_batch,
        workloads.images,
        workloads.video,
    ):
        assert 50 <= count(payload) <= 4000


@given(st.lists(st.text(max_size=20), min_size=1, max_size=20))
def test_embeddings_cost_the_same_however_their_texts_are_cut(texts: list[str]) -> None:
    assert embeddings({"input": texts}) == embeddings({"input": "".join(texts)})


@cache
def _wav(seconds: int) -> bytes:
    return babble_wav(random.Random(1), seconds)


@pytest.mark.parametrize(
    ("name", "data", "seconds"),
    [
        ("a.wav", _wav(3), 3.0),
        ("a.WAV", _wav(1), 1.0),
        # A list chunk of odd length in front, and a length that a streaming recorder wrote.
        ("a.wav", _wav(1)[:36] + b"LIST\3\0\0\0abc\0" + _wav(1)[36:], 1.0),
        ("a.wav", _wav(1)[:40] + b"\xff\xff\xff\xff" + _wav(1)[44:], 1.0),
        ("a.wav", b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 32000, 32016 / 32000),
        ("a.wav", b"no wav" * 16000, 3.0),
        ("a.flac", b"\0" * 12000, 1.0),
        ("a.ogg", b"\0" * 8000, 1.0),
        ("a.webm", b"\0" * 16000, 2.0),
        ("a.mp3", b"\0" * 16000, 1.0),
        ("a.m4a", b"\0" * 8000, 0.5),
    ],
)
def test_the_length_of_a_recording(name: str, data: bytes, seconds: float) -> None:
    assert audio_seconds(FilePart(name, data, "audio/x")) == seconds


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reading_of_a_recording(tail: bytes) -> None:
    for head in (b"", b"RIFF\0\0\0\0WAVE", _wav(1)[:20], _wav(1)[:44]):
        assert audio_seconds(FilePart("a.wav", head + tail, "audio/wav")) >= 0


def test_pictures_to_be_benchmarked_with_are_pictures_and_differ() -> None:
    rng = random.Random(2)
    first, second = noise_png(rng, 64), noise_png(rng, 64)
    assert first != second
    at = first.index(b"IDAT")
    size = int.from_bytes(first[at - 4 : at])
    assert len(zlib.decompress(first[at + 4 : at + 4 + size])) == 64 * (1 + 3 * 64)
    assert workloads.audio(audio_seconds(FilePart("b.wav", babble_wav(rng, 30), ""))) == 500
