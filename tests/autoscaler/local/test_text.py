import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.autoscaler.local.text import clip, columns, number, paint, printable, seconds


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.123456, "0.123"),
        (12.5, "12.5"),
        (99.96, "100"),
        (850, "850"),
        (9999.4, "9999"),
        (12_400, "12.4k"),
        (512_000, "512k"),
        (3_200_000, "3.2M"),
        (2**53, "9.01P"),
    ],
)
def test_numbers_are_short(value: float, shown: str):
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0.0s"), (0.44, "0.4s"), (9.96, "10s"), (99, "99s"), (303, "5m03"), (7500, "2h05")],
)
def test_durations_are_short(value: float, shown: str):
    assert seconds(value) == shown


@given(st.floats(0, 2**53))
def test_no_number_is_wider_than_its_column(value: float):
    assert len(number(value)) <= 7


@given(st.floats(0, 8e7))
def test_no_duration_is_wider_than_its_column(value: float):
    assert len(seconds(value)) <= 6


def test_what_a_terminal_would_obey_is_taken_out():
    assert printable("a\x1b[2J\r\nb\x00\u202e") == "a [2J  b"


@given(st.text(), st.integers(0, 30))
def test_a_clipped_text_fits(text: str, width: int):
    clipped = clip(text, width)
    assert columns(clipped) <= width
    assert clipped == text or columns(text) > width


def test_wide_letters_take_two_columns():
    assert columns("模型") == 4
    assert clip("模型", 3) == "模…"
    assert columns("e\u0301") == 1


def test_paint_is_left_off_where_there_is_no_colour():
    assert paint("x", "red", False) == "x"
    assert paint("x", "plain", True) == "x"
    assert paint("x", "red", True) == "\x1b[31mx\x1b[0m"
