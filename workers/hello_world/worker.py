"""The hello_world worker: the workload is the number of tokens of the prompt."""

import random
from collections.abc import Mapping

import orjson

from pyworker.model.prompts import random_words
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
from pyworker.workload.served import ServedTokens

BENCHMARK_WORDS = 250
BENCHMARK_RESPONSE_TOKENS = 300
# The tokenizer whose counts this worker's workload has always been in.
TOKENIZER_MODEL = "openai-gpt"

PROMPT = Field(path="prompt", kind=str)
MAX_RESPONSE_TOKENS = Field(path="max_response_tokens", kind=int)

DEFAULT_WORKLOAD = WorkloadExpression(prompt=1.0)


def define(settings: Settings) -> WorkerConfig:
    """The hello_world worker."""
    expression = settings.workload or DEFAULT_WORKLOAD
    tokens = None
    if expression.needs_prompt:
        tokens = ServedTokens(settings.tokenizer, auto=[TOKENIZER_MODEL])
    workload = token_workload(
        expression,
        prompt=PROMPT,
        output=MAX_RESPONSE_TOKENS,
        tokens=tokens,
        required=(PROMPT, MAX_RESPONSE_TOKENS),
    )
    return WorkerConfig(
        name="hello_world",
        model_server_url=settings.model_server_url or "http://127.0.0.1:5001",
        model_log_file=settings.model_log or "/workspace/infer.log",
        health_endpoint=settings.model_health_endpoint or "/healthcheck",
        open_routes=("/healthcheck",),
        handlers=(
            HandlerConfig(
                route="/generate",
                workload=workload,
                allow_parallel_requests=True,
                benchmark_config=BenchmarkConfig(
                    payload=_benchmark_payload, check=_check_answer, runs=3
                ),
            ),
            HandlerConfig(
                route="/generate_stream", workload=workload, allow_parallel_requests=True
            ),
        ),
        log_actions=LogActionConfig(
            on_load=("infer server has started",),
            on_error=("Exception: corrupted model file",),
            on_info=('"message":"Download',),
        ),
        tokens=tokens,
    )


def _benchmark_payload(rng: random.Random) -> Mapping[str, object]:
    return {
        "prompt": random_words(rng, BENCHMARK_WORDS),
        "max_response_tokens": BENCHMARK_RESPONSE_TOKENS,
    }


def _check_answer(body: bytes) -> None:
    if not orjson.loads(body):
        raise ValueError("the answer is empty")
