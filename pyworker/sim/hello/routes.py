"""The HTTP routes of the simulated server, and /sim/* to steer and to look inside."""

from collections.abc import Callable, Mapping

import orjson

from pyworker.errors import BodyTooLarge
from pyworker.http.exchange import Exchange
from pyworker.sim.engine import Engine, GenerationFailed, Overloaded
from pyworker.sim.faults import FaultKind, FaultPlan
from pyworker.sim.generation import FaultStruck, Generation
from pyworker.sim.hello.request import Asked, Refusal, parse
from pyworker.sim.hello.settings import HelloSettings
from pyworker.sim.hello.story import Said
from pyworker.sim.log import LogWriter
from pyworker.sim.steering import Routes, Steering
from pyworker.sim.words import Sequence, seed_of

_BODY_LIMIT = 2_000_000  # bytes; far beyond the longest prompt that fits
_EVENTS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]


class HelloRoutes:
    """Answers every request to the simulator.

    Args:
        settings: How it was started.
        engine: Where requests run.
        plan: The armed faults.
        log: Gets a line for each answered request.
        crash: Makes the server die.
    """

    def __init__(
        self,
        settings: HelloSettings,
        engine: Engine,
        plan: FaultPlan,
        log: LogWriter,
        crash: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._plan = plan
        self._log = log
        self._crash = crash
        self._steering: Routes = Steering(engine, plan, crash, self._generated).routes
        self._table: Routes = {
            "/generate": {"POST": self._whole},
            "/generate_stream": {"POST": self._stream},
            "/healthcheck": {"GET": self._healthcheck},
            **self._steering,
        }

    async def __call__(self, exchange: Exchange) -> None:
        """Answer one request."""
        status = 200
        try:
            await self._route(exchange)
        except Refusal as error:
            status = error.status
            await exchange.respond_json(status, {"error": str(error)})
        except FaultStruck:  # a cut; the other kinds have become a Refusal
            exchange.abort()
            return
        if exchange.path not in self._steering:
            level = "INFO" if status < 500 else "ERROR"
            self._log.write(Said(f"{exchange.method} {exchange.path} {status}", level))

    async def _route(self, exchange: Exchange) -> None:
        methods = self._table.get(exchange.path)
        if methods is None:
            raise Refusal(404, f"there is no {exchange.path}")
        route = methods.get(exchange.method)
        if route is None:
            raise Refusal(405, f"{exchange.path} takes {', '.join(methods)}")
        await route(exchange)

    async def _whole(self, exchange: Exchange) -> None:
        with self._begin(await self._read(exchange)) as generation:
            try:
                tokens = await generation.whole()
            except (GenerationFailed, FaultStruck) as error:
                raise self._failed(error) from error
            text = generation.sequence.text
            await exchange.respond_json(200, {"response": text, "response_tokens": len(tokens)})
            generation.job.finish()

    async def _stream(self, exchange: Exchange) -> None:
        with self._begin(await self._read(exchange)) as generation:
            await exchange.start(200, _EVENTS)
            try:
                while generation.sequence.finish_reason is None:
                    tokens = await generation.some()
                    events = (_event({"token": {"text": token.text}}) for token in tokens)
                    await exchange.send(b"".join(events))
            except (GenerationFailed, FaultStruck) as error:
                # The status has been sent: what is left to tell it by is an event.
                await exchange.send(_event({"error": str(self._failed(error))}))
            else:
                await exchange.send(b"data: [DONE]\n\n")
                generation.job.finish()
            await exchange.finish()

    async def _read(self, exchange: Exchange) -> Asked:
        try:
            body = await exchange.body(_BODY_LIMIT)
        except BodyTooLarge as error:
            raise Refusal(413, str(error)) from error
        return parse(body, self._settings.max_total_tokens)

    def _begin(self, asked: Asked) -> Generation:
        fault = self._plan.take_for_request()
        if fault is not None and fault.kind is FaultKind.REFUSE:
            raise _busy()
        try:
            return Generation(
                self._engine,
                Sequence(seed_of(self._settings.seed, asked.prompt), asked.max_tokens),
                input_length=asked.prompt_tokens,
                max_new_tokens=asked.max_tokens,
                fault=fault,
            )
        except Overloaded as error:
            raise _busy() from error
        except GenerationFailed as error:
            raise Refusal(500, str(error)) from error

    def _failed(self, error: GenerationFailed | FaultStruck) -> Refusal:
        """What the client is told of a generation that ended early.

        Raises:
            FaultStruck: Nothing: its connection is to be cut.
        """
        if isinstance(error, FaultStruck):
            if error.kind is FaultKind.CUT:
                raise error
            if error.kind is FaultKind.CRASH:
                self._crash()
                return Refusal(500, str(self._engine.failure))
            return Refusal(500, "the generation failed")
        return Refusal(500, str(error))

    async def _healthcheck(self, exchange: Exchange) -> None:
        if self._plan.take_for_probe() or self._engine.failure is not None:
            raise Refusal(503, "unhealthy")
        await exchange.respond_json(200, {"status": "ok"})

    def _generated(self) -> Mapping[str, object]:
        return {"tokens_generated": self._engine.tokens_generated}


def _busy() -> Refusal:
    return Refusal(503, "the server is busy")


def _event(value: Mapping[str, object]) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"
