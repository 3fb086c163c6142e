"""The command line of the simulated ComfyUI."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pyworker.sim import options
from pyworker.sim.settings import ServerSettings, add_server_options

FailStart = Literal["timeout", "startup", "bind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSettings(ServerSettings):
    """How the simulated wrapper and its ComfyUI behave."""

    port: int = 18288
    output: Path = Path("comfyui-output")
    steps_per_second: float = 20.0  # of one tile of 512x512
    max_queue: int = 16  # waiting behind the one that runs; one more is refused
    fail_start: FailStart | None = None


def add_image_options(parser: argparse.ArgumentParser) -> None:
    """The options of `sim image`."""
    add = add_server_options(
        parser, ImageSettings(), loaded="ready", seed="ids, colours and random numbers"
    )
    add("--output", "folder that images are saved in", type=Path, metavar="FOLDER")
    add(
        "--steps-per-second",
        "of the sampler, for each 512x512 of the image",
        type=options.positive,
        metavar="N",
    )
    add("--max-queue", "jobs that wait; one more gets 503", type=options.at_least(0), metavar="N")
    add("--fail-start", "fail while starting, as the wrapper does", choices=get_args(FailStart))
