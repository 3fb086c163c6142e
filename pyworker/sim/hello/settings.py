"""The command line of `sim hello`, as a frozen object."""

import argparse
from dataclasses import dataclass
from typing import Literal, get_args

from pyworker.sim import options
from pyworker.sim.settings import EngineSettings, add_engine_options, add_server_options

FailStart = Literal["model", "bind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HelloSettings(EngineSettings):
    """How the simulated server behaves."""

    port: int = 5001
    max_concurrent: int = 32
    max_total_tokens: int = 8192  # prompt and answer of one request
    fail_start: FailStart | None = None


def add_hello_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sim hello`."""
    add = add_server_options(
        parser, HelloSettings(), loaded="started", seed="the words of the answers"
    )
    add_engine_options(add)
    add("--max-total-tokens", "prompt and answer together", type=options.at_least(2), metavar="N")
    add("--fail-start", "fail while starting", choices=get_args(FailStart))
