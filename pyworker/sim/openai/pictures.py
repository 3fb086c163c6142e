"""vLLM-Omni's /v1/images/generations and /v1/images/edits: real PNGs of one colour."""

import base64
import io
import time
import zipfile
from dataclasses import dataclass

from pyworker.http.exchange import Exchange
from pyworker.sim.form import Form
from pyworker.sim.media.pictures import Size, picture_size
from pyworker.sim.media.png import png
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.diffusion import MOST_STEPS, picture_tokens
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.fields import Fields, colour_of, data_of
from pyworker.sim.steering import Routes
from pyworker.sim.words import count_prompt_tokens

_SIZE = (1024, 1024)
_STEPS = 28
_MOST_PICTURES = 10
_MOST_INPUTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """Pictures that are wanted.

    Attributes:
        prompt: Of what.
        count, size, steps, seed: How.
        told: The size, as the answer tells it.
        read: Pictures to be changed.
    """

    prompt: str
    count: int
    size: Size
    steps: int
    seed: int
    told: str | None
    read: int = 0

    def files(self) -> list[bytes]:
        """Them; the colour follows from prompt, seed and number."""
        return [
            png(*colour_of(self.seed, self.prompt, number), *self.size)
            for number in range(self.count)
        ]

    @property
    def tokens(self) -> int:
        """What they cost beyond their prompt; a picture to be changed is read by every step."""
        pixels = self.size[0] * self.size[1]
        return picture_tokens(pixels * (self.count + self.read), self.steps)


class Painting:
    """Answers them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.routes: Routes = {
            "/v1/images/generations": {"POST": self._generate},
            "/v1/images/edits": {"POST": self._edit},
        }

    async def _generate(self, exchange: Exchange) -> None:
        request = await self._desk.read_object(exchange)
        self._desk.check_model(request.get("model"), mismatch=400)
        fields = Fields(request, self._desk.style)
        form = fields.text("response_format", "b64_json")
        if form not in {"b64_json", "file"}:
            text = f"Only 'b64_json' or 'file' response format is supported, got: {form}"
            raise ApiError(400, text, param="response_format", kind="Bad Request")
        size = fields.size(_SIZE)
        told = f"{size[0]}x{size[1]}" if request.get("size") else None
        await self._paint(exchange, self._wanted(fields, size, told), form)

    async def _edit(self, exchange: Exchange) -> None:
        form = await self._desk.read_form(exchange)
        fields = Fields(form, self._desk.style)
        prompt = fields.text("prompt")
        del prompt  # a form without it is refused before anything else is looked at
        self._desk.check_model(form.text("model"), mismatch=400)
        if fields.text("response_format", "b64_json") != "b64_json":
            text = "Only response_format 'b64_json' is supported now."
            raise ApiError(400, text, kind="Bad Request")
        sizes = _input_sizes(form)
        mask = form.uploads("mask_image", "mask")
        for file in mask:
            _checked(file.data)
        size = sizes[0] if fields.text("size", "auto") == "auto" else fields.size(_SIZE)
        wanted = self._wanted(fields, size, f"{size[0]}x{size[1]}", read=len(sizes))
        await self._paint(exchange, wanted, "b64_json")

    def _wanted(self, fields: Fields, size: Size, told: str | None, *, read: int = 0) -> Pictured:
        return Pictured(
            prompt=fields.text("prompt"),
            count=fields.whole("n", 1, 1, _MOST_PICTURES),
            size=size,
            steps=fields.whole("num_inference_steps", _STEPS, 1, MOST_STEPS),
            seed=fields.whole("seed", self._desk.machine.seed, -(2**63), 2**63 - 1),
            told=told,
            read=read,
        )

    async def _paint(self, exchange: Exchange, wanted: Pictured, form: str) -> None:
        machine = self._desk.machine
        prompt = count_prompt_tokens(wanted.prompt)
        with machine.working(machine.fault(), prompt=prompt, tokens=wanted.tokens) as work:
            await work.whole()
            files = wanted.files()
            if form == "file":
                await self._deliver(exchange, files)
            else:
                await self._desk.answer(exchange, _listed(files, wanted.told))
            work.job.finish()

    async def _deliver(self, exchange: Exchange, files: list[bytes]) -> None:
        """One picture as it is, several in an archive."""
        if len(files) == 1:
            named = (b"content-disposition", b'attachment; filename="image.png"')
            await self._desk.deliver(exchange, b"image/png", files[0], [named])
            return
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for number, file in enumerate(files):
                packed.writestr(f"image_{number}.png", file)
        named = (b"content-disposition", b'attachment; filename="images.zip"')
        await self._desk.deliver(exchange, b"application/zip", archive.getvalue(), [named])


def _listed(files: list[bytes], told: str | None) -> dict[str, object]:
    data = [
        {"b64_json": base64.b64encode(file).decode(), "url": None, "revised_prompt": None}
        for file in files
    ]
    return {
        "created": int(time.time()),
        "data": data,
        "output_format": "png",
        "size": told,
        "cot_output": None,
        "metrics": None,
    }


def _input_sizes(form: Form) -> list[Size]:
    """The sizes of the pictures to be changed; a usual one where it would have to be fetched."""
    urls = [url for name in ("url", "url[]") for url in form.fields.get(name, ())]
    files = form.uploads("image", "image[]")
    if not urls and not files:
        text = "Field 'image' or 'url' is required"
        raise ApiError(422, text, kind="Unprocessable Entity")
    if len(urls) + len(files) > _MOST_INPUTS:
        text = f"At most {_MOST_INPUTS} images are supported by this model."
        raise ApiError(400, text, kind="Bad Request")
    sizes = [_checked(file.data) for file in files]
    for url in urls:
        try:
            data = data_of(url)
        except ValueError as error:
            raise _no_picture(str(error)) from error
        sizes.append(_SIZE if data is None else _checked(data))
    return sizes


def _checked(data: bytes) -> Size:
    size = picture_size(data)
    if size is None or not all(size):
        raise _no_picture("cannot identify image file")
    return size


def _no_picture(why: str) -> ApiError:
    return ApiError(400, f"Failed to open uploaded file: {why}", kind="Bad Request")
