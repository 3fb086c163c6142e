"""The simulator's HTTP routes: TGI's own, and /sim/* to steer and to look inside."""

from collections.abc import Mapping

import orjson

from pyworker.errors import BodyTooLarge
from pyworker.http.exchange import Exchange
from pyworker.sim.steering import Routes, Steering
from pyworker.sim.tgi.model import Model
from pyworker.sim.tgi.request import BodyRejected, GenerateRequest, parse_request
from pyworker.sim.tgi.settings import TgiSettings
from pyworker.sim.tgi.stream import answer_stream
from pyworker.sim.tgi.whole import answer_whole
from pyworker.sim.tgi.wire import EMPTY, JSON, PLAIN, info_body, unhealthy


class TgiRoutes:
    """Answers every request to the simulator.

    Args:
        settings: How it was started.
        model: Generates, and has the armed faults.
    """

    def __init__(self, settings: TgiSettings, model: Model) -> None:
        self._settings = settings
        self._model = model
        self._plan = model.plan
        self._table: Routes = {
            "/": {"GET": self._health, "POST": self._compatible},
            "/generate": {"POST": self._generate},
            "/generate_stream": {"POST": self._generate_stream},
            "/health": {"GET": self._health},
            "/ping": {"GET": self._health},
            "/info": {"GET": self._info},
            **Steering(model.engine, model.plan, model.crash, self._generated).routes,
        }

    async def __call__(self, exchange: Exchange) -> None:
        """Answer one request; an unknown path or method as axum does, with an empty body."""
        methods = self._table.get(exchange.path)
        if methods is None:
            await exchange.respond(404, EMPTY)
            return
        route = methods.get(exchange.method)
        if route is None:
            allow = ",".join(methods).encode()
            await exchange.respond(405, [*EMPTY, (b"allow", allow)])
            return
        try:
            await route(exchange)
        except BodyRejected as error:
            await exchange.respond(error.status, PLAIN, error.text.encode())

    async def _read(self, exchange: Exchange) -> GenerateRequest:
        try:
            body = await exchange.body(self._settings.payload_limit)
        except BodyTooLarge as error:
            text = "Failed to buffer the request body: length limit exceeded"
            raise BodyRejected(413, text) from error
        return parse_request(body, exchange.header(b"content-type"))

    async def _generate(self, exchange: Exchange) -> None:
        await answer_whole(exchange, self._model, await self._read(exchange), "generate")

    async def _generate_stream(self, exchange: Exchange) -> None:
        request = await self._read(exchange)
        await answer_stream(exchange, self._model, request, "generate_stream")

    async def _compatible(self, exchange: Exchange) -> None:
        request = await self._read(exchange)
        answer = answer_stream if request.stream else answer_whole
        await answer(exchange, self._model, request, "compat_generate")

    async def _health(self, exchange: Exchange) -> None:
        if self._plan.take_for_probe():
            error = unhealthy()
            await exchange.respond(error.status, JSON, error.body())
        else:
            await exchange.respond(200, EMPTY)

    async def _info(self, exchange: Exchange) -> None:
        await exchange.respond(200, JSON, orjson.dumps(info_body(self._settings)))

    def _generated(self) -> Mapping[str, object]:
        return {"tokens_generated": self._model.engine.tokens_generated}
