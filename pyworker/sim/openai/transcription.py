"""/v1/audio/transcriptions and /v1/audio/translations: recordings come as forms.

A recording is read as so many tokens a second, and as many words are heard as somebody says.
"""

import hashlib
import math
from functools import partial

from pyworker.http.exchange import Exchange
from pyworker.sim.engine import GenerationFailed
from pyworker.sim.form import Form, Upload
from pyworker.sim.generation import FaultStruck, Generation
from pyworker.sim.media.sound import recording_seconds
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.fields import Fields
from pyworker.sim.openai.reply import DONE, Completion, event
from pyworker.sim.openai.transcript import TRANSCRIPTS, Transcript
from pyworker.sim.steering import Routes

_READ_PER_SECOND = 50  # Whisper's encoder: 1500 positions for 30 seconds
_SAID_PER_SECOND = 2.5
_PROMPT_TOKENS = 4  # language, task and the like
_MOST_BYTES = 25 * 1024 * 1024  # vLLM's default
_MOST_TOKENS = 100_000


class Transcribing:
    """Answers them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._style = TRANSCRIPTS[desk.settings.style]
        self.routes: Routes = {
            "/v1/audio/transcriptions": {"POST": partial(self._hear, translates=False)},
            "/v1/audio/translations": {"POST": partial(self._hear, translates=True)},
        }

    async def _hear(self, exchange: Exchange, *, translates: bool) -> None:
        form = await self._desk.read_form(exchange)
        style = self._style
        file = self._file(form)
        self._desk.check_model(form.text("model"))
        fields = Fields(form, self._desk.style)
        stream, usage = fields.flag("stream"), fields.flag("stream_include_usage")
        kind = fields.text("response_format", "json")
        style.check(kind, stream=stream, usage=usage)
        seconds = self._seconds(file)
        heard = Transcript(
            model=form.text("model") or self._desk.settings.model_id,
            language="en" if translates else fields.text("language", "en"),
            seconds=seconds,
            read=_PROMPT_TOKENS + math.ceil(seconds * _READ_PER_SECOND),
            translated=translates,
            form=kind,
            usage=usage,
        )
        most = fields.whole("max_completion_tokens", _MOST_TOKENS, 1, _MOST_TOKENS)
        asked = Completion(
            chat=False,
            # The same sound is the same words, in another language other ones.
            text=f"{hashlib.sha256(file.data).hexdigest()} {heard.language}",
            prompt_tokens=heard.read,
            max_tokens=min(most, max(1, round(seconds * _SAID_PER_SECOND))),
            stream=stream,
        )
        machine = self._desk.machine
        with machine.generating(asked, machine.fault()) as generation:
            if stream:
                await self._stream(exchange, generation, heard)
                return
            heard.tokens += await generation.whole()
            await self._desk.deliver(exchange, *style.whole(heard))
            generation.job.finish()

    async def _stream(self, exchange: Exchange, generation: Generation, heard: Transcript) -> None:
        style = self._style
        await exchange.start(200, self._desk.style.stream_headers())
        sequence = generation.sequence
        try:
            while sequence.finish_reason is None:
                tokens = await generation.some()
                heard.tokens += tokens
                ended = sequence.finish_reason is not None
                pieces = [
                    style.piece(heard, token.text, last=ended and token is tokens[-1])
                    for token in tokens
                ]
                await exchange.send(b"".join(pieces))
        except (GenerationFailed, FaultStruck) as error:
            last = event(self._desk.style.failed(self._desk.machine.told(error))) + DONE
        else:
            last = style.closing(heard)
            generation.job.finish()
        await exchange.send(last)
        await exchange.finish()

    def _file(self, form: Form) -> Upload:
        files = form.uploads("file")
        if not files:
            raise self._style.missing(is_text=form.text("file") is not None)
        return files[-1]

    def _seconds(self, file: Upload) -> float:
        if len(file.data) > _MOST_BYTES:
            raise ApiError(400, "Maximum file size exceeded", param="audio_filesize_mb")
        seconds = recording_seconds(file.data)
        if seconds is None:
            raise self._style.no_sound()
        return seconds
