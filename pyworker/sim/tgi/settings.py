"""The command line of `sim llm`, as a frozen object."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pyworker.sim import options
from pyworker.sim.faults import Fault

FailStart = Literal["shard", "download", "webserver", "bind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TgiSettings:
    """How the simulated TGI behaves. Rates are tokens a second, durations seconds."""

    host: str = "127.0.0.1"
    port: int = 5001  # 0 lets the kernel choose
    log: Path | None = None  # None is standard output
    model_id: str = "simulated/word-salad-7b"
    load_seconds: float = 2.0
    prefill: float = 2000.0
    decode: float = 60.0  # of one request that runs alone
    batch_decode: float | None = None  # ceiling over all running requests
    max_concurrent: int = 128  # running at once; TGI's own default for its limit
    max_queue: int = 128  # waiting behind them; one more is refused
    max_total_tokens: int = 8192  # prompt and answer of one request
    default_max_new_tokens: int | None = 100  # None is up to max_total_tokens, as TGI 3 has it
    payload_limit: int = 2_000_000  # bytes; TGI's default
    grace_seconds: float = 5.0  # for running requests after SIGTERM; TGI has 90
    seed: int = 0
    fail_start: FailStart | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def max_input_tokens(self) -> int:
        """TGI's own default: everything but one token may be prompt."""
        return self.max_total_tokens - 1


def add_tgi_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sim llm`."""
    rate = {"type": options.positive, "metavar": "TOKENS/S"}
    add = options.adder(parser, TgiSettings())
    add("--host", "address to listen on")
    add("--port", "port to listen on, 0 for a free one", type=options.port)
    add("--log", "file that the log is appended to (default: stdout)", type=Path, metavar="FILE")
    add("--model-id", "the name in /info and in the log", metavar="NAME")
    add("--load-seconds", "from start to Connected", type=options.seconds, metavar="S")
    add("--prefill", "prompt tokens a second", **rate)
    add("--decode", "tokens a second of a request that runs alone", **rate)
    add("--batch-decode", "ceiling of all running requests together (default: none)", **rate)
    add("--max-concurrent", "requests that run at once", type=options.at_least(1), metavar="N")
    add(
        "--max-queue",
        "requests that wait; one more gets 429",
        type=options.at_least(0),
        metavar="N",
    )
    add("--max-total-tokens", "prompt and answer together", type=options.at_least(2), metavar="N")
    add(
        "--default-max-new-tokens",
        'when a request does not say; "auto": as many as fit, which is what TGI 3 does',
        type=options.count_or_auto,
        metavar="N",
    )
    add(
        "--payload-limit",
        "largest request body in bytes",
        type=options.at_least(1),
        metavar="BYTES",
    )
    add("--grace-seconds", "for running requests after SIGTERM", type=options.seconds, metavar="S")
    add("--seed", "chooses the words of the answers", type=options.whole, metavar="N")
    add("--fail-start", "fail while starting, as TGI does", choices=get_args(FailStart))
    options.add_faults(parser)
