"""What is answered with what was heard: the formats of vLLM, SGLang and llama-server."""

import math
import secrets
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.reply import DONE, event, usage
from pyworker.sim.openai.settings import StyleName
from pyworker.sim.words import Token

_SEGMENT_TOKENS = 10
_JSON, _TEXT = b"application/json", b"text/plain; charset=utf-8"


@dataclass(slots=True, kw_only=True)
class Transcript:
    """What was heard, as it grows.

    Attributes:
        model, language: As they are told.
        seconds: Length of the recording.
        read: Tokens that it was read as.
        translated: It is a translation.
        form: The `response_format`.
        usage: A stream ends with the usage.
    """

    model: str
    language: str
    seconds: float
    read: int
    translated: bool
    form: str
    usage: bool
    created: int = field(default_factory=lambda: int(time.time()))
    number: str = field(default_factory=lambda: secrets.token_hex(8))
    tokens: list[Token] = field(default_factory=list[Token])

    @property
    def text(self) -> str:
        """All of it so far."""
        return "".join(token.text for token in self.tokens)


class TranscriptStyle(Protocol):
    """How a server answers."""

    def check(self, form: str, *, stream: bool, usage: bool) -> None:
        """Refuse a format.

        Raises:
            ApiError: The server does not have it.
        """
        ...

    def missing(self, *, is_text: bool) -> ApiError:
        """There is no file, or text in its place."""
        ...

    def no_sound(self) -> ApiError:
        """The file is no recording."""
        ...

    def whole(self, heard: Transcript) -> tuple[bytes, bytes]:
        """Content type and content."""
        ...

    def piece(self, heard: Transcript, text: str, *, last: bool) -> bytes:
        """The event of a text."""
        ...

    def closing(self, heard: Transcript) -> bytes:
        """Events after the last text."""
        ...


class VllmTranscripts:
    """See TranscriptStyle."""

    def check(self, form: str, *, stream: bool, usage: bool) -> None:
        """See TranscriptStyle."""
        if usage and not stream:
            text = "Stream options can only be defined when `stream=True`."
            raise ApiError(400, text, param="stream_include_usage")
        if form not in {"json", "text", "verbose_json"}:
            text = "Currently only support response_format: `text`, `json` or `verbose_json`"
            raise ApiError(400, text)
        if form == "verbose_json" and stream:
            raise ApiError(400, "verbose_json format doesn't support streaming case")

    def missing(self, *, is_text: bool) -> ApiError:
        """See TranscriptStyle."""
        if is_text:
            text = "Expected 'file' to be a file-like object, not 'str'."
            return ApiError(422, text, kind="Unprocessable Entity")
        found = "{'type': 'missing', 'loc': 'body.file', 'msg': 'Field required'}"
        text = f"1 validation error:\n  {found}"
        return ApiError(400, text, param="body.file", kind="Bad Request")

    def no_sound(self) -> ApiError:
        """See TranscriptStyle."""
        return ApiError(400, "Invalid or unsupported audio file.")

    def whole(self, heard: Transcript) -> tuple[bytes, bytes]:
        """See TranscriptStyle; `text` is JSON here, too."""
        if heard.form == "verbose_json":
            return _JSON, orjson.dumps(_verbose(heard))
        if heard.translated:
            return _JSON, orjson.dumps({"text": heard.text})
        return _JSON, orjson.dumps({"text": heard.text, "usage": _duration(heard)})

    def piece(self, heard: Transcript, text: str, *, last: bool) -> bytes:
        """See TranscriptStyle."""
        choice: dict[str, object] = {"delta": {"content": text}}
        if last:
            choice |= {"finish_reason": "stop", "stop_reason": None}
        return event({**_chunk(heard), "choices": [choice]})

    def closing(self, heard: Transcript) -> bytes:
        """See TranscriptStyle."""
        if not heard.usage:
            return DONE
        counted = usage(heard.read, len(heard.tokens))
        return event({**_chunk(heard), "choices": [], "usage": counted}) + DONE


