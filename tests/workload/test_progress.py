"""The bar: nothing for what is soon done, ten times a second at most, and the line given back."""

import io

from pyworker.workload.progress import Progress

MIB = 1024 * 1024
CLEAR = "\r\x1b[K"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def read(out: io.StringIO, clock: Clock, progress: Progress, seconds: float) -> list[str]:
    """Reads 1 MiB every 10 ms; what was drawn, each time."""
    before = len(out.getvalue())
    for _ in range(round(seconds * 100)):
        clock.now += 0.01
        progress.add(MIB)
    return out.getvalue()[before:].split(CLEAR)[1:]


def test_what_is_soon_done_draws_nothing() -> None:
    out, clock = io.StringIO(), Clock()
    with Progress(out, 100 * MIB, shown=True, clock=clock) as progress:
        assert read(out, clock, progress, 0.45) == []
    assert out.getvalue() == ""


def test_it_tells_how_far_it_is_ten_times_a_second_and_clears_its_line() -> None:
    out, clock = io.StringIO(), Clock()
    with Progress(out, 200 * MIB, shown=True, clock=clock) as progress:
        assert read(out, clock, progress, 0.48) == []
        drawn = read(out, clock, progress, 1.0)
        assert 9 <= len(drawn) <= 11
        assert drawn[-1].startswith("[#################")
        assert drawn[-1].endswith(" of 200.0 MiB, 100.0 MiB/s")
    assert out.getvalue().endswith(CLEAR)


def test_without_a_total_it_tells_what_was_read() -> None:
    out, clock = io.StringIO(), Clock()
    with Progress(out, 0, shown=True, clock=clock) as progress:
        drawn = read(out, clock, progress, 0.55)
        assert [text.split(",")[1] for text in drawn] == [" 100.0 MiB/s"]


def test_after_it_was_cleared_it_is_drawn_anew() -> None:
    out, clock = io.StringIO(), Clock()
    progress = Progress(out, 0, shown=True, clock=clock)
    assert read(out, clock, progress, 0.6)
    progress.clear()
    length = len(out.getvalue())
    progress.clear()
    assert len(out.getvalue()) == length
    assert read(out, clock, progress, 0.2)


def test_it_is_shown_to_nobody_who_does_not_look() -> None:
    out, clock = io.StringIO(), Clock()
    with Progress(out, 0, shown=False, clock=clock) as progress:
        read(out, clock, progress, 5)
    assert out.getvalue() == ""


def test_a_text_that_takes_a_while_is_named_and_a_small_one_is_not() -> None:
    out, clock = io.StringIO(), Clock()
    with Progress(out, 0, shown=True, clock=clock) as progress:
        progress.counting(MIB)
        assert out.getvalue() == ""
        progress.counting(5 * MIB)
        assert out.getvalue() == CLEAR + "counting 5.0 MiB"
    assert out.getvalue().endswith(CLEAR)
    with Progress(out := io.StringIO(), 0, shown=False, clock=clock) as progress:
        progress.counting(5 * MIB)
    assert out.getvalue() == ""
