"""Something to be said: its sound follows from its text, its voice and its seed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pyworker.sim.media.sound import SAMPLE_BYTES, recording_seconds, tone, wav
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.fields import Fields, data_of
from pyworker.sim.words import count_prompt_tokens, seed_of

RATE = 24_000  # samples a second, as Qwen3-TTS has it
_FRAME_SAMPLES = 1920  # so 12.5 frames a second, likewise
_CHARS_PER_SECOND = 15.0  # of somebody who reads aloud
_MOST_CHARS = 4096  # OpenAI's limit


@dataclass(frozen=True, slots=True)
class Speech:
    """Something to be said.

    Attributes:
        seed: Of the voice.
        kind: "wav" or "pcm".
        read: Tokens of the text.
        heard: Frames of voices to imitate.
        frames: Length of what is said.
    """

    seed: int
    kind: str
    read: int
    heard: int
    frames: int

    @property
    def samples(self) -> bytes:
        """All of it."""
        return tone(self.seed, self.frames * _FRAME_SAMPLES, RATE)

    @property
    def file(self) -> bytes:
        """All of it, in its format."""
        return self.samples if self.kind == "pcm" else wav(self.samples, RATE)

    @property
    def usage(self) -> dict[str, object]:
        """What was read, heard and said."""
        read = self.read + self.heard
        return {
            "input_tokens": read,
            "output_tokens": self.frames,
            "total_tokens": read + self.frames,
            "input_token_details": {"text_tokens": self.read, "audio_tokens": self.heard},
        }


def parse_speech(request: Mapping[str, Any], desk: Desk, *, streams: bool) -> Speech:
    """What a request, or an item of a batch, wants said.

    Raises:
        ApiError: It cannot be said.
    """
    fields = Fields(request, desk.style)
    text = fields.text("input")
    if not text.strip():
        raise ApiError(400, "Input text cannot be empty", param="input")
    if len(text) > _MOST_CHARS:
        raise ApiError(400, f"this simulator says {_MOST_CHARS} characters at most")
    kind = fields.text("response_format", "wav")
    if kind not in {"wav", "pcm"}:
        said = "this simulator writes wav and pcm"
        if streams:
            said = f"Streaming requires response_format='pcm' or 'wav'. Got '{kind}'."
        raise ApiError(400, said, param="response_format", kind="Bad Request")
    speed = fields.number("speed", 1.0, 0.25, 4.0)
    voice = request.get("voice") or request.get("speaker") or "default"
    seed = fields.whole("seed", desk.machine.seed, -(2**63), 2**63 - 1)
    seconds = len(text) / _CHARS_PER_SECOND / speed
    return Speech(
        seed_of(seed, str(voice), text),
        kind,
        count_prompt_tokens(text + fields.text("instructions", "")),
        sum(_reference_frames(one) for one in _references(request)),
        max(1, math.ceil(seconds * RATE / _FRAME_SAMPLES)),
    )


def frames_of(samples: bytes, begun: int, count: int) -> bytes:
    """`count` frames of them, behind the first `begun`."""
    size = _FRAME_SAMPLES * SAMPLE_BYTES
    return samples[begun * size : (begun + count) * size]


def _references(request: Mapping[str, Any]) -> list[str]:
    given: list[Any] = []
    for name in ("ref_audio", "ref_audio_2"):
        value: Any = request.get(name)
        given += cast("list[Any]", value) if isinstance(value, list) else [value]
    references: Any = request.get("references")
    for one in cast("list[Any]", references) if isinstance(references, list) else []:
        if isinstance(one, dict):
            given.append(cast("Mapping[str, Any]", one).get("audio_path"))
    return [one for one in given if isinstance(one, str)]


def _reference_frames(url: str) -> int:
    """How much of a voice there is to hear; three seconds where it would have to be fetched."""
    try:
        data = data_of(url)
    except ValueError:
        data = b""
    seconds = 3.0 if data is None else recording_seconds(data)
    if seconds is None:
        raise ApiError(400, "Could not load ref_audio: not a sound", param="ref_audio")
    return math.ceil(seconds * RATE / _FRAME_SAMPLES)
