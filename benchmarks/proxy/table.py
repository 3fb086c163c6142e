"""The result as a table for people and as JSON for machines."""

import os
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.proxy.cases import Figure, figures
from benchmarks.proxy.measure import Samples
from benchmarks.proxy.spec import Result

# Above this share of a core the load generator or the model may be what limits a figure.
BUSY = 0.9
# So may a model whose timer ran this late: the machine had no time for it.
LATE_MS = 100.0


def cell(results: list[Result], figure: Figure) -> str:
    """Median and range of one figure, or why there is none."""
    errors = sum(result.errors for result in results)
    if errors:
        return f"invalid ({errors} errors)"
    values = [result.figures[figure.key] for result in results if figure.key in result.figures]
    if not values:
        return "-"
    text = f"{statistics.median(values):,.{figure.digits}f}"
    if figure.limited and any(_strained(result) for result in results):
        text += "*"
    if len(values) > 1:
        text += f" [{min(values):,.{figure.digits}f}-{max(values):,.{figure.digits}f}]"
    return text


def _strained(result: Result) -> bool:
    busiest = max(result.figures.get(who, 0.0) for who in ("load_busy", "model_busy"))
    return busiest > BUSY or result.figures.get("model_latest_tick_ms", 0.0) > LATE_MS


def median(results: list[Result], figure: Figure) -> float | None:
    """The median of one figure, or None when it is missing or invalid."""
    if any(result.errors for result in results):
        return None
    values = [result.figures[figure.key] for result in results if figure.key in result.figures]
    return statistics.median(values) if values else None


def ratio(samples: Samples, figure: Figure, name: str, other: str) -> str:
    """One server's median over another's."""
    by_name = samples.by_case[figure.case]
    ours, theirs = (median(by_name.get(who, []), figure) for who in (name, other))
    return f"{ours / theirs:.2f}x" if ours is not None and theirs else "-"


def table(samples: Samples, names: Sequence[str]) -> str:
    """All figures of all servers; the first server's ratio to each of the others."""
    rows = [["median [min-max]", *names, *(f"/ {other}" for other in names[1:])]]
    shown = [figure for figure in figures() if figure.case in samples.by_case]
    for figure in shown:
        by_name = samples.by_case[figure.case]
        rows.append(
            [
                figure.label + (" (more is better)" if figure.higher_is_better else ""),
                *(cell(by_name.get(name, []), figure) for name in names),
                *(ratio(samples, figure, names[0], other) for other in names[1:]),
            ]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "-" * len(lines[0]))
    if any("*" in cell for row in rows[1:] for cell in row):
        lines.append("* the load generator or the model stand-in was short of CPU in a round:")
        lines.append("  it may be what limits this figure.")
    lines += _others(samples)
    lines += _errors(samples)
    return "\n".join(lines)


def _line(row: list[str], widths: list[int]) -> str:
    first = row[0].ljust(widths[0])
    rest = (text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))
    return "  ".join([first, *rest])


def _others(samples: Samples) -> list[str]:
    shares = [
        result.figures["others_busy"]
        for by_name in samples.by_case.values()
        for results in by_name.values()
        for result in results
        if "others_busy" in result.figures
    ]
    if not shares:
        return []
    middle, most = statistics.median(shares), max(shares)
    cores = os.cpu_count()
    return [f"CPU of all others meanwhile: median {middle:.2f} of {cores} cores, most {most:.2f}."]


def _errors(samples: Samples) -> list[str]:
    return [
        f"error in {case}, {name}: {example}"
        for case, by_name in samples.by_case.items()
        for name, results in by_name.items()
        for example in {text for result in results for text in result.examples}
    ]


def machine() -> dict[str, str | int]:
    """Where and when this was measured."""
    models = {
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    }
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpu": ", ".join(sorted(models)),
        "cpus": os.cpu_count() or 0,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def as_json(samples: Samples) -> dict[str, object]:
    """Every result of every round, and the machine."""
    return {
        "machine": machine(),
        "cases": {
            case: {
                name: [
                    {"figures": r.figures, "errors": r.errors, "examples": r.examples}
                    for r in results
                ]
                for name, results in by_name.items()
            }
            for case, by_name in samples.by_case.items()
        },
    }
