"""How requests come in and answers go out, the same for all routes."""

import hashlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from pyworker.errors import BodyTooLarge
from pyworker.http.exchange import Exchange
from pyworker.sim.form import Form, FormError, Upload, read_form
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.machine import Machine
from pyworker.sim.openai.settings import OpenAiSettings
from pyworker.sim.openai.styles.style import Headers, Style

# As many as one request may have; /sim/state tells them.
_UPLOADS_SHOWN = 16


@dataclass(frozen=True, slots=True)
class Desk:
    """What every route needs.

    Attributes:
        settings: How the server was started.
        style: Its manner.
        machine: Where requests run.
        uploads: The last files that came, by field, name, kind, bytes and SHA-256.
    """

    settings: OpenAiSettings
    style: Style
    machine: Machine
    uploads: deque[Mapping[str, object]] = field(
        default_factory=lambda: deque[Mapping[str, object]](maxlen=_UPLOADS_SHOWN)
    )

    async def body(self, exchange: Exchange) -> bytes:
        """A request's body.

        Raises:
            ApiError: It is too large.
        """
        try:
            return await exchange.body(self.settings.payload_limit)
        except BodyTooLarge as error:
            raise ApiError(413, "Request Entity Too Large") from error

    async def read_object(self, exchange: Exchange) -> Mapping[str, Any]:
        """A request that is a JSON object.

        Raises:
            ApiError: It is none.
        """
        try:
            value: Any = orjson.loads(await self.body(exchange))
        except orjson.JSONDecodeError as error:
            raise self.style.bad_json(str(error)) from error
        if not isinstance(value, dict):
            raise ApiError(400, "the body must be an object", param="body")
        return cast("Mapping[str, Any]", value)

    async def read_form(self, exchange: Exchange) -> Form:
        """A request that is a form; its files are remembered.

        Raises:
            ApiError: It is none.
        """
        try:
            form = read_form(await self.body(exchange), exchange.header(b"content-type"))
        except FormError as error:
            raise ApiError(400, str(error), kind="Bad Request") from error
        self.uploads.extend(_shown(file) for files in form.files.values() for file in files)
        return form

    def check_model(self, asked: object, *, mismatch: int = 404) -> None:
        """Refuse a model that is not served, where the server looks at its name.

        Args:
            asked: The request's `model`.
            mismatch: What vLLM-Omni answers where it does not ask vLLM.

        Raises:
            ApiError: It is another one.
        """
        served = self.settings.model_id
        if not self.style.rules.checks_model or asked in (None, "", served):
            return
        if mismatch == 404:
            text = f"The model `{asked}` does not exist. Valid aliases: {served}."
            raise ApiError(404, text, param="model")
        text = f"Model mismatch: request specifies '{asked}' but server is running '{served}'."
        raise ApiError(mismatch, text, kind="Bad Request")

    async def answer(self, exchange: Exchange, body: object, status: int = 200) -> None:
        """Answer with JSON."""
        await exchange.respond(status, self.style.headers(), orjson.dumps(body))

    async def deliver(
        self, exchange: Exchange, kind: bytes, content: bytes, further: Headers = ()
    ) -> None:
        """Answer with a file of the content type `kind`."""
        own = [header for header in self.style.headers() if header[0] != b"content-type"]
        await exchange.respond(200, [(b"content-type", kind), *own, *further], content)


def _shown(file: Upload) -> Mapping[str, object]:
    return {
        "field": file.field,
        "filename": file.filename,
        "content_type": file.content_type,
        "bytes": len(file.data),
        "sha256": hashlib.sha256(file.data).hexdigest(),
    }
