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
from pyworker.load.samples import Sample, nearest_rank, spread, summarise
from pyworker.load.table import table


def test_the_figures_of_a_run() -> None:
    samples = [
        Sample(
            planned=0.0, workload=10, worker="a", total=1.0, first=0.5, gaps=[0.1, 0.2], tokens=3
        ),
        Sample(planned=1.0, workload=10, worker="a", total=3.0, first=2.0),
        Sample(planned=2.0, workload=10, total=0.1, error="status 429", told="too much"),
    ]
    summary = summarise(samples, cpu_seconds=1.0)
    assert (summary.seconds, summary.requests, summary.served) == (4.0, 3, 2)
    assert (summary.workload_rate, summary.cpu) == (5.0, 0.25)
    assert (summary.rate, summary.token_rate) == (0.5, 0.75)
    assert summary.workers == {"a": 2}
    failed = summary.errors["status 429"]
    assert (failed.count, failed.after.maximum, failed.example) == (1, 0.1, "too much")
    assert summary.latency is not None
    assert (summary.latency.mean, summary.latency.maximum) == (2.0, 3.0)
    assert summary.inter_token is not None
    assert summary.inter_token.percentiles[50] == 0.1
    figures = summary.as_json()
    assert (figures["requests_per_second"], figures["ttft"]["max"]) == (0.5, 2.0)
    assert figures["errors"]["status 429"]["count"] == 1


def test_nothing_served_is_no_figure() -> None:
    summary = summarise([Sample(planned=0, total=1, error="no connection")])
    assert (summary.latency, summary.ttft, summary.workload_rate) == (None, None, 0.0)
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
    ("cpu", "lag", "delay", "words"),
    [
        (9.5, 0.0, 0.0, "this client used 95% of a core"),
        (0.1, 0.2, 0.0, "2 of 10 requests started over 50 ms late, up to 200 ms"),
        (0.1, 0.01, 0.3, "held up 2 times for over 50 ms, up to 300 ms"),
        (0.1, 0.01, 0.01, ""),
    ],
)
def test_a_client_that_was_the_bottleneck_says_so(
    cpu: float, lag: float, delay: float, words: str
) -> None:
    samples = [Sample(planned=float(n), lag=lag * (n < 2), total=1.0) for n in range(10)]
    summary = summarise(samples, cpu_seconds=cpu, delays=[delay, delay, *[0.0] * 30])
    assert words in summary.bottleneck
    assert bool(words) == bool(summary.bottleneck)
    assert (f"warning: {summary.bottleneck}" in table(summary)) == bool(words)


def test_one_late_start_is_no_bottleneck() -> None:
    samples = [Sample(planned=float(n), lag=0.2 * (n < 1), total=1.0) for n in range(10)]
    assert summarise(samples, delays=[0.0] * 99 + [1.0]).bottleneck == ""


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
