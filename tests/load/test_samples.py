"""The figures of a load test, from its samples; when the requests start."""

import random
import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.client import AnswerBroken, ClientError, NoWorker, Refused, Unavailable
from pyworker.load.arrivals import fixed, poisson
from pyworker.load.drive import kind_of
from pyworker.load.html import page
from pyworker.load.samples import Sample, nearest_rank, spread, summarise
from pyworker.load.table import table


def test_the_figures_of_a_run() -> None:
    samples = [
        Sample(planned=0.0, workload=10, worker="a", total=1.0, first=0.5, gaps=[0.1, 0.2]),
        Sample(planned=1.0, workload=10, worker="a", total=3.0, first=2.0),
        Sample(planned=2.0, workload=10, total=0.1, error="status 429"),
    ]
    summary = summarise(samples, cpu_seconds=1.0)
    assert (summary.seconds, summary.requests, summary.served) == (4.0, 3, 2)
    assert (summary.workload_rate, summary.cpu) == (5.0, 0.25)
    assert (summary.errors, summary.workers) == ({"status 429": 1}, {"a": 2})
    assert summary.total is not None
    assert (summary.total.mean, summary.total.maximum) == (2.0, 3.0)
    assert summary.gap is not None
    assert summary.gap.percentiles[50] == 0.1
    assert summary.as_json()["requests_per_second"] == 0.5


def test_nothing_served_is_no_figure() -> None:
    summary = summarise([Sample(planned=0, total=1, error="no connection")])
    assert (summary.total, summary.first, summary.workload_rate) == (None, None, 0.0)
    assert "no connection" in table(summary)
    assert summarise([]).seconds == 0


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200), st.integers(1, 100))
def test_a_percentile_is_a_value_that_so_many_do_not_pass(
    values: list[float], percent: int
) -> None:
    ordered = sorted(values)
    index = nearest_rank(percent, len(ordered))
    assert index + 1 >= percent / 100 * len(ordered)
    assert index < percent / 100 * len(ordered)


def test_the_spread_of_known_values() -> None:
    found = spread([float(n) for n in range(1, 101)])
    assert found is not None
    assert found.percentiles == {50: 50.0, 90: 90.0, 95: 95.0, 99: 99.0}
    assert (found.mean, found.maximum) == (50.5, 100.0)


@pytest.mark.parametrize(
    ("cpu", "lag", "words"), [(9.5, 0.0, "of a core"), (0.1, 0.2, "late"), (0.1, 0.01, "")]
)
def test_a_client_that_was_the_bottleneck_says_so(cpu: float, lag: float, words: str) -> None:
    samples = [Sample(planned=float(n), lag=lag, total=1.0) for n in range(10)]
    summary = summarise(samples, cpu_seconds=cpu)
    assert words in summary.bottleneck
    assert bool(words) == bool(summary.bottleneck)
    assert (f"warning: {summary.bottleneck}" in table(summary)) == bool(words)


def test_arrivals() -> None:
    assert list(fixed(4, 2.0)) == [0.0, 0.5, 1.0, 1.5]
    starts = list(poisson(4000, 2.0, random.Random(1)))
    assert starts == sorted(starts)
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert statistics.fmean(gaps) == pytest.approx(0.5, rel=0.1)
    assert statistics.pstdev(gaps) == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NoWorker("x"), "no worker"),
        (AnswerBroken("x"), "answer broke off"),
        (Refused(422, b""), "status 422"),
        (Unavailable("x", 429), "status 429"),
        (Unavailable("x", 0), "no connection"),
    ],
)
def test_errors_are_counted_under_a_few_words(error: ClientError, kind: str) -> None:
    assert kind_of(error) == kind


@given(st.lists(st.builds(Sample, planned=st.floats(0, 100), total=st.floats(0, 100)), max_size=30))
def test_the_report_is_one_file_that_asks_for_nothing(samples: list[Sample]) -> None:
    text = page("a <b> title", summarise(samples), samples)
    assert "a &lt;b&gt; title" in text
    assert text.count("<circle") == len(samples)
    assert "http" not in text
    assert "nan" not in text.lower()