class SglangTranscripts(VllmTranscripts):
    """See TranscriptStyle: as vLLM's, but that a text is one."""

    def missing(self, *, is_text: bool) -> ApiError:
        """See TranscriptStyle."""
        del is_text
        found = "[{'type': 'missing', 'loc': ('body', 'file'), 'msg': 'Field required'}]"
        return ApiError(400, found, kind="Bad Request")

    def whole(self, heard: Transcript) -> tuple[bytes, bytes]:
        """See TranscriptStyle."""
        return (_TEXT, heard.text.encode()) if heard.form == "text" else super().whole(heard)


class LlamaTranscripts:
    """See TranscriptStyle."""

    def check(self, form: str, *, stream: bool, usage: bool) -> None:
        """See TranscriptStyle."""
        del stream, usage
        if form != "json":
            raise ApiError(400, "Only 'json' response_format is supported for transcription")

    def missing(self, *, is_text: bool) -> ApiError:
        """See TranscriptStyle."""
        del is_text
        return ApiError(400, "No input file found for transcription")

    def no_sound(self) -> ApiError:
        """See TranscriptStyle."""
        return ApiError(400, "Failed to load image or audio file")

    def whole(self, heard: Transcript) -> tuple[bytes, bytes]:
        """See TranscriptStyle."""
        return b"application/json; charset=utf-8", orjson.dumps(_done(heard))

    def piece(self, heard: Transcript, text: str, *, last: bool) -> bytes:
        """See TranscriptStyle."""
        del heard, last
        return event({"type": "transcript.text.delta", "delta": text})

    def closing(self, heard: Transcript) -> bytes:
        """See TranscriptStyle."""
        return event(_done(heard)) + DONE


TRANSCRIPTS: Mapping[StyleName, TranscriptStyle] = {
    "vllm": VllmTranscripts(),
    "sglang": SglangTranscripts(),
    "llama": LlamaTranscripts(),
}


def _duration(heard: Transcript) -> dict[str, object]:
    return {"type": "duration", "seconds": math.ceil(heard.seconds)}


def _chunk(heard: Transcript) -> dict[str, object]:
    name = "translation" if heard.translated else "transcription"
    return {
        "id": f"trsc-{heard.number}",
        "object": f"{name}.chunk",
        "created": heard.created,
        "model": heard.model,
    }


def _done(heard: Transcript) -> dict[str, object]:
    counted = {
        "type": "tokens",
        "input_tokens": heard.read,
        "output_tokens": len(heard.tokens),
        "total_tokens": heard.read + len(heard.tokens),
        "input_tokens_details": {"cached_tokens": 0},
    }
    return {"type": "transcript.text.done", "text": heard.text, "usage": counted}


def _verbose(heard: Transcript) -> dict[str, object]:
    return {
        "duration": str(heard.seconds),
        "language": heard.language,
        "text": heard.text,
        "segments": _segments(heard),
        "words": None,
    }


def _segments(heard: Transcript) -> list[dict[str, object]]:
    """Some tokens each, spread evenly over the recording."""
    each = heard.seconds / max(len(heard.tokens), 1)
    segments: list[dict[str, object]] = []
    for begin in range(0, len(heard.tokens), _SEGMENT_TOKENS):
        tokens = heard.tokens[begin : begin + _SEGMENT_TOKENS]
        text = "".join(token.text for token in tokens)
        packed = len(zlib.compress(text.encode()))
        segments.append(
            {
                "id": len(segments),
                "avg_logprob": sum(token.logprob for token in tokens) / len(tokens),
                "compression_ratio": len(text) / packed,
                "start": round(begin * each, 2),
                "end": round((begin + len(tokens)) * each, 2),
                "no_speech_prob": None,
                "seek": 0,
                "temperature": 0.0,
                "text": text,
                "tokens": [token.id for token in tokens],
            }
        )
    return segments
