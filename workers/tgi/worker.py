"""The worker for Hugging Face TGI: data and three small functions."""

import random
from collections.abc import Mapping
from typing import cast

import orjson

from pyworker.model.prompts import random_words
from pyworker.reasons import beginning_of
from pyworker.settings import Settings
from pyworker.worker import (
    BenchmarkConfig,
    Field,
    HandlerConfig,
    LogActionConfig,
    WorkerConfig,
)
from pyworker.workload.expressions import WorkloadExpression
from pyworker.workload.request import token_workload
from pyworker.workload.selector import prompt
from pyworker.workload.served import ServedTokens

# TGI's own default up to version 2. Version 3 generates until the model's context is full, unless
# the model stops: a bound of a hundred thousand tokens for an answer of some hundred. Counted as
# load it would get requests refused and instances started for nothing, so this stays.
DEFAULT_MAX_NEW_TOKENS = 100
BENCHMARK_WORDS = 250
BENCHMARK_NEW_TOKENS = 128

# Longer than any model's context: a number beyond is a mistake, which must not look like load.
MOST_NEW_TOKENS = 1_000_000

INPUTS = prompt("inputs")
MAX_NEW_TOKENS = Field(
    path="parameters.max_new_tokens",
    kind=int,
    default=DEFAULT_MAX_NEW_TOKENS,
    maximum=MOST_NEW_TOKENS,
)

# What this worker has always counted; it needs no tokenizer.
DEFAULT_WORKLOAD = WorkloadExpression(output=1.0)


def define(settings: Settings) -> WorkerConfig:
    """The tgi worker."""
    expression = settings.workload or DEFAULT_WORKLOAD
    tokens = _tokens(settings) if expression.needs_prompt else None
    workload = token_workload(expression, prompt=INPUTS, output=MAX_NEW_TOKENS, tokens=tokens)
    benchmark = BenchmarkConfig(payload=_benchmark_payload, check=_check_answer, runs=3)
    return WorkerConfig(
        name="tgi",
        model_server_url=settings.model_server_url or "http://127.0.0.1:5001",
        model_log_file=settings.model_log or "/workspace/infer.log",
        health_endpoint=settings.model_health_endpoint or "/health",
        info_endpoint="/info",
        handlers=(
            HandlerConfig(
                route="/generate",
                workload=workload,
                allow_parallel_requests=True,
                max_queue_time=600.0,
                benchmark_config=benchmark,
            ),
            HandlerConfig(
                route="/generate_stream",
                workload=workload,
                allow_parallel_requests=True,
                max_queue_time=600.0,
            ),
        ),
        log_actions=LogActionConfig(
            on_load=(
                '"message":"Connected","target":"text_generation_router"',
                '"message":"Connected","target":"text_generation_router::server"',
            ),
            on_error=(
                "Error: WebserverFailed",
                "Error: WebserverCannotStart",
                "Error: DownloadError",
                "Error: ShardCannotStart",
                "Error: ShardFailed",
                "Error: NotEnoughCUDADevices",
            ),
            on_info=('"message":"Download',),
        ),
        tokens=tokens,
    )


def _tokens(settings: Settings) -> ServedTokens:
    # TGI says of itself which model it serves, and at which commit.
    models = (settings.model_id, settings.model_name)
    return ServedTokens(settings.tokenizer, auto=models, ask=("/info",))


def _benchmark_payload(rng: random.Random) -> Mapping[str, object]:
    return {
        "inputs": random_words(rng, BENCHMARK_WORDS),
        "parameters": {
            "max_new_tokens": BENCHMARK_NEW_TOKENS,
            "temperature": 0.7,
            "return_full_text": False,
        },
    }


def _check_answer(body: bytes) -> None:
    answer = orjson.loads(body)
    fields = cast("dict[str, object]", answer) if isinstance(answer, dict) else {}
    text = fields.get("generated_text")
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"the answer has no generated_text: {beginning_of(body)}")
