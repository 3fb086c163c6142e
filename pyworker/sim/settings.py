"""What the command lines of all simulators, and those of language models, have in common."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from pyworker.sim import options
from pyworker.sim.engine import Engine
from pyworker.sim.faults import Fault
from pyworker.sim.shares import FairShare


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where a simulated server listens and logs, and what goes wrong. Durations are seconds."""

    host: str = "127.0.0.1"
    port: int = 0  # the kernel chooses; each server has its own
    log: Path | None = None  # None is standard output
    load_seconds: float = 2.0
    grace_seconds: float = 5.0  # for running requests after SIGTERM
    seed: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings(ServerSettings):
    """How fast a simulated model is, and how many it serves. Rates are tokens a second."""

    prefill: float = 2000.0
    decode: float = 60.0  # of one request that runs alone
    batch_decode: float | None = None  # ceiling over all running requests
    max_concurrent: int = 128  # running at once
    max_queue: int = 128  # waiting behind them; one more is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings(EngineSettings):
    """A simulated model that has a name."""

    model_id: str = "simulated/word-salad-7b"


def engine_of(settings: EngineSettings) -> Engine:
    """The engine of a model."""
    return Engine(
        prefill=settings.prefill,
        share=FairShare(settings.decode, settings.batch_decode),
        max_concurrent=settings.max_concurrent,
        max_queue=settings.max_queue,
    )


def add_server_options(
    parser: argparse.ArgumentParser, defaults: ServerSettings, *, loaded: str, seed: str
) -> options.Add:
    """Add the options of all servers.

    Args:
        parser: Gets them.
        defaults: Of this server.
        loaded: What its load ends with.
        seed: What the seed chooses.

    Returns:
        What adds further ones.
    """
    add = options.adder(parser, defaults)
    add("--host", "address to listen on")
    add("--port", "port to listen on, 0 for a free one", type=options.port)
    add("--log", "file that the log is appended to (default: stdout)", type=Path, metavar="FILE")
    add("--load-seconds", f"from start to {loaded}", type=options.seconds, metavar="S")
    add("--grace-seconds", "for running requests after SIGTERM", type=options.seconds, metavar="S")
    add("--seed", f"chooses {seed}", type=options.whole, metavar="N")
    options.add_faults(parser)
    return add


def add_model_options(add: options.Add, *, named: str) -> None:
    """Add the options of models; `named` is where the model's name is shown."""
    add("--model-id", f"the name in {named}", metavar="NAME")
    add_engine_options(add)


def add_engine_options(add: options.Add) -> None:
    """Add those of models without a name."""
    rate = {"type": options.positive, "metavar": "TOKENS/S"}
    add("--prefill", "prompt tokens a second", **rate)
    add("--decode", "tokens a second of a request that runs alone", **rate)
    add("--batch-decode", "ceiling of all running requests together (default: none)", **rate)
    add("--max-concurrent", "requests that run at once", type=options.at_least(1), metavar="N")
    add(
        "--max-queue",
        "requests that wait; one more is refused",
        type=options.at_least(0),
        metavar="N",
    )
