"""The command line of `sim hello`, as a frozen object."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pyworker.sim import options
from pyworker.sim.faults import Fault

FailStart = Literal["model", "bind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HelloSettings:
    """How the simulated server behaves. Rates are tokens a second, durations seconds."""

    host: str = "127.0.0.1"
    port: int = 5001  # 0 lets the kernel choose
    log: Path | None = None  # None is standard output
    load_seconds: float = 2.0
    prefill: float = 2000.0
    decode: float = 60.0  # of one request that runs alone
    batch_decode: float | None = None  # ceiling over all running requests
    max_concurrent: int = 32  # running at once
    max_queue: int = 128  # waiting behind them; one more is refused
    max_total_tokens: int = 8192  # prompt and answer of one request
    grace_seconds: float = 5.0  # for running requests after SIGTERM
    seed: int = 0
    fail_start: FailStart | None = None
    faults: tuple[Fault, ...] = ()


def add_hello_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sim hello`."""
    rate = {"type": options.positive, "metavar": "TOKENS/S"}
    add = options.adder(parser, HelloSettings())
    add("--host", "address to listen on")
    add("--port", "port to listen on, 0 for a free one", type=options.port)
    add("--log", "file that the log is appended to (default: stdout)", type=Path, metavar="FILE")
    add("--load-seconds", "from start to started", type=options.seconds, metavar="S")
    add("--prefill", "prompt tokens a second", **rate)
    add("--decode", "tokens a second of a request that runs alone", **rate)
    add("--batch-decode", "ceiling of all running requests together (default: none)", **rate)
    add("--max-concurrent", "requests that run at once", type=options.at_least(1), metavar="N")
    add("--max-queue", "requests that wait; one more gets 503", type=options.at_least(0))
    add("--max-total-tokens", "prompt and answer together", type=options.at_least(2), metavar="N")
    add("--grace-seconds", "for running requests after SIGTERM", type=options.seconds, metavar="S")
    add("--seed", "chooses the words of the answers", type=options.whole, metavar="N")
    add("--fail-start", "fail while starting", choices=get_args(FailStart))
    options.add_faults(parser)
