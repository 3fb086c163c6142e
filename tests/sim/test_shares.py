"""Processor sharing: exact numbers, and what holds for every order of joining and leaving."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.sim.shares import FairShare


def test_alone_runs_at_its_own_rate_without_a_ceiling() -> None:
    share = FairShare(60.0, None)
    start = share.join(10.0)
    assert share.rate == 60.0
    assert share.progress(12.0) - start == pytest.approx(120.0)
    assert share.time_of(start + 30.0) == pytest.approx(10.5)


def test_a_ceiling_that_does_not_bind_changes_nothing() -> None:
    share = FairShare(60.0, 200.0)
    for _ in range(3):
        share.join(0.0)
    assert share.rate == 60.0


def test_a_binding_ceiling_is_split_evenly() -> None:
    share = FairShare(60.0, 100.0)
    for _ in range(4):
        share.join(0.0)
    assert share.rate == 25.0


def test_progress_keeps_what_was_made_at_another_rate() -> None:
    share = FairShare(10.0, 10.0)
    first = share.join(0.0)
    share.join(1.0)  # 10 tokens done alone, from now on 5 a second
    assert share.progress(3.0) - first == pytest.approx(20.0)
    assert share.leave(3.0) is True
    assert share.progress(4.0) - first == pytest.approx(30.0)


def test_leaving_says_whether_the_others_get_faster() -> None:
    free = FairShare(10.0, None)
    free.join(0.0)
    free.join(0.0)
    assert free.leave(1.0) is False
    shared = FairShare(10.0, 10.0)
    shared.join(0.0)
    assert shared.leave(1.0) is False, "nobody is left to get faster"


@given(
    alone=st.floats(1, 100),
    together=st.one_of(st.none(), st.floats(1, 500)),
    steps=st.lists(st.tuples(st.floats(0, 5), st.booleans()), max_size=30),
)
def test_no_order_of_joining_and_leaving_makes_or_loses_tokens(
    alone: float, together: float | None, steps: list[tuple[float, bool]]
) -> None:
    """Work done by all = rate x members x time, and it never exceeds the ceiling."""
    share = FairShare(alone, together)
    now, members, done = 0.0, 0, 0.0
    for pause, joins in steps:
        before = share.progress(now)
        per_request = share.progress(now + pause) - before
        assert per_request == pytest.approx(share.rate * pause, abs=1e-6)
        if together is not None:
            assert share.rate * members <= together + 1e-9
        done += per_request * members
        now += pause
        if joins:
            share.join(now)
            members += 1
        elif members:
            share.leave(now)
            members -= 1
        assert share.progress(now) == pytest.approx(before + per_request)
    assert done <= (together or alone * 30) * now + 1e-6
