"""vLLM-Omni's /v1/audio/speech and its batches: one token is a frame of the voice."""

import base64
import math
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

from pyworker.http.exchange import Exchange
from pyworker.sim.engine import GenerationFailed
from pyworker.sim.generation import FaultStruck, Work, side_by_side
from pyworker.sim.media.sound import SAMPLE_BYTES, recording_seconds, tone, wav, wav_head
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.fields import Fields, data_of
from pyworker.sim.openai.machine import ConnectionCut
from pyworker.sim.openai.reply import event
from pyworker.sim.steering import Routes
from pyworker.sim.words import count_prompt_tokens, seed_of

_RATE = 24_000  # samples a second, as Qwen3-TTS has it
_FRAME_SAMPLES = 1920  # so 12.5 frames a second, likewise
_CHARS_PER_SECOND = 15.0  # of somebody who reads aloud
_MOST_CHARS = 4096  # OpenAI's limit
_MOST_ITEMS = 32  # vLLM-Omni's limit of a batch
# What vLLM-Omni writes where the length of a streamed WAV file is not known.
_UNKNOWN_SIZE = 0xFFFFFFFF


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
        return tone(self.seed, self.frames * _FRAME_SAMPLES, _RATE)

    @property
    def file(self) -> bytes:
        """All of it, in its format."""
        return self.samples if self.kind == "pcm" else wav(self.samples, _RATE)

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


