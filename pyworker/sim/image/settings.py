"""The command line of the simulated ComfyUI."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pyworker.sim import options
from pyworker.sim.faults import Fault

FailStart = Literal["timeout", "startup", "bind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSettings:
    """How the simulated wrapper and its ComfyUI behave. Durations are seconds."""

    host: str = "127.0.0.1"
    port: int = 18288  # 0 lets the kernel choose
    log: Path | None = None  # None is standard output
    output: Path = Path("comfyui-output")
    load_seconds: float = 2.0
    steps_per_second: float = 20.0  # of one tile of 512x512
    max_queue: int = 16  # waiting behind the one that runs; one more is refused
    grace_seconds: float = 5.0  # for running requests after SIGTERM
    seed: int = 0
    fail_start: FailStart | None = None
    faults: tuple[Fault, ...] = ()


def add_image_options(parser: argparse.ArgumentParser) -> None:
    """The options of `sim image`."""
    add = options.adder(parser, ImageSettings())
    add("--host", "address to listen on")
    add("--port", "port to listen on, 0 for a free one", type=options.port)
    add("--log", "file that the log is appended to (default: stdout)", type=Path, metavar="FILE")
    add("--output", "folder that images are saved in", type=Path, metavar="FOLDER")
    add("--load-seconds", "from start to ready", type=options.seconds, metavar="S")
    add(
        "--steps-per-second",
        "of the sampler, for each 512x512 of the image",
        type=options.positive,
        metavar="N",
    )
    add("--max-queue", "jobs that wait; one more gets 503", type=options.at_least(0), metavar="N")
    add("--grace-seconds", "for running jobs after SIGTERM", type=options.seconds, metavar="S")
    add("--seed", "chooses ids and random numbers", type=options.whole, metavar="N")
    add("--fail-start", "fail while starting, as the wrapper does", choices=get_args(FailStart))
    options.add_faults(parser)
