"""Every route: how its request is wrapped, what it costs, and who makes a form of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pyworker.hooks import RequestParser, WorkloadHook
from pyworker.settings import Settings
from pyworker.worker import (
    BenchmarkConfig,
    Field,
    HandlerConfig,
    ServedTokens,
    Unwrap,
    Values,
    Workload,
)
from pyworker.workload.expressions import WorkloadExpression
from pyworker.workload.request import token_workload
from pyworker.workload.selector import Selector, messages, prompt
from workers.openai import forms, workloads
from workers.openai.references import check_speech, check_speech_batch

COMPLETIONS, CHAT = "/v1/completions", "/v1/chat/completions"
# A video takes minutes, and who waits for one does.
MAX_QUEUE_SECONDS = 600.0
# Longer than any model's context: a number beyond is a mistake, which must not look like load.
MOST_TOKENS = 1_000_000
# What llama.cpp takes for no limit is a negative number; it has always counted as this.
UNLIMITED_TOKENS = 100

MAX_TOKENS = Field(path="max_tokens", kind=int, default=0, maximum=MOST_TOKENS)
# What these workers have always counted; it needs no tokenizer.
DEFAULT_WORKLOAD = WorkloadExpression(output=1.0)

_WRAPPED = Unwrap("input")
# `input` is a field of these requests, too.
_WRAPPED_OBJECT = Unwrap("input", only_objects=True)


@dataclass(frozen=True, slots=True)
class Route:
    """What a handler needs beside its benchmark."""

    workload: Workload | WorkloadHook | float
    unwrap: Unwrap | None = _WRAPPED
    parser: RequestParser | None = None


def routes(settings: Settings, tokens: ServedTokens | None) -> Mapping[str, Route]:
    """All routes there are, by their paths.

    Args:
        settings: The environment.
        tokens: What counts prompts, when WORKLOAD wants them counted.
    """
    expression = settings.workload or DEFAULT_WORKLOAD
    embeddings = partial(workloads.embeddings, usual_chars=float(settings.benchmark_embed_chars))
    form = workloads.UNIT  # a parser that makes a form says itself what it costs
    return {
        COMPLETIONS: Route(_generation(expression, prompt("prompt"), tokens)),
        CHAT: Route(_generation(expression, messages(), tokens)),
        "/v1/chat/completions/batch": Route(workloads.chat_batch),
        "/v1/embeddings": Route(embeddings, _WRAPPED_OBJECT),
        "/v1/rerank": Route(workloads.rerank),
        "/v1/score": Route(workloads.score),
        "/v1/audio/speech": Route(workloads.speech, _WRAPPED_OBJECT, check_speech),
        "/v1/audio/speech/batch": Route(workloads.speech_batch, _WRAPPED, check_speech_batch),
        "/v1/audio/generate": Route(workloads.UNIT, _WRAPPED_OBJECT),
        "/v1/images/generations": Route(workloads.images),
        "/v1/images/edits": Route(form, _WRAPPED, forms.image_edit),
        "/v1/audio/transcriptions": Route(form, _WRAPPED, forms.transcription),
        "/v1/audio/translations": Route(form, _WRAPPED, forms.transcription),
        "/v1/videos/sync": Route(form, _WRAPPED, forms.video),
    }


def handler(
    path: str, route: Route, benchmark: BenchmarkConfig | None, model_name: str
) -> HandlerConfig:
    """The handler of a route.

    Args:
        path: Of the route, here and at the model server.
        route: What it needs.
        benchmark: For the route that is measured.
        model_name: What a request without `model` asks for; empty leaves it as it is.
    """
    return HandlerConfig(
        route=path,
        workload=route.workload,
        unwrap=route.unwrap,
        fill={"model": model_name} if model_name else {},
        request_parser=route.parser,
        allow_parallel_requests=True,
        max_queue_time=MAX_QUEUE_SECONDS,
        benchmark_config=benchmark,
    )


def _generation(
    expression: WorkloadExpression, text: Selector, tokens: ServedTokens | None
) -> Workload:
    counted = token_workload(expression, prompt=text, output=MAX_TOKENS, tokens=tokens)
    if counted.count is not None:
        return replace(counted, count=partial(_of_sane, counted.count))
    assert counted.count_payload is not None
    return replace(counted, count_payload=partial(_of_sane, counted.count_payload))


def _of_sane(count: Callable[..., float], values: Values, *payload: Any) -> float:
    """Count with what stands for no limit in the place of a negative number."""
    given = values.get(MAX_TOKENS.path)
    if isinstance(given, int) and given < 0:
        values = {**values, MAX_TOKENS.path: UNLIMITED_TOKENS}
    return count(values, *payload)
