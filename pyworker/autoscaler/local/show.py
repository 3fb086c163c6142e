"""What a person sees while it runs: the live table on a terminal, else a line for each change of a
worker's state.
"""

import json
import os
from collections.abc import Callable
from typing import Literal, NoReturn, TextIO

import trio

from pyworker.autoscaler.local.state import Autoscaler, Change
from pyworker.autoscaler.local.table import Look, frame
from pyworker.autoscaler.local.text import printable

LogFormat = Literal["text", "json"]

# Seconds; faster than this nobody reads numbers.
_PERIOD = 1.0
_UNKNOWN_SIZE = (80, 24)
# The terminal's second screen keeps what was on it before; the cursor would only flicker.
_ENTER = "\x1b[?1049h\x1b[?25l"
_LEAVE = "\x1b[?25h\x1b[?1049l"
_HOME = "\x1b[H"
_CLEAR_LINE = "\x1b[K"
_CLEAR_BELOW = "\x1b[J"


class Output:
    """A text stream that can be written to without holding up everything else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    async def write(self, text: str) -> None:
        """Write from a thread, because a paused terminal or a full pipe blocks.

        Raises:
            BrokenPipeError: Nobody reads it any more.
        """
        await trio.to_thread.run_sync(self.write_now, text, abandon_on_cancel=True)

    def write_now(self, text: str) -> None:
        """Write from here; for last words, when nothing else may run first."""
        self._stream.write(text)
        self._stream.flush()


async def show_url(out: Output, url: str) -> None:
    """Write the one line that scripts wait for; it is the same in every format."""
    await out.write(f"autoscaler: listening on {url}\n")


async def show_changes(book: Autoscaler, out: Output, log_format: LogFormat) -> NoReturn:
    """Write one line for each change of a worker's state, for ever.

    Raises:
        BrokenPipeError: Nobody reads `out` any more.
    """
    line = _json_line if log_format == "json" else _text_line
    while True:
        for change in book.take_changes(trio.current_time()):
            await out.write(line(book, change) + "\n")
        await trio.sleep(_PERIOD)


async def show_table(
    book: Autoscaler, out: Output, *, url: str, size: Callable[[], os.terminal_size], colour: bool
) -> NoReturn:
    """Draw the table once a second, for ever.

    Resource handling: the terminal is given back as it was when this is cancelled, with the last
    picture below what it showed before.
    """
    lines: list[str] = []
    await out.write(_ENTER)
    try:
        while True:
            columns, rows = size()
            if columns <= 0 or rows <= 0:  # some terminals do not say
                columns, rows = _UNKNOWN_SIZE
            # The last column and line stay free: writing there scrolls some terminals.
            look = Look(max(columns - 1, 20), max(rows - 1, 8), colour)
            lines = frame(book, trio.current_time(), url=url, look=look)
            await out.write(_picture(lines))
            await trio.sleep(_PERIOD)
    finally:
        out.write_now(_LEAVE + "".join(f"{line}\n" for line in lines))


def _picture(lines: list[str]) -> str:
    return _HOME + f"{_CLEAR_LINE}\n".join(lines) + _CLEAR_LINE + _CLEAR_BELOW


def _text_line(book: Autoscaler, change: Change) -> str:
    before = "new" if change.before is None else change.before
    return f"autoscaler: worker {change.worker_id}: {before} -> {change.after}{_why(book, change)}"


def _why(book: Autoscaler, change: Change) -> str:
    worker = book.workers.get(change.worker_id)
    if worker is None or worker.report is None:
        return ""
    report = worker.report
    if change.after == "error":
        return f" ({printable(report.error_msg)})"
    if change.after == "silent":
        return f" (last report {change.at - worker.report_at:.0f} s ago)"
    version = report.version or "none"
    return f" (version {version}, max_perf {report.max_perf:g}/s, {printable(report.url)})"


def _json_line(book: Autoscaler, change: Change) -> str:
    worker = book.workers.get(change.worker_id)
    report = None if worker is None else worker.report
    return json.dumps(
        {
            "time": book.epoch + change.at,
            "event": "worker_state",
            "worker": change.worker_id,
            "before": change.before,
            "after": change.after,
            "version": None if report is None else report.version,
            "max_perf": None if report is None else report.max_perf,
            "error_msg": "" if report is None else report.error_msg,
            "url": "" if report is None else report.url,
        }
    )
