"""vLLM-Omni's /v1/audio/generate: a sound out of noise."""

from pyworker.http.exchange import Exchange
from pyworker.sim.media.sound import tone, wav
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.diffusion import sound_tokens
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.fields import Fields
from pyworker.sim.steering import Routes
from pyworker.sim.words import count_prompt_tokens, seed_of

_RATE = 44_100  # samples a second
_SECONDS, _MOST_SECONDS = 10.0, 190.0
_STEPS, _MOST_STEPS = 100, 1000


class Sounds:
    """Answers it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.routes: Routes = {"/v1/audio/generate": {"POST": self._generate}}

    async def _generate(self, exchange: Exchange) -> None:
        request = await self._desk.read_object(exchange)
        self._desk.check_model(request.get("model"))
        fields = Fields(request, self._desk.style)
        prompt = fields.text("input")
        if not prompt.strip():
            raise ApiError(400, "input cannot be empty", param="input", kind="Bad Request")
        if fields.text("stream_format", "audio") == "sse":
            text = "'sse' is not a supported stream_format yet. Please use 'audio'."
            raise ApiError(400, text, param="stream_format", kind="Bad Request")
        kind = fields.text("response_format", "wav")
        if kind not in {"wav", "pcm"}:
            raise ApiError(400, "this simulator writes wav and pcm", param="response_format")
        seconds = fields.number("audio_length", _SECONDS, 0.1, _MOST_SECONDS)
        steps = fields.whole("num_inference_steps", _STEPS, 1, _MOST_STEPS)
        seed = fields.whole("seed", self._desk.machine.seed, -(2**63), 2**63 - 1)
        machine = self._desk.machine
        tokens = sound_tokens(seconds, steps)
        with machine.working(
            machine.fault(), prompt=count_prompt_tokens(prompt), tokens=tokens
        ) as work:
            await work.whole()
            samples = tone(seed_of(seed, prompt), round(seconds * _RATE), _RATE)
            content = samples if kind == "pcm" else wav(samples, _RATE)
            await self._desk.deliver(exchange, f"audio/{kind}".encode(), content)
            work.job.finish()
