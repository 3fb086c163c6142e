"""vLLM-Omni's /v1/videos/sync: a real MP4 of one colour, from a form."""

import secrets
from collections.abc import Mapping
from typing import Any, cast

import orjson
import trio

from pyworker.http.exchange import Exchange
from pyworker.sim.form import Form
from pyworker.sim.media.mp4 import mp4
from pyworker.sim.media.pictures import Size, picture_size
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.diffusion import MOST_STEPS, picture_tokens
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.fields import Fields, colour_of, data_of
from pyworker.sim.steering import Routes
from pyworker.sim.words import count_prompt_tokens

_SIZE = (832, 480)
_FRAMES, _MOST_FRAMES = 33, 1000
_FPS, _MOST_FPS = 24, 120
_STEPS = 30
_MOST_SECONDS = 60
_INVALID = "Invalid input reference."


class Filming:
    """Answers it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.routes: Routes = {"/v1/videos/sync": {"POST": self._film}}

    async def _film(self, exchange: Exchange) -> None:
        form = await self._desk.read_form(exchange)
        fields = Fields(form, self._desk.style)
        prompt = fields.text("prompt")
        self._desk.check_model(form.text("model"), mismatch=400)
        _check_reference(form)
        width, height = _size(fields)
        fps = fields.whole("fps", _FPS, 1, _MOST_FPS)
        seconds = fields.whole("seconds", 0, 1, _MOST_SECONDS)
        frames = fields.whole("num_frames", seconds * fps or _FRAMES, 1, _MOST_FRAMES)
        steps = fields.whole("num_inference_steps", _STEPS, 1, MOST_STEPS)
        seed = fields.whole("seed", self._desk.machine.seed, -(2**63), 2**63 - 1)
        machine = self._desk.machine
        began = trio.current_time()
        with machine.working(
            machine.fault(),
            prompt=count_prompt_tokens(prompt),
            tokens=picture_tokens(width * height * frames, steps),
        ) as work:
            await work.whole()
            film = mp4(colour_of(seed, prompt), width, height, frames, fps)
            took = trio.current_time() - began
            further = [
                (b"x-request-id", b"video_sync-" + secrets.token_hex(8).encode()),
                (b"x-model", self._desk.settings.model_id.encode()),
                (b"x-inference-time-s", b"%.3f" % took),
                (b"x-stage-durations", b"{}"),
                (b"x-peak-memory-mb", b"0.000"),
            ]
            await self._desk.deliver(exchange, b"video/mp4", film, further)
            work.job.finish()


def _size(fields: Fields) -> Size:
    """`size`, else `width` and `height`."""
    sides = (fields.whole("width", _SIZE[0], 1, 4096), fields.whole("height", _SIZE[1], 1, 4096))
    return fields.size(sides)


def _check_reference(form: Form) -> None:
    """Refuse a picture to begin with that is none.

    Raises:
        ApiError: It is none, or there are two.
    """
    given = form.uploads("input_reference")
    described = form.text("image_reference")
    if given and described:
        text = "Provide either input_reference or image_reference, not both."
        raise ApiError(400, text, kind="Bad Request")
    data = given[0].data if given else _described(described) if described else None
    if data is not None and not picture_size(data):
        raise ApiError(400, _INVALID, kind="Bad Request")


def _described(text: str) -> bytes | None:
    """The picture in a reference object; None if it would have to be fetched."""
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "Invalid JSON in form field.", kind="Bad Request") from error
    listed = cast("list[Any]", value) if isinstance(value, list) else [value]
    if not listed or not isinstance(listed[0], dict):
        raise ApiError(400, _INVALID, kind="Bad Request")
    url = cast("Mapping[str, Any]", listed[0]).get("image_url")
    if isinstance(url, dict):
        url = cast("Mapping[str, Any]", url).get("url")
    try:
        return data_of(url) if isinstance(url, str) else None
    except ValueError as error:
        raise ApiError(400, _INVALID, kind="Bad Request") from error
