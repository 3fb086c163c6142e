"""The HTTP routes of `sim openai`, and /sim/* to steer and to look inside."""

from collections.abc import Mapping

from pyworker.http.exchange import Exchange
from pyworker.sim.engine import Engine
from pyworker.sim.faults import FaultPlan
from pyworker.sim.log import LogWriter
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.errors import ApiError, NoRoute
from pyworker.sim.openai.films import Filming
from pyworker.sim.openai.machine import ConnectionCut
from pyworker.sim.openai.pictures import Painting
from pyworker.sim.openai.pooling import Pooling
from pyworker.sim.openai.scoring import Scoring
from pyworker.sim.openai.sounds import Sounds
from pyworker.sim.openai.speech import Speaking
from pyworker.sim.openai.speech_batch import SpeakingBatches
from pyworker.sim.openai.styles import ROUTES
from pyworker.sim.openai.texts import Texts
from pyworker.sim.openai.transcription import Transcribing
from pyworker.sim.steering import Routes, Steering

_PARTS = (
    Texts,
    Pooling,
    Scoring,
    Speaking,
    SpeakingBatches,
    Sounds,
    Transcribing,
    Painting,
    Filming,
)
_OURS = "/sim/"


class OpenAiRoutes:
    """Answers every request to the simulator.

    Args:
        desk: What routes share.
        engine: Where requests run.
        plan: The armed faults.
        log: Gets what the server logs of each request.
        steering: The routes /sim/*.

    Attributes:
        loaded: False while it warms up.
    """

    def __init__(
        self, desk: Desk, engine: Engine, plan: FaultPlan, log: LogWriter, steering: Steering
    ) -> None:
        self.loaded = False
        self._desk = desk
        self._style = desk.style
        self._engine = engine
        self._plan = plan
        self._log = log
        known: Routes = {
            "/health": {"GET": self._health},
            "/health_generate": {"GET": self._health},
            "/v1/models": {"GET": self._models},
            "/model_info": {"GET": self._model_info},
            "/get_model_info": {"GET": self._model_info},
            "/props": {"GET": self._props},
        }
        for part in _PARTS:
            known |= part(desk).routes
        has = ROUTES[desk.settings.style]
        self._table: Routes = {
            **{path: methods for path, methods in known.items() if path in has},
            **steering.routes,
        }

    async def __call__(self, exchange: Exchange) -> None:
        """Answer one request."""
        try:
            status = await self._answered(exchange)
        except ConnectionCut:
            exchange.abort()
            return
        if not exchange.path.startswith(_OURS):
            for line in self._style.answered(
                exchange.client, exchange.method, exchange.path, status
            ):
                self._log.write(line)

    async def _answered(self, exchange: Exchange) -> int:
        """Answer; gives the status."""
        try:
            await self._route(exchange)
        except ApiError as error:
            await self._desk.answer(exchange, self._style.error(error), error.status)
            return error.status
        except NoRoute as error:
            await self._desk.answer(exchange, self._style.no_route(error.status), error.status)
            return error.status
        return 200

    async def _route(self, exchange: Exchange) -> None:
        methods = self._table.get(exchange.path)
        if methods is None:
            raise NoRoute(404)
        route = methods.get(exchange.method)
        if route is None:
            raise NoRoute(405)
        refusal = None if self.loaded else self._style.loading()
        if refusal is not None and not exchange.path.startswith(_OURS):
            raise refusal
        await route(exchange)

    async def _health(self, exchange: Exchange) -> None:
        well = self.loaded and self._engine.failure is None
        if not well or self._plan.take_for_probe():
            await exchange.respond(503)
            return
        await exchange.respond(200, *self._style.health())

    async def _models(self, exchange: Exchange) -> None:
        settings = self._desk.settings
        body = self._style.models(settings.model_id, settings.max_model_len)
        await self._desk.answer(exchange, body)

    async def _model_info(self, exchange: Exchange) -> None:
        """SGLang's."""
        model = self._desk.settings.model_id
        info: Mapping[str, object] = {
            "model_path": model,
            "tokenizer_path": model,
            "is_generation": True,
            "preferred_sampling_params": None,
            "weight_version": "default",
        }
        await self._desk.answer(exchange, info)

    async def _props(self, exchange: Exchange) -> None:
        """llama-server's, as far as it names the model."""
        settings = self._desk.settings
        props: Mapping[str, object] = {
            "default_generation_settings": {"n_ctx": settings.max_model_len},
            "total_slots": settings.max_concurrent,
            "model_path": settings.model_id,
            "build_info": "b1-simulated",
        }
        await self._desk.answer(exchange, props)
