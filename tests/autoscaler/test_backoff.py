"""Pauses double up to a limit, and no two workers pause alike."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.autoscaler.backoff import FIRST_SECONDS, LONGEST_SECONDS, Backoff

WHOLE_PAUSES = [1, 2, 4, 8, 16, 30, 30, 30]


def test_pauses_double_up_to_half_a_minute() -> None:
    backoff = Backoff()
    for whole in WHOLE_PAUSES:
        assert whole / 2 <= backoff.next() <= whole


@given(failures=st.integers(0, 10**9))
def test_however_long_it_fails_a_pause_helps_and_ends(failures: int) -> None:
    pause = Backoff(failures).next()
    assert FIRST_SECONDS / 2 <= pause <= LONGEST_SECONDS


def test_success_starts_anew() -> None:
    backoff = Backoff()
    for _ in range(6):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= FIRST_SECONDS


@pytest.mark.parametrize("failures", [0, 3, 20])
def test_workers_that_failed_together_come_back_apart(failures: int) -> None:
    pauses = sorted(Backoff(failures).next() for _ in range(1000))
    # Half of the whole pause is random: a thousand workers fill that half evenly enough.
    assert pauses[-1] - pauses[0] > 0.4 * pauses[-1]
    assert max(b - a for a, b in pairwise(pauses)) < 0.05 * pauses[-1]
