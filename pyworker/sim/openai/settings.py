"""The command line of `sim openai`, as a frozen object."""

import argparse
from dataclasses import dataclass
from typing import Literal, get_args

from pyworker.sim import options
from pyworker.sim.settings import ModelSettings, add_model_options, add_server_options

StyleName = Literal["vllm", "sglang", "llama"]
FailStart = Literal["engine", "bind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiSettings(ModelSettings):
    """How the simulated server behaves."""

    style: StyleName = "vllm"
    port: int = 18000
    max_concurrent: int = 256  # vLLM's own default
    max_queue: int = 10_000  # real servers refuse nobody
    max_model_len: int = 8192  # prompt and answer of one request
    default_max_tokens: int = 16  # of a completion that does not say, as OpenAI has it
    payload_limit: int = 100_000_000  # bytes
    fail_start: FailStart | None = None


def add_openai_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sim openai`."""
    add = add_server_options(
        parser, OpenAiSettings(), loaded="ready", seed="words, sounds and colours of the answers"
    )
    add_model_options(add, named="/v1/models and in answers")
    add("--style", "whose routes, log, errors and events", choices=get_args(StyleName))
    add("--max-model-len", "prompt and answer together", type=options.at_least(2), metavar="N")
    add("--default-max-tokens", "of a completion that does not say", type=options.at_least(1))
    add("--payload-limit", "largest request body in bytes", type=options.at_least(1))
    add("--fail-start", "fail while starting", choices=get_args(FailStart))
