"""The report of a load test as HTML, and its plots: what is drawn, and that nothing is fetched."""

import math
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.load.html import page
from pyworker.load.samples import Sample, summarise
from pyworker.load.svg import Axis, number

SECONDS = st.floats(0, 1e4)


def sample(planned: float, lag: float, after: float, gaps: list[float], error: str) -> Sample:
    """A request that ended after it started."""
    return Sample(
        planned=planned,
        lag=lag,
        first=lag,
        total=lag + after,
        gaps=gaps,
        error=error,
        told="<b>&",
        worker="http://10.0.0.1:3000",
    )


SAMPLES = st.builds(
    sample,
    SECONDS,
    SECONDS,
    SECONDS,
    st.lists(SECONDS, max_size=3),
    st.sampled_from(["", "status 429", "<script>"]),
)


class Tags(HTMLParser):
    """All start tags of a page, and that they are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(st.lists(SAMPLES, max_size=30))
def test_the_report_is_one_file_that_asks_for_nothing(samples: list[Sample]) -> None:
    text = page("a <b> title", summarise(samples), samples, {"to": "<i>"})
    tags = Tags(text)
    assert tags.open == []
    assert "a &lt;b&gt; title" in text
    assert "to &lt;i&gt;" in text
    names = {name for name, _ in tags.found}
    assert not names & {"script", "link", "img", "iframe", "b", "i"}
    assert not {"src", "href"} & {key for _, attributes in tags.found for key in attributes}
    assert "url(" not in text
    assert "@import" not in text
    assert text.count("<circle") == len(samples)
    drawn = " ".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    assert not re.search(r"\b(nan|inf)\b", drawn)


@given(st.lists(SAMPLES, min_size=1, max_size=30))
def test_all_that_is_drawn_is_within_its_plot(samples: list[Sample]) -> None:
    tags = Tags(page("title", summarise(samples), samples))
    points = [
        (float(a["cx"] or ""), float(a["cy"] or "")) for tag, a in tags.found if tag == "circle"
    ]
    for tag, attributes in tags.found:
        if tag == "polyline":
            for point in (attributes["points"] or "").split():
                x, y = point.split(",")
                points.append((float(x), float(y)))
    assert all(0 <= x <= 720 and 0 <= y <= 260 for x, y in points)


def test_streams_have_plots_of_their_tokens() -> None:
    streamed = [Sample(planned=0.0, total=1.0, first=0.2, gaps=[0.1, 0.2], tokens=3)]
    whole = [Sample(planned=0.0, total=1.0, first=1.0)]
    assert "Share of tokens" in page("t", summarise(streamed), streamed)
    assert "Share of tokens" not in page("t", summarise(whole), whole)


@given(st.floats(1e-9, 1e9), st.booleans())
def test_an_axis_has_few_round_steps_and_reaches_the_largest(highest: float, whole: bool) -> None:
    axis = Axis("x", highest, whole=whole)
    assert axis.ticks[0] == 0
    assert axis.ticks[-1] >= highest * (1 - 1e-9)
    assert 2 <= len(axis.ticks) <= 9
    step = axis.ticks[1]
    digits = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(digits - round_one) for round_one in (1, 2, 5, 10)) < 1e-6
    assert not whole or step >= 1


@pytest.mark.parametrize("highest", [0.0, 5e-324, -1.0, math.nan, math.inf])
def test_an_axis_of_nothing_is_one_all_the_same(highest: float) -> None:
    assert Axis("x", highest).ticks[-1] == 1.0


def test_a_tick_is_without_the_noise_of_its_last_digits() -> None:
    assert [number(value) for value in (0.30000000000000004, 2.0, 1500.0)] == ["0.3", "2", "1500"]
