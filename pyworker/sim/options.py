"""The words of a simulator's command line, turned into values; argparse tells what is wrong."""

import argparse
import math
from collections.abc import Callable

from pyworker.sim.faults import Fault, FaultError, FaultKind, fault_from_text

FAULTS_EPILOG = f"""\
faults: {", ".join(FaultKind)}.
Arm one with --fault KIND[:count=N,after_tokens=K,factor=F] or, while it runs, with
POST /sim/fault {{"kind": KIND, "count": N, "after_tokens": K}}. See docs/sim.md.
"""

Add = Callable[..., None]


def adder(parser: argparse.ArgumentParser, defaults: object) -> Add:
    """Adds options whose defaults are the fields of `defaults` with their names."""

    def add(name: str, text: str, **how: object) -> None:
        value = getattr(defaults, name.removeprefix("--").replace("-", "_"))
        shown = "" if value is None else f" (default: {value})"
        parser.add_argument(name, default=value, help=text + shown, **how)  # type: ignore[arg-type]

    return add


def add_faults(parser: argparse.ArgumentParser) -> None:
    """The option --fault."""
    parser.add_argument(
        "--fault",
        dest="faults",
        action="append",
        default=[],
        type=fault,
        metavar="KIND[:...]",
        help="arm a fault from the start; may be given several times",
    )


def real(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a number: {text}") from error
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"must be a finite number: {text}")
    return value


def positive(text: str) -> float:
    """A number above 0."""
    value = real(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0: {text}")
    return value


def seconds(text: str) -> float:
    """A number of 0 or more."""
    value = real(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or above: {text}")
    return value


def whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a whole number: {text}") from error


def at_least(minimum: int) -> Callable[[str], int]:
    """A whole number from `minimum` on."""

    def convert(text: str) -> int:
        value = whole(text)
        if value < minimum:
            raise argparse.ArgumentTypeError(f"must be at least {minimum}: {text}")
        return value

    return convert


def port(text: str) -> int:
    """A port number."""
    value = whole(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"must be from 0 to 65535: {text}")
    return value


def count_or_auto(text: str) -> int | None:
    """A number of things, or `auto` as None."""
    return None if text == "auto" else at_least(1)(text)


def fault(text: str) -> Fault:
    """A fault that is armed from the start."""
    try:
        return fault_from_text(text)
    except FaultError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
