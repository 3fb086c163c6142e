"""The simulator's HTTP routes: TGI's own, and /sim/* to steer and to look inside."""

from collections.abc import Awaitable, Callable

import orjson
import trio

from pyworker.errors import BodyTooLarge
from pyworker.http.exchange import Exchange
from pyworker.sim.faults import FaultError, fault_from_json
from pyworker.sim.life import crashes_at_once
from pyworker.sim.model import Model
from pyworker.sim.settings import LlmSettings
from pyworker.sim.stream import answer_stream
from pyworker.sim.tgi_request import BodyRejected, GenerateRequest, parse_request
from pyworker.sim.tgi_wire import EMPTY, JSON, PLAIN, info_body, unhealthy
from pyworker.sim.whole import answer_whole

_Route = Callable[[Exchange], Awaitable[None]]

_CONTROL_LIMIT = 64 * 1024  # bytes; a fault is a short object


class Routes:
    """Answers every request to the simulator.

    Args:
        settings: How it was started.
        model: Generates, and has the armed faults.
    """

    def __init__(self, settings: LlmSettings, model: Model) -> None:
        self._settings = settings
        self._model = model
        self._plan = model.plan
        self._table: dict[str, dict[str, _Route]] = {
            "/": {"GET": self._health, "POST": self._compatible},
            "/generate": {"POST": self._generate},
            "/generate_stream": {"POST": self._generate_stream},
            "/health": {"GET": self._health},
            "/ping": {"GET": self._health},
            "/info": {"GET": self._info},
            "/sim/fault": {"POST": self._fault},
            "/sim/state": {"GET": self._state},
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

    async def _fault(self, exchange: Exchange) -> None:
        try:
            fault = fault_from_json(orjson.loads(await exchange.body(_CONTROL_LIMIT)))
        except (FaultError, orjson.JSONDecodeError) as error:
            await exchange.respond_json(422, {"error": str(error)})
            return
        if fault is None:
            self._plan.clear()
        elif not crashes_at_once(fault):
            self._plan.arm(fault)
        await exchange.respond_json(200, {"faults": self._plan.armed()})
        if fault is not None and crashes_at_once(fault):
            self._model.crash()

    async def _state(self, exchange: Exchange) -> None:
        engine = self._model.engine
        await exchange.respond_json(
            200,
            {
                "running": len(engine.running),
                "queued": engine.queued,
                "finished": engine.finished,
                "cancelled": engine.cancelled,
                "failed": engine.failed,
                "tokens_generated": engine.tokens_generated,
                "seconds_busy": engine.seconds_busy(),
                "now": trio.current_time(),
                "faults": self._plan.armed(),
            },
        )
