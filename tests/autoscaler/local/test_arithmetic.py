import math

from hypothesis import given
from hypothesis import strategies as st

from pyworker.autoscaler.local.arithmetic import ExactSum, Newest, RollingAverage

_AMOUNTS = st.floats(0, 2**53) | st.integers(0, 2**53)


@given(st.lists(_AMOUNTS))
def test_a_sum_is_what_fsum_gives(amounts: list[float]):
    total = ExactSum()
    for amount in amounts:
        total.add(amount)
    assert float(total) == math.fsum(amounts)


@given(st.lists(_AMOUNTS), st.lists(_AMOUNTS))
def test_what_is_taken_away_leaves_no_trace(stay: list[float], leave: list[float]):
    total = ExactSum()
    for amount in leave + stay:
        total.add(amount)
    for amount in reversed(leave):
        total.subtract(amount)
    assert float(total) == math.fsum(stay)


def test_ten_tenths_are_one():
    total = ExactSum()
    for _ in range(10):
        total.add(0.1)
    assert float(total) == 1.0
    assert repr(total) == "<ExactSum 1.0>"


def test_an_average_moves_by_the_time_that_passed():
    average = RollingAverage(10.0)
    assert float(average) == 0.0
    average.add(100.0, 0.0)
    assert float(average) == 100.0  # the first value needs no time
    average.add(0.0, 0.0)
    assert float(average) == 100.0
    average.add(0.0, 10.0)
    assert math.isclose(float(average), 100 / math.e)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers())), st.integers(1, 5))
def test_the_newest_entries_stay(puts: list[tuple[int, int]], most: int):
    newest: Newest[int, int] = Newest(most)
    expected: dict[int, int] = {}
    for key, value in puts:
        expected.pop(key, None)
        expected[key] = value
        left = newest.put(key, value)
        if len(expected) > most:
            assert left == expected.pop(next(iter(expected)))
        else:
            assert left is None
    assert list(newest.values()) == list(expected.values())
    assert newest.oldest() == next(iter(expected.items()), None)
    assert len(newest) == len(expected)
    assert all(key in newest and newest.get(key) == expected[key] for key in expected)