class Speaking:
    """Answers them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.routes: Routes = {
            "/v1/audio/speech": {"POST": self._speech},
            "/v1/audio/speech/batch": {"POST": self._batch},
        }

    async def _speech(self, exchange: Exchange) -> None:
        request = await self._desk.read_object(exchange)
        self._desk.check_model(request.get("model"))
        streamed = _stream_kind(request)
        speech = self._parsed(request, streams=bool(streamed))
        machine = self._desk.machine
        with machine.working(
            machine.fault(), prompt=speech.read + speech.heard, tokens=speech.frames
        ) as work:
            if streamed == "sse":
                await self._events(exchange, speech, work)
                return
            if streamed:
                await self._bytes(exchange, speech, work)
            else:
                await work.whole()
                kind = f"audio/{speech.kind}".encode()
                await self._desk.deliver(exchange, kind, speech.file)
            work.job.finish()

    async def _events(self, exchange: Exchange, speech: Speech, work: Work) -> None:
        await exchange.start(200, self._desk.style.stream_headers())
        try:
            samples, begun = speech.samples, 0
            while work.left:
                begun += await self._send_delta(exchange, speech, work, samples, begun)
        except (GenerationFailed, FaultStruck) as error:
            told = self._desk.style.failed(self._desk.machine.told(error))
            last = _event("speech.audio.error", told)
        else:
            last = _event("speech.audio.done", {"usage": speech.usage})
            work.job.finish()
        await exchange.send(last)
        await exchange.finish()

    async def _send_delta(
        self, exchange: Exchange, speech: Speech, work: Work, samples: bytes, begun: int
    ) -> int:
        """One event with the frames that are ready; gives their number."""
        ready = await work.some()
        audio = _frames(samples, begun, ready)
        if speech.kind == "wav" and not begun:
            audio = wav_head(_UNKNOWN_SIZE, _RATE) + audio
        said = {"audio": base64.b64encode(audio).decode(), "response_format": speech.kind}
        await exchange.send(_event("speech.audio.delta", said))
        return ready

    async def _bytes(self, exchange: Exchange, speech: Speech, work: Work) -> None:
        await exchange.start(200, [(b"content-type", f"audio/{speech.kind}".encode())])
        if speech.kind == "wav":
            await exchange.send(wav_head(_UNKNOWN_SIZE, _RATE))
        samples, begun = speech.samples, 0
        while work.left:
            try:
                ready = await work.some()
            except (GenerationFailed, FaultStruck) as error:
                self._desk.machine.told(error)
                # In the midst of sound nothing can be said; uvicorn cuts the connection.
                raise ConnectionCut from error
            await exchange.send(_frames(samples, begun, ready))
            begun += ready
        await exchange.finish()

    async def _batch(self, exchange: Exchange) -> None:
        """A sound for each item, or what is wrong with it; they are made side by side."""
        request = await self._desk.read_object(exchange)
        self._desk.check_model(request.get("model"))
        given = request.get("items")
        items = cast("list[Any]", given) if isinstance(given, list) else []
        if not items or not all(isinstance(item, dict) for item in items):
            raise self._desk.style.missing("items")
        if len(items) > _MOST_ITEMS:
            text = f"Batch contains {len(items)} items, exceeding the maximum of {_MOST_ITEMS}."
            raise ApiError(400, text, param="items")
        shared = {name: value for name, value in request.items() if name != "items"}
        fault = self._desk.machine.fault()
        results: list[Mapping[str, object]] = []
        with ExitStack() as stack:
            running: list[tuple[int, Speech, Work]] = []
            for index, item in enumerate(items):
                try:
                    speech = self._parsed({**shared, **item}, streams=False)
                except ApiError as error:
                    results.append({"index": index, "status": "error", "error": error.text})
                    continue
                # One fault ends a request once, however many items it has.
                work = self._desk.machine.working(
                    None if running else fault,
                    prompt=speech.read + speech.heard,
                    tokens=speech.frames,
                )
                running.append((index, speech, stack.enter_context(work)))
            await side_by_side(work for _, _, work in running)
            results += [_result(index, speech) for index, speech, _ in running]
            results.sort(key=lambda result: cast("int", result["index"]))
            answer = {
                "id": "speech-batch-" + secrets.token_hex(8),
                "results": results,
                "total": len(items),
                "succeeded": len(running),
                "failed": len(items) - len(running),
            }
            await self._desk.answer(exchange, answer)
            for _, _, work in running:
                work.job.finish()

    def _parsed(self, request: Mapping[str, Any], *, streams: bool) -> Speech:
        fields = Fields(request, self._desk.style)
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
        seed = fields.whole("seed", self._desk.machine.seed, -(2**63), 2**63 - 1)
        seconds = len(text) / _CHARS_PER_SECOND / speed
        return Speech(
            seed_of(seed, str(voice), text),
            kind,
            count_prompt_tokens(text + fields.text("instructions", "")),
            sum(_reference_frames(one) for one in _references(request)),
            max(1, math.ceil(seconds * _RATE / _FRAME_SAMPLES)),
        )


def _event(name: str, members: Mapping[str, object]) -> bytes:
    return event({"type": name, **members}, name)


def _stream_kind(request: Mapping[str, Any]) -> str:
    """`sse`, `audio`, or nothing for an answer that is whole."""
    asked = request.get("stream_format")
    if asked in {"sse", "audio"}:
        return str(asked)
    return "sse" if request.get("stream") is True else ""


def _frames(samples: bytes, begun: int, count: int) -> bytes:
    size = _FRAME_SAMPLES * SAMPLE_BYTES
    return samples[begun * size : (begun + count) * size]


def _result(index: int, speech: Speech) -> Mapping[str, object]:
    return {
        "index": index,
        "status": "success",
        "audio_data": base64.b64encode(speech.file).decode(),
        "media_type": f"audio/{speech.kind}",
        "error": None,
        "usage": speech.usage,
    }


def _references(request: Mapping[str, Any]) -> list[str]:
    given: list[Any] = []
    for name in ("ref_audio", "ref_audio_2"):
        value: Any = request.get(name)
        given += cast("list[Any]", value) if isinstance(value, list) else [value]
    references: Any = request.get("references")
    for one in cast("list[Any]", references) if isinstance(references, list) else []:
        given.append(cast("Mapping[str, Any]", one).get("audio_path") if one else None)
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
    return math.ceil(seconds * _RATE / _FRAME_SAMPLES)
