"""The HTTP routes of `sim openai`, and /sim/* to steer and to look inside."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson

from pyworker.errors import BodyTooLarge
from pyworker.http.exchange import Exchange
from pyworker.sim.engine import Engine
from pyworker.sim.faults import FaultPlan
from pyworker.sim.log import LogWriter, PlainLine
from pyworker.sim.openai.answers import Answering, sleep_for
from pyworker.sim.openai.request import ApiError, parse_completion, parse_object
from pyworker.sim.openai.settings import OpenAiSettings
from pyworker.sim.openai.wire import STYLES
from pyworker.sim.steering import Routes, Steering
from pyworker.sim.words import count_prompt_tokens

_EMBEDDING_SIZE = 8


class OpenAiRoutes:
    """Answers every request to the simulator.

    Args:
        settings: How it was started.
        engine: Where requests run.
        plan: The armed faults.
        log: Gets a line for each answered request.
        crash: Makes the server die.

    Attributes:
        loaded: False answers 503 `Loading model` to everything.
    """

    def __init__(
        self,
        settings: OpenAiSettings,
        engine: Engine,
        plan: FaultPlan,
        log: LogWriter,
        crash: Callable[[], None],
    ) -> None:
        self.loaded = False
        self._settings = settings
        self._engine = engine
        self._plan = plan
        self._log = log
        self._style = STYLES[settings.style]
        self._answering = Answering(settings, engine, plan, crash)
        self._table: Routes = {
            "/health": {"GET": self._health},
            "/v1/models": {"GET": self._models},
            "/v1/completions": {"POST": self._completion},
            "/v1/chat/completions": {"POST": self._chat},
            "/v1/embeddings": {"POST": self._embeddings},
            **Steering(engine, plan, crash, self._generated).routes,
        }

    async def __call__(self, exchange: Exchange) -> None:
        """Answer one request."""
        try:
            await self._route(exchange)
        except ApiError as error:
            status = error.status
            body = orjson.dumps(self._style.error(error))
            await exchange.respond(status, self._style.headers(), body)
        else:
            status = 200
        if self._settings.style == "vllm" and not exchange.path.startswith("/sim/"):
            words = "OK" if status == 200 else "Error"
            line = f'INFO:     127.0.0.1:0 - "{exchange.method} {exchange.path} HTTP/1.1" {status}'
            self._log.write(PlainLine(f"{line} {words}"))

    async def _route(self, exchange: Exchange) -> None:
        methods = self._table.get(exchange.path)
        if methods is None:
            raise ApiError(404, "File Not Found")
        route = methods.get(exchange.method)
        if route is None:
            raise ApiError(405, "Method Not Allowed")
        if not self.loaded and not exchange.path.startswith("/sim/"):
            raise ApiError(503, "Loading model")
        await route(exchange)

    async def _read(self, exchange: Exchange) -> Mapping[str, Any]:
        try:
            body = await exchange.body(self._settings.payload_limit)
        except BodyTooLarge as error:
            raise ApiError(413, "Request Entity Too Large") from error
        return parse_object(body, self._settings.style)

    async def _completion(self, exchange: Exchange) -> None:
        request = await self._read(exchange)
        asked = parse_completion(request, self._settings, chat=False)
        await self._answering.answer(exchange, asked)

    async def _chat(self, exchange: Exchange) -> None:
        request = await self._read(exchange)
        asked = parse_completion(request, self._settings, chat=True)
        await self._answering.answer(exchange, asked)

    async def _embeddings(self, exchange: Exchange) -> None:
        request = await self._read(exchange)
        given = request.get("input")
        several = cast("list[Any]", given) if isinstance(given, list) else [given]
        texts = [text for text in several if isinstance(text, str)]
        if not texts or len(texts) < len(several):
            raise ApiError(400, "input must be a text or a list of texts", param="input")
        tokens = sum(count_prompt_tokens(text) for text in texts)
        await sleep_for(self._engine, tokens)
        data = [
            {"object": "embedding", "index": index, "embedding": _embedding(text)}
            for index, text in enumerate(texts)
        ]
        body = {
            "object": "list",
            "data": data,
            "model": self._settings.model_id,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
        await exchange.respond(200, self._style.headers(), orjson.dumps(body))

    async def _health(self, exchange: Exchange) -> None:
        if self._plan.take_for_probe() or self._engine.failure is not None:
            await exchange.respond(503)
            return
        await exchange.respond(200, *self._style.health())

    async def _models(self, exchange: Exchange) -> None:
        body = self._style.models(self._settings.model_id, self._settings.max_model_len)
        await exchange.respond(200, self._style.headers(), orjson.dumps(body))

    def _generated(self) -> Mapping[str, object]:
        return {"tokens_generated": self._engine.tokens_generated}


def _embedding(text: str) -> list[float]:
    """Numbers from -1 to 1 that follow from the text."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_EMBEDDING_SIZE)
    return [round(byte / 127.5 - 1.0, 6) for byte in digest.digest()]
