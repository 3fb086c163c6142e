"""The hello_world worker: the workload is the number of tokens of the prompt."""

import os
import random
from collections.abc import Callable, Mapping

import orjson

from pyworker.model.prompts import random_words
from pyworker.settings import Settings
from pyworker.worker import (
    BenchmarkConfig,
    Field,
    HandlerConfig,
    LogActionConfig,
    WorkerConfig,
    Workload,
)
from pyworker.workload.tokens import token_counter

BENCHMARK_WORDS = 250
BENCHMARK_RESPONSE_TOKENS = 300
# The tokenizer whose counts this worker's workload has always been in.
TOKENIZER_MODEL = "openai-gpt"

PROMPT = Field(path="prompt", kind=str)
MAX_RESPONSE_TOKENS = Field(path="max_response_tokens", kind=int)


def define(settings: Settings) -> WorkerConfig:
    """The hello_world worker."""
    counter = token_counter(settings.tokenizer, auto_model=TOKENIZER_MODEL, environ=os.environ)
    workload = Workload(
        fields=(PROMPT, MAX_RESPONSE_TOKENS), count=_prompt_tokens(counter.count), heavy=True
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
    )


def _prompt_tokens(count: Callable[[str], int]) -> Callable[[Mapping[str, str | int]], float]:
    def workload(values: Mapping[str, str | int]) -> float:
        return float(count(str(values[PROMPT.path])))

    return workload


def _benchmark_payload(rng: random.Random) -> Mapping[str, object]:
    return {
        "prompt": random_words(rng, BENCHMARK_WORDS),
        "max_response_tokens": BENCHMARK_RESPONSE_TOKENS,
    }


def _check_answer(body: bytes) -> None:
    if not orjson.loads(body):
        raise ValueError("the answer is empty")
