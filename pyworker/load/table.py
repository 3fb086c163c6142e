"""The figures of a run as text. No I/O."""

from pyworker.load.samples import Spread, Summary

_BAR_WIDTH = 24
_LONGEST_EXAMPLE = 100  # characters
HEADINGS = ("mean", "p50", "p90", "p95", "p99", "max")


def figures(spread: Spread) -> tuple[float, ...]:
    """In the order of HEADINGS, seconds."""
    return (spread.mean, *spread.percentiles.values(), spread.maximum)


def rates(summary: Summary) -> str:
    """How much a second, in a few words."""
    words = [f"{summary.rate:.2f} requests/s", f"{summary.workload_rate:.1f} workload/s"]
    if summary.token_rate:
        words.append(f"{summary.token_rate:.1f} tokens/s")
    return ", ".join(words)


def spreads_table(summary: Summary) -> list[str]:
    """A line for each figure that there is, below their headings."""
    if not summary.spreads:
        return []
    head = f"{'seconds':<14}" + "".join(f"{name:>9}" for name in HEADINGS)
    rows = [
        f"{name:<14}" + "".join(f"{figure:>9.3f}" for figure in figures(spread))
        for name, spread in summary.spreads.items()
    ]
    return [head, *rows]


def table(summary: Summary) -> str:
    """All figures, for a terminal."""
    requests = "1 request" if summary.requests == 1 else f"{summary.requests} requests"
    ended = f"{requests} in {summary.seconds:.1f} s, {summary.served} good"
    lines = [f"{ended}: {rates(summary)}", "", *spreads_table(summary)]
    if summary.errors:
        lines += ["", f"{'errors':>7}   {'after p50':>9}{'p99':>9}   what"]
        for kind, failed in summary.errors.items():
            after = failed.after.percentiles
            lines.append(f"{failed.count:>7}   {after[50]:>9.3f}{after[99]:>9.3f}   {kind}")
            if failed.example:
                lines.append(f"{'':>31}{short(failed.example)}")
    if summary.workers:
        lines += ["", f"{'served':>7}   by"]
        lines += [f"{count:>7}   {url}" for url, count in summary.workers.items()]
    if summary.bottleneck:
        lines += ["", f"warning: {summary.bottleneck}"]
    return "\n".join(lines) + "\n"


def short(text: str) -> str:
    """The beginning of a text, in one printable line."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= _LONGEST_EXAMPLE else line[: _LONGEST_EXAMPLE - 3] + "..."


def bar(done: int, count: int) -> str:
    """How far it is."""
    filled = _BAR_WIDTH * done // max(count, 1)
    return f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {done}/{count}"
