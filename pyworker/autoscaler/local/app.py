"""The command: `python -m pyworker autoscaler`. Options, signals, exit code."""

import argparse
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import TextIO

import trio

from pyworker.autoscaler.local.serve import AutoscalerSettings, Show, serve_autoscaler
from pyworker.autoscaler.local.show import LogFormat, Output, show_changes, show_table, show_url
from pyworker.autoscaler.local.state import Autoscaler
from pyworker.errors import CannotBind, SettingsError
from pyworker.logs import set_up_logging

_HELD_RECORDS = 100  # log lines kept while the table has the terminal


def main(argv: list[str]) -> int:
    """Run the autoscaler until SIGINT or SIGTERM.

    Args:
        argv: The options, without the command's name.

    Returns:
        0 after a signal; 2 when it could not start, with one sentence on stderr.

    Raises:
        SystemExit: After `--help`, or with code 2 when an option is wrong.
    """
    options = _parser().parse_args(argv)
    settings = AutoscalerSettings(
        host=options.host,
        port=options.port,
        key_file=options.key,
        endpoint=options.endpoint,
        api_key=options.api_key,
        form=None if options.form == "auto" else options.form,
    )
    out = sys.stdout
    table = not options.no_table and _can_draw(out)
    held = _set_up_log(options.log_format, hold=table)
    code = 0
    try:
        trio.run(
            _run_until_signal, settings, show_on(out, table=table, log_format=options.log_format)
        )
    except* (SettingsError, CannotBind) as group:
        print(f"autoscaler: {_first(group)}", file=sys.stderr)
        code = 2
    for line in held:
        print(line, file=sys.stderr)
    return code


async def _run_until_signal(settings: AutoscalerSettings, show: Show) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_on_signal, signals, nursery.cancel_scope)
            await nursery.start(partial(serve_autoscaler, settings, show=show))


async def _cancel_on_signal(signals: AsyncIterator[int], scope: trio.CancelScope) -> None:
    async for _ in signals:
        scope.cancel()


def show_on(stream: TextIO, *, table: bool, log_format: LogFormat) -> Show:
    """What is written to `stream`: the address, then the live table or lines.

    When nobody reads `stream` any more it is turned over to /dev/null and nothing more is shown.
    """
    out = Output(stream)

    async def show(book: Autoscaler, url: str) -> None:
        try:
            await show_url(out, url)
            if table:
                size = partial(os.get_terminal_size, stream.fileno())
                await show_table(book, out, url=url, size=size, colour="NO_COLOR" not in os.environ)
            await show_changes(book, out, log_format)
        except BrokenPipeError:
            # Whoever wanted the address has it and left; serving goes on without a reader. What
            # is still buffered must not fail again when the process ends.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)

    return show


def _can_draw(out: TextIO) -> bool:
    return out.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class _Holding(logging.Handler):
    """Keeps the newest lines, because writing to stderr would tear the table."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=_HELD_RECORDS)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def _set_up_log(log_format: LogFormat, *, hold: bool) -> deque[str]:
    """Send the server's warnings to stderr: at once, or as the returned lines at the end."""
    set_up_logging("WARNING", log_format)
    holding = _Holding()
    if hold:
        root = logging.getLogger()
        holding.setFormatter(root.handlers[0].formatter)
        root.handlers[:] = [holding]
    return holding.lines


def _first(group: BaseExceptionGroup[Exception]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pyworker autoscaler",
        description="A local autoscaler that speaks the real protocol.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    add("--port", type=_port, default=8080, help="0 lets the kernel choose (default %(default)s)")
    add("--key", type=Path, metavar="FILE", help="PEM private key that outlives a restart")
    add("--endpoint", type=_name, default="local", metavar="NAME", help="default %(default)s")
    add("--api-key", type=_name, default="local-key", metavar="KEY", help="default %(default)s")
    add(
        "--form",
        choices=("auto", "A", "B", "C"),
        default="auto",
        help="signature form; auto follows the version that each worker reports",
    )
    add("--no-table", action="store_true", help="lines instead of the live table")
    add("--log-format", choices=("text", "json"), default="text", help="form of those lines")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number from 0 to 65535")
    return int(text)


def _name(text: str) -> str:
    if not text or not text.isprintable():
        raise argparse.ArgumentTypeError("must be a printable text that is not empty")
    return text
