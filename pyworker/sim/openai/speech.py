"""vLLM-Omni's /v1/audio/speech, whole or streamed: one token is a frame of the voice."""

import base64
from collections.abc import Mapping
from typing import Any

from pyworker.http.exchange import Exchange
from pyworker.sim.engine import GenerationFailed
from pyworker.sim.generation import FaultStruck, Work
from pyworker.sim.media.sound import wav_head
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.machine import ConnectionCut
from pyworker.sim.openai.reply import event
from pyworker.sim.openai.said import RATE, Speech, frames_of, parse_speech
from pyworker.sim.steering import Routes

# What vLLM-Omni writes where the length of a streamed WAV file is not known.
_UNKNOWN_SIZE = 0xFFFFFFFF


class Speaking:
    """Answers it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.routes: Routes = {"/v1/audio/speech": {"POST": self._speech}}

    async def _speech(self, exchange: Exchange) -> None:
        request = await self._desk.read_object(exchange)
        self._desk.check_model(request.get("model"))
        streamed = _stream_kind(request)
        speech = parse_speech(request, self._desk, streams=bool(streamed))
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
        audio = frames_of(samples, begun, ready)
        if speech.kind == "wav" and not begun:
            audio = wav_head(_UNKNOWN_SIZE, RATE) + audio
        said = {"audio": base64.b64encode(audio).decode(), "response_format": speech.kind}
        await exchange.send(_event("speech.audio.delta", said))
        return ready

    async def _bytes(self, exchange: Exchange, speech: Speech, work: Work) -> None:
        await exchange.start(200, [(b"content-type", f"audio/{speech.kind}".encode())])
        if speech.kind == "wav":
            await exchange.send(wav_head(_UNKNOWN_SIZE, RATE))
        samples, begun = speech.samples, 0
        while work.left:
            try:
                ready = await work.some()
            except (GenerationFailed, FaultStruck) as error:
                self._desk.machine.told(error)
                # In the midst of sound nothing can be said; uvicorn cuts the connection.
                raise ConnectionCut from error
            await exchange.send(frames_of(samples, begun, ready))
            begun += ready
        await exchange.finish()


def _event(name: str, members: Mapping[str, object]) -> bytes:
    return event({"type": name, **members}, name)


def _stream_kind(request: Mapping[str, Any]) -> str:
    """`sse`, `audio`, or nothing for an answer that is whole."""
    asked = request.get("stream_format")
    if isinstance(asked, str) and asked in {"sse", "audio"}:
        return asked
    return "sse" if request.get("stream") is True else ""
