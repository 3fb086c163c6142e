"""The command line of the simulators, read once into a frozen object."""

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pyworker.sim.faults import Fault, FaultError, FaultKind, fault_from_text

FailStart = Literal["shard", "download", "webserver", "bind"]

_EPILOG = f"""\
faults: {", ".join(FaultKind)}.
Arm one with --fault KIND[:count=N,after_tokens=K,factor=F] or, while it runs, with
POST /sim/fault {{"kind": KIND, "count": N, "after_tokens": K}}. See docs/sim.md.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmSettings:
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


def parse_arguments(argv: Sequence[str]) -> LlmSettings:
    """The settings that `argv` asks for.

    Raises:
        SystemExit: From argparse; code 2 and one sentence on standard error when `argv` is wrong.
    """
    parser = argparse.ArgumentParser(prog="pyworker sim", description=__doc__)
    servers = parser.add_subparsers(dest="server", required=True)
    llm = servers.add_parser(
        "llm",
        help="a language model behind text-generation-inference (TGI)",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_llm_options(llm)
    options: dict[str, Any] = vars(parser.parse_args(argv))
    del options["server"]
    options["faults"] = tuple(options["faults"])
    return LlmSettings(**options)


def _add_llm_options(parser: argparse.ArgumentParser) -> None:
    default = LlmSettings()
    rate = {"type": _positive, "metavar": "TOKENS/S"}

    def add(name: str, text: str, **how: object) -> None:
        field = name.removeprefix("--").replace("-", "_")
        value = getattr(default, field)
        shown = "" if value is None else f" (default: {value})"
        parser.add_argument(name, default=value, help=text + shown, **how)  # type: ignore[arg-type]

    add("--host", "address to listen on")
    add("--port", "port to listen on, 0 for a free one", type=_port)
    add("--log", "file that the log is appended to (default: stdout)", type=Path, metavar="FILE")
    add("--model-id", "the name in /info and in the log", metavar="NAME")
    add("--load-seconds", "from start to Connected", type=_seconds, metavar="S")
    add("--prefill", "prompt tokens a second", **rate)
    add("--decode", "tokens a second of a request that runs alone", **rate)
    add("--batch-decode", "ceiling of all running requests together (default: none)", **rate)
    add("--max-concurrent", "requests that run at once", type=_at_least(1), metavar="N")
    add("--max-queue", "requests that wait; one more gets 429", type=_at_least(0), metavar="N")
    add("--max-total-tokens", "prompt and answer together", type=_at_least(2), metavar="N")
    add(
        "--default-max-new-tokens",
        'when a request does not say; "auto": as many as fit, which is what TGI 3 does',
        type=_count_or_auto,
        metavar="N",
    )
    add("--payload-limit", "largest request body in bytes", type=_at_least(1), metavar="BYTES")
    add("--grace-seconds", "for running requests after SIGTERM", type=_seconds, metavar="S")
    add("--seed", "chooses the words of the answers", type=_whole, metavar="N")
    add("--fail-start", "fail while starting, as TGI does", choices=get_args(FailStart))
    parser.add_argument(
        "--fault",
        dest="faults",
        action="append",
        default=[],
        type=_fault,
        metavar="KIND[:...]",
        help="arm a fault from the start; may be given several times",
    )


def _real(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a number: {text}") from error
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"must be a finite number: {text}")
    return value


def _positive(text: str) -> float:
    value = _real(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0: {text}")
    return value


def _seconds(text: str) -> float:
    value = _real(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or above: {text}")
    return value


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a whole number: {text}") from error


def _at_least(minimum: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        value = _whole(text)
        if value < minimum:
            raise argparse.ArgumentTypeError(f"must be at least {minimum}: {text}")
        return value

    return convert


def _port(text: str) -> int:
    value = _whole(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"must be from 0 to 65535: {text}")
    return value


def _count_or_auto(text: str) -> int | None:
    return None if text == "auto" else _at_least(1)(text)


def _fault(text: str) -> Fault:
    try:
        return fault_from_text(text)
    except FaultError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
