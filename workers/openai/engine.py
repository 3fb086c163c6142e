"""From what tells one model server from another to its worker; the same for all of them."""

import logging
from dataclasses import dataclass

from pyworker.errors import SettingsError
from pyworker.settings import Settings
from pyworker.worker import LogActionConfig, OpenRoute, ServedTokens, WorkerConfig
from pyworker.workload.chat_request import Engine as Reader
from workers.openai.benchmarks import benchmarks
from workers.openai.routes import CHAT, COMPLETIONS, DEFAULT_WORKLOAD, handler, routes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A model server with the API of OpenAI.

    Attributes:
        name: Of its worker.
        log: Its log.
        markers: What the lines of its log mean.
        health: Path that answers 200 when it is well.
        info: Path whose answer tells one model from another; empty when there is none that does
            not change while it runs.
        chats: Whose way to read chats it has.
        scores_labels: Its /v1/score asks for labels behind items, not for pairs of texts.
        says: Paths whose answers say which model it serves; see `pyworker.workload.said`.
    """

    name: str
    log: str
    markers: LogActionConfig
    health: str = "/health"
    info: str = ""
    chats: Reader = "unknown"
    scores_labels: bool = False
    says: tuple[str, ...] = ("/v1/models",)


def worker_of(engine: Engine, settings: Settings) -> WorkerConfig:
    """The worker of a model server.

    Raises:
        SettingsError: BENCHMARK_ROUTE is no route, or not one that is served.
    """
    expression = settings.workload or DEFAULT_WORKLOAD
    tokens = _tokens(engine, settings) if expression.needs_prompt else None
    known = routes(settings, tokens)
    served = _served(settings, set(known))
    measured = benchmarks(
        embed_chars=settings.benchmark_embed_chars,
        voice=settings.benchmark_voice,
        labels=engine.scores_labels,
    )
    return WorkerConfig(
        name=engine.name,
        model_server_url=settings.model_server_url or "http://127.0.0.1:18000",
        model_log_file=settings.model_log or engine.log,
        health_endpoint=settings.model_health_endpoint or engine.health,
        info_endpoint=engine.info,
        handlers=tuple(
            handler(
                path,
                known[path],
                measured[path] if path == settings.benchmark_route else None,
                settings.model_name,
            )
            for path in served
        ),
        open_routes=(OpenRoute(route="/v1/models"), OpenRoute(route="/v1/models/*")),
        log_actions=engine.markers,
        tokens=tokens,
    )


def _served(settings: Settings, known: set[str]) -> list[str]:
    measured = settings.benchmark_route
    if measured not in known:
        raise SettingsError(f"BENCHMARK_ROUTE must be one of {', '.join(sorted(known))}")
    if settings.openai_routes is None:
        return list(dict.fromkeys((COMPLETIONS, CHAT, measured)))
    if unknown := [route for route in settings.openai_routes if route not in known]:
        log.warning("OPENAI_ROUTES names routes that there are not: %s", ", ".join(unknown))
    if measured not in settings.openai_routes:
        raise SettingsError(f"BENCHMARK_ROUTE {measured} must be one of OPENAI_ROUTES")
    return [route for route in settings.openai_routes if route in known]


def _tokens(engine: Engine, settings: Settings) -> ServedTokens:
    chats = settings.openai_routes is None or CHAT in settings.openai_routes
    return ServedTokens(
        settings.tokenizer,
        auto=(settings.model_id, settings.model_name),
        ask=engine.says,
        engine=engine.chats if chats else None,
    )
