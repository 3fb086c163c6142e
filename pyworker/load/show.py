"""What a person sees while a run goes on: a live table on a terminal, else a line now and then."""

import os
import shutil
from collections.abc import Callable
from typing import NoReturn, TextIO

import trio

from pyworker.load.drive import Run
from pyworker.load.samples import summarise
from pyworker.load.table import bar, spreads_table

# Faster than this nobody reads numbers, and drawing is work that the run is measured with.
_EVERY_SECONDS = 1.0
# Without a terminal, so that a log shows that it goes on.
_LINE_EVERY_SECONDS = 10.0
# What the live figures are over: enough for a percentile, few enough to sort each second.
_RECENT = 200
_CLEAR_BELOW = "\x1b[J"


async def show_progress(run: Run, count: int, output: TextIO) -> NoReturn:
    """Show it until cancelled.

    Resource handling: a terminal is left as it was before.
    """
    began = trio.current_time()
    if not output.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        while True:
            await trio.sleep(_LINE_EVERY_SECONDS)
            await _write(output, head(run, count, trio.current_time() - began) + "\n")
    drawn = 0
    try:
        while True:
            await trio.sleep(_EVERY_SECONDS)
            lines = picture(run, count, trio.current_time() - began, shutil.get_terminal_size)
            text = _back_over(drawn) + "".join(f"{line}\n" for line in lines)
            drawn = len(lines)
            await _write(output, text)
    finally:
        # From here, since nothing else may run first any more.
        output.write(_back_over(drawn))
        output.flush()


def picture(
    run: Run, count: int, seconds: float, size: Callable[[], os.terminal_size]
) -> list[str]:
    """The bar, the figures over the newest requests, and what fails, within the terminal."""
    recent = summarise(run.samples[-_RECENT:])
    lines = [head(run, count, seconds)]
    if table := spreads_table(recent):
        lines += ["", *table]
    if run.errors:
        lines += ["", *(f"{number:>7}   {kind}" for kind, number in run.errors.most_common())]
    columns, rows = size()
    # The last column and line stay free: writing there scrolls some terminals.
    return [line[: max(columns - 1, 20)] for line in lines[: max(rows - 1, 2)]]


def head(run: Run, count: int, seconds: float) -> str:
    """One line: how far it is."""
    done, failed = len(run.samples), run.errors.total()
    good = done - failed
    rate = good / seconds if seconds > 0 else 0.0
    return (
        f"{bar(done, count)}, {seconds:.0f} s, {run.in_flight} in flight,"
        f" {good} good ({rate:.2f}/s), {failed} failed"
    )


def _back_over(lines: int) -> str:
    return (f"\x1b[{lines}F" if lines else "\r") + _CLEAR_BELOW


async def _write(output: TextIO, text: str) -> None:
    # From a thread, because a paused terminal or a full pipe blocks.
    def write() -> None:
        output.write(text)
        output.flush()

    await trio.to_thread.run_sync(write, abandon_on_cancel=True)
