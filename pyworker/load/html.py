"""A run as one HTML file with its plots, that needs nothing else to be looked at."""

import html
from collections.abc import Sequence

from pyworker.load.samples import Sample, Summary, nearest_rank
from pyworker.load.table import table

_WIDTH, _HEIGHT, _MARGIN = 720, 260, 48
# More points than pixels say nothing more.
_MOST_POINTS = 2000

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 46rem; color: #222 }}
pre {{ background: #f6f6f4; padding: 1rem; overflow-x: auto }}
svg {{ width: 100%; height: auto; margin: .5rem 0 1.5rem }}
.axis {{ stroke: #999; fill: none }} text {{ font-size: 11px; fill: #555 }}
.good {{ fill: #2a6f97 }} .bad {{ fill: #c1121f }} .line {{ fill: none; stroke: #2a6f97 }}
</style></head><body><h1>{title}</h1><pre>{table}</pre>
<h2>Total time of each request, by its planned start</h2>{scatter}
<h2>Share of good requests that took at most so long</h2>{cumulative}
</body></html>
"""


def page(title: str, summary: Summary, samples: Sequence[Sample]) -> str:
    """The whole file."""
    return _PAGE.format(
        title=html.escape(title),
        table=html.escape(table(summary)),
        scatter=_scatter(samples),
        cumulative=_cumulative([s.total for s in samples if not s.error]),
    )


def _scatter(samples: Sequence[Sample]) -> str:
    step = max(len(samples) // _MOST_POINTS, 1)
    shown = samples[::step]
    right = max((s.planned for s in shown), default=0.0) or 1.0
    top = max((s.total for s in shown), default=0.0) or 1.0
    dots = "".join(
        f'<circle r="2.5" class="{"bad" if s.error else "good"}"'
        f' cx="{_x(s.planned / right):.1f}" cy="{_y(s.total / top):.1f}"/>'
        for s in shown
    )
    return _plot(dots, right=f"{right:.1f} s", top=f"{top:.2f} s")


def _cumulative(totals: Sequence[float]) -> str:
    ordered = sorted(totals)
    right = ordered[-1] if ordered else 1.0
    points = " ".join(
        f"{_x(ordered[nearest_rank(percent, len(ordered))] / (right or 1.0)):.1f},"
        f"{_y(percent / 100):.1f}"
        for percent in range(1, 101)
        if ordered
    )
    return _plot(f'<polyline class="line" points="{points}"/>', right=f"{right:.2f} s", top="100 %")


def _plot(content: str, *, right: str, top: str) -> str:
    bottom = _HEIGHT - _MARGIN
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
        f'<path class="axis" d="M{_MARGIN} 8V{bottom}H{_WIDTH - 8}"/>'
        f'<text x="{_MARGIN - 6}" y="16" text-anchor="end">{html.escape(top)}</text>'
        f'<text x="{_MARGIN - 6}" y="{bottom}" text-anchor="end">0</text>'
        f'<text x="{_WIDTH - 8}" y="{bottom + 16}" text-anchor="end">{html.escape(right)}</text>'
        f"{content}</svg>"
    )


def _x(share: float) -> float:
    return _MARGIN + share * (_WIDTH - _MARGIN - 8)


def _y(share: float) -> float:
    return _HEIGHT - _MARGIN - share * (_HEIGHT - _MARGIN - 8)
