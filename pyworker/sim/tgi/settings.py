"""The command line of `sim llm`, as a frozen object."""

import argparse
from dataclasses import dataclass
from typing import Literal, get_args

from pyworker.sim import options
from pyworker.sim.settings import ModelSettings, add_model_options, add_server_options

FailStart = Literal["shard", "download", "webserver", "bind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TgiSettings(ModelSettings):
    """How the simulated TGI behaves. TGI's own grace after SIGTERM is 90 seconds."""

    port: int = 5001
    max_total_tokens: int = 8192  # prompt and answer of one request
    default_max_new_tokens: int | None = 100  # None is up to max_total_tokens, as TGI 3 has it
    payload_limit: int = 2_000_000  # bytes; TGI's default
    fail_start: FailStart | None = None

    @property
    def max_input_tokens(self) -> int:
        """TGI's own default: everything but one token may be prompt."""
        return self.max_total_tokens - 1


def add_tgi_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sim llm`."""
    add = add_server_options(
        parser, TgiSettings(), loaded="Connected", seed="the words of the answers"
    )
    add_model_options(add, named="/info and in the log")
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
    add("--fail-start", "fail while starting, as TGI does", choices=get_args(FailStart))
