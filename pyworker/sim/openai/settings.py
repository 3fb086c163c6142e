"""The command line of `sim openai`, as a frozen object."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pyworker.sim import options
from pyworker.sim.faults import Fault

Style = Literal["vllm", "llama"]
FailStart = Literal["engine", "bind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiSettings:
    """How the simulated server behaves. Rates are tokens a second, durations seconds."""

    style: Style = "vllm"
    host: str = "127.0.0.1"
    port: int = 18000  # 0 lets the kernel choose
    log: Path | None = None  # None is standard output
    model_id: str = "simulated/word-salad-7b"
    load_seconds: float = 2.0
    prefill: float = 2000.0
    decode: float = 60.0  # of one request that runs alone
    batch_decode: float | None = None  # ceiling over all running requests
    max_concurrent: int = 256  # running at once; vLLM's own default
    max_queue: int = 10_000  # waiting behind them: real servers refuse nobody
    max_model_len: int = 8192  # prompt and answer of one request
    default_max_tokens: int = 16  # of a completion that does not say, as OpenAI has it
    payload_limit: int = 100_000_000  # bytes
    grace_seconds: float = 5.0  # for running requests after SIGTERM
    seed: int = 0
    fail_start: FailStart | None = None
    faults: tuple[Fault, ...] = ()


def add_openai_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sim openai`."""
    rate = {"type": options.positive, "metavar": "TOKENS/S"}
    add = options.adder(parser, OpenAiSettings())
    add("--style", "whose log, errors and events", choices=get_args(Style))
    add("--host", "address to listen on")
    add("--port", "port to listen on, 0 for a free one", type=options.port)
    add(
        "--log",
        "file that the log is appended to (default: stdout)",
        type=Path,
        metavar="FILE",
    )
    add("--model-id", "the name in /v1/models and in answers", metavar="NAME")
    add("--load-seconds", "from start to ready", type=options.seconds, metavar="S")
    add("--prefill", "prompt tokens a second", **rate)
    add("--decode", "tokens a second of a request that runs alone", **rate)
    add("--batch-decode", "ceiling of all running requests together (default: none)", **rate)
    add("--max-concurrent", "requests that run at once", type=options.at_least(1), metavar="N")
    add("--max-queue", "requests that wait; one more is refused", type=options.at_least(0))
    add("--max-model-len", "prompt and answer together", type=options.at_least(2), metavar="N")
    add("--default-max-tokens", "of a completion that does not say", type=options.at_least(1))
    add("--payload-limit", "largest request body in bytes", type=options.at_least(1))
    add("--grace-seconds", "for running requests after SIGTERM", type=options.seconds, metavar="S")
    add("--seed", "chooses the words of the answers", type=options.whole, metavar="N")
    add("--fail-start", "fail while starting", choices=get_args(FailStart))
    options.add_faults(parser)
