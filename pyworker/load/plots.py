"""The plots of a run. No I/O."""

import math
from collections.abc import Iterator, Mapping, Sequence

from pyworker.load.samples import Sample, Summary, nearest_rank
from pyworker.load.svg import Axis, Plot, Point

# More points than pixels say nothing more.
_MOST_POINTS = 2000
_MOST_BARS = 60
# A plot needs no more of a sorted million than each thousandth.
_SHARES = [tenths / 10 for tenths in range(1, 1001)]

# Colours by what they stand for; classes of the page's style sheet.
_KINDS = {"good": "a", "failed": "bad"}


def plots(
    summary: Summary, samples: Sequence[Sample]
) -> Iterator[tuple[str, Plot, Mapping[str, str]]]:
    """Each with its title and its legend."""
    if not samples:
        return
    good = [sample for sample in samples if not sample.error]
    yield "Latency of each request, by its planned start", _latencies(samples), _KINDS
    times = {"latency": [sample.total for sample in good]}
    if summary.inter_token is not None:
        times["TTFT"] = [sample.first for sample in good]
    legend = dict(zip(times, "ab", strict=False))
    yield "Share of good answers within a time", _cumulative(times, "s", legend), legend
    if summary.inter_token is not None:
        gaps = {"": [gap * 1000 for sample in good for gap in sample.gaps]}
        title = "Share of tokens that came within a time of the one before"
        yield title, _cumulative(gaps, "ms", {"": "b"}), {}
    yield "Answers a second", _answers(samples, summary.seconds), _KINDS
    yield "Requests in flight", _in_flight(samples, summary.seconds), {}


def _latencies(samples: Sequence[Sample]) -> Plot:
    shown = samples[:: max(len(samples) // _MOST_POINTS, 1)]
    plot = Plot(
        Axis("planned start, s", max(sample.planned for sample in shown)),
        Axis("latency, s", max(sample.total for sample in shown)),
    )
    plot.dots([(s.planned, s.total) for s in shown if not s.error], _KINDS["good"])
    plot.dots([(s.planned, s.total) for s in shown if s.error], _KINDS["failed"])
    return plot


def _cumulative(
    values: Mapping[str, Sequence[float]], unit: str, colours: Mapping[str, str]
) -> Plot:
    ordered = {name: sorted(each) for name, each in values.items() if each}
    highest = max((each[-1] for each in ordered.values()), default=0.0)
    plot = Plot(Axis(unit, highest), Axis("%", 100.0))
    for name, each in ordered.items():
        points = [(each[nearest_rank(share, len(each))], share) for share in _SHARES]
        plot.line([(0.0, 0.0), (each[0], 0.0), *points], colours[name])
    return plot


def _answers(samples: Sequence[Sample], seconds: float) -> Plot:
    # Whole seconds, so that one answer is not a rate of ten.
    width = max(math.ceil(seconds / _MOST_BARS), 1)
    count = max(math.ceil(seconds / width), 1)
    good, failed = [0] * count, [0] * count
    for sample in samples:
        bar = min(int((sample.planned + sample.total) / width), count - 1)
        (failed if sample.error else good)[bar] += 1
    both = list(zip(good, failed, strict=True))
    plot = Plot(Axis("s", count * width), Axis("1/s", max(map(sum, both)) / width))
    for number, (served, lost) in enumerate(both):
        left, right = number * width, (number + 1) * width
        middle, top = served / width, (served + lost) / width
        if served:
            plot.bar((left, right), (0.0, middle), _KINDS["good"])
        if lost:
            plot.bar((left, right), (middle, top), _KINDS["failed"])
    return plot


def _in_flight(samples: Sequence[Sample], seconds: float) -> Plot:
    changes = sorted(
        [(s.planned + s.lag, 1) for s in samples] + [(s.planned + s.total, -1) for s in samples]
    )
    width = (seconds or 1.0) / _MOST_POINTS
    # Where many changes fall on one place of the plot, its peak and its end are shown.
    places: dict[int, tuple[int, int]] = {}
    running = 0
    for at, change in changes:
        running += change
        place = int(at / width)
        peak, _ = places.get(place, (running, running))
        places[place] = max(peak, running), running
    points: list[Point] = [(0.0, 0.0)]
    for place, (peak, end) in places.items():
        x = place * width
        points += [(x, points[-1][1]), (x, peak), (x, end)]
    most = max(peak for peak, _ in places.values())
    plot = Plot(Axis("s", seconds), Axis("requests", most, whole=True))
    plot.line(points, "c")
    return plot
