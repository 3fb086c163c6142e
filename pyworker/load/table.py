"""What a person sees of a run: one line while it goes on, a table when it has ended."""

import time
from typing import TextIO

import trio

from pyworker.load.drive import Run
from pyworker.load.samples import Spread, Summary, summarise

_EVERY_SECONDS = 0.5
_BAR_WIDTH = 24
# Without a terminal a line now and then, so that a log shows that it goes on.
_LINE_EVERY_SECONDS = 10.0


async def show_progress(run: Run, count: int, output: TextIO) -> None:
    """Rewrite one line until cancelled."""
    terminal = output.isatty()
    began = time.monotonic()
    while True:
        await trio.sleep(_EVERY_SECONDS if terminal else _LINE_EVERY_SECONDS)
        line = progress(run, count, time.monotonic() - began)
        output.write(f"\r\x1b[K{line}" if terminal else f"{line}\n")
        output.flush()


def progress(run: Run, count: int, seconds: float) -> str:
    """One line: how far it is."""
    done = len(run.samples)
    filled = round(_BAR_WIDTH * done / max(count, 1))
    so_far = summarise(run.samples)
    bar = "#" * filled + "." * (_BAR_WIDTH - filled)
    parts = [
        f"[{bar}] {done}/{count}",
        f"{seconds:.0f} s",
        f"{run.in_flight} in flight",
        f"{so_far.served} good",
        f"{done - so_far.served} failed",
    ]
    if so_far.total is not None:
        parts.append(f"p50 {so_far.total.percentiles[50]:.2f} s")
    return ", ".join(parts)


def table(summary: Summary) -> str:
    """All figures, for a terminal."""
    rate = summary.served / summary.seconds if summary.seconds > 0 else 0.0
    sent = f"{summary.requests} requests in {summary.seconds:.1f} s"
    lines = [
        f"{sent}: {summary.served} good ({rate:.2f}/s, {summary.workload_rate:.1f} workload/s)",
        "",
        f"{'seconds':<18}{'mean':>9}{'p50':>9}{'p90':>9}{'p95':>9}{'p99':>9}{'max':>9}",
    ]
    rows = (
        ("total", summary.total),
        ("first byte", summary.first),
        ("between pieces", summary.gap),
        ("until routed", summary.routed),
        ("late start", summary.lag),
    )
    lines += [_row(name, spread) for name, spread in rows if spread is not None]
    if summary.errors:
        lines += ["", "errors"]
        lines += [f"  {count:>6}  {kind}" for kind, count in summary.errors.items()]
    if summary.workers:
        lines += ["", "workers"]
        lines += [f"  {count:>6}  {url}" for url, count in summary.workers.items()]
    if summary.bottleneck:
        lines += ["", f"warning: {summary.bottleneck}"]
    return "\n".join(lines) + "\n"


def _row(name: str, spread: Spread) -> str:
    figures = (spread.mean, *spread.percentiles.values(), spread.maximum)
    return f"{name:<18}" + "".join(f"{figure:>9.3f}" for figure in figures)
