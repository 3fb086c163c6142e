"""A run as one HTML file with its plots, that needs nothing else to be looked at. No I/O."""

import html
from collections.abc import Iterable, Mapping, Sequence
from string import Template

from pyworker.load.plots import plots
from pyworker.load.samples import Sample, Summary
from pyworker.load.svg import Plot
from pyworker.load.table import HEADINGS, figures, rates

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>$title</title><style>
:root { color-scheme: light dark; --back: #fff; --ink: #1f2328; --dim: #656d76; --rule: #d8dee4;
  --a: #0b6bcb; --b: #b35900; --c: #2b7a3d; --bad: #cf222e; --note: #fff4d6 }
@media (prefers-color-scheme: dark) { :root { --back: #14171c; --ink: #e6e9ee; --dim: #9aa4b0;
  --rule: #333b45; --a: #58a6ff; --b: #e3954b; --c: #56c271; --bad: #ff7b72; --note: #3a3117 } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 48rem; padding: 0 1rem;
  background: var(--back); color: var(--ink) }
h1 { font-size: 1.4rem; margin-bottom: .2rem } h2 { font-size: 1.05rem; margin: 2rem 0 .3rem }
p { margin: .3rem 0 } .dim, figcaption { color: var(--dim) }
.note { background: var(--note); padding: .6rem .8rem; border-radius: 4px }
figure { margin: 0 } .wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .15rem .7rem .15rem 0; text-align: right; border-bottom: 1px solid var(--rule) }
th { font-weight: 600 } th:first-child, td.text { text-align: left }
td.text { overflow-wrap: anywhere }
svg { width: 100%; height: auto; display: block } svg text { font-size: 11px; fill: var(--dim) }
.grid { stroke: var(--rule); fill: none } .axis { stroke: var(--dim); fill: none }
.a { fill: var(--a); color: var(--a) } .b { fill: var(--b); color: var(--b) }
.c { fill: var(--c); color: var(--c) } .bad { fill: var(--bad); color: var(--bad) }
.line { fill: none; stroke: currentColor; stroke-width: 1.5 } circle { fill-opacity: .7 }
</style></head><body>
<h1>$title</h1><p class="dim">$about</p>
<p>$ended</p>$note$figures$errors$workers$plots
</body></html>
""")


def page(
    title: str, summary: Summary, samples: Sequence[Sample], about: Mapping[str, str] | None = None
) -> str:
    """The whole file.

    Args:
        title: Above it.
        summary: The figures.
        samples: What is plotted.
        about: How the run was made, by name.
    """
    share = summary.served / summary.requests if summary.requests else 0.0
    ended = (
        f"{summary.requests} requests in {summary.seconds:.1f} s, {summary.served} good"
        f" ({share:.1%}): {rates(summary)}"
    )
    return _PAGE.substitute(
        title=html.escape(title),
        about=html.escape(", ".join(f"{k} {v}" for k, v in (about or {}).items())),
        ended=html.escape(ended),
        note=_note(summary.bottleneck),
        figures=_figures(summary),
        errors=_errors(summary),
        workers=_workers(summary),
        plots=_plots(summary, samples),
    )


def _note(sentence: str) -> str:
    if not sentence:
        return ""
    return f'<p class="note">{html.escape(sentence[:1].upper() + sentence[1:])}.</p>'


def _figures(summary: Summary) -> str:
    if not summary.spreads:
        return ""
    rows = ((name, *(f"{f:.3f}" for f in figures(s))) for name, s in summary.spreads.items())
    return _table("Seconds", ("", *HEADINGS), rows)


def _errors(summary: Summary) -> str:
    if not summary.errors:
        return ""
    rows = (
        (kind, str(f.count), f"{f.after.percentiles[50]:.3f}", f"{f.after.percentiles[99]:.3f}")
        for kind, f in summary.errors.items()
    )
    examples = "".join(
        f'<p class="dim">{html.escape(kind)}: {html.escape(failed.example)}</p>'
        for kind, failed in summary.errors.items()
        if failed.example
    )
    return _table("Errors", ("", "count", "after p50, s", "p99, s"), rows) + examples


def _workers(summary: Summary) -> str:
    rows = ((url, str(count)) for url, count in summary.workers.items())
    return _table("Workers", ("", "served"), rows) if summary.workers else ""


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join(
        f'<tr><td class="text">{html.escape(name)}</td>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    return f'<h2>{title}</h2><div class="wide"><table><tr>{heads}</tr>{body}</table></div>'


def _plots(summary: Summary, samples: Sequence[Sample]) -> str:
    return "".join(_figure(*each) for each in plots(summary, samples))


def _figure(title: str, plot: Plot, legend: Mapping[str, str]) -> str:
    keys = " ".join(
        f'<span class="{colour}">&#9632;</span> {html.escape(name)}'
        for name, colour in legend.items()
    )
    caption = f"<figcaption>{keys}</figcaption>" if keys else ""
    return f"<h2>{title}</h2><figure>{caption}{plot.svg(title)}</figure>"
