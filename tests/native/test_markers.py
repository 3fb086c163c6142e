"""The marker matcher through two doors: the compiled one, and a plain-Python twin as its oracle."""

import re
from collections.abc import Callable, Sequence
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyworker._native import MarkerSet

Hits = list[tuple[int, int, int]]
Door = Callable[[Sequence[bytes], bytes], Hits]


def twin(patterns: Sequence[bytes], lines: bytes) -> Hits:
    """The contract, word for word: for each line try every pattern in order."""
    hits: Hits = []
    for line in re.finditer(rb"[^\n\r]+", lines):
        found = [index for index, pattern in enumerate(patterns) if pattern in line[0]]
        if found:
            hits.append((found[0], line.start(), line.end()))
    return hits


def native(patterns: Sequence[bytes], lines: bytes) -> Hits:
    return MarkerSet(patterns).scan(lines)


@pytest.fixture(params=[native, twin])
def scan(request: pytest.FixtureRequest) -> Door:
    return cast("Door", request.param)


def test_the_lowest_index_wins_in_each_line(scan: Door) -> None:
    patterns = [b"Error", b"Connected"]
    log = b"Connected, Error\nError, Connected\nno\nConnected"
    assert scan(patterns, log) == [(0, 0, 16), (0, 17, 33), (1, 37, 46)]


def test_a_marker_inside_another_counts(scan: Door) -> None:
    long, short = b"BACKENDS_READY_TIMEOUT", b"BACKENDS_READY"
    assert scan([long, short], b"x BACKENDS_READY_TIMEOUT") == [(0, 0, 24)]
    assert scan([short, long], b"x BACKENDS_READY_TIMEOUT") == [(0, 0, 24)]
    assert scan([long, short], b"x BACKENDS_READY\n") == [(1, 0, 16)]
    assert scan([b"bcd", b"abc"], b"abcd") == [(0, 0, 4)]


def test_carriage_returns_end_lines(scan: Door) -> None:
    assert scan([b"20%"], b" 10%\r 20%\r 30%\n") == [(0, 5, 9)]
    assert scan([b"m"], b"m\r\nm\r\n") == [(0, 0, 1), (0, 3, 4)]


def test_bytes_that_are_no_text(scan: Door) -> None:
    assert scan([b"\xff\x00"], b"\xfe\xff\x00\n\xff\n\x00") == [(0, 0, 3)]


def test_no_patterns_match_nothing(scan: Door) -> None:
    assert scan([], b"line\n") == []


@pytest.mark.parametrize(
    ("patterns", "reason"),
    [([b"a", b""], "1 is empty"), ([b"a\n"], "0 contains"), ([b"a", b"\rb"], "1 contains")],
)
def test_patterns_that_cannot_work_are_refused(patterns: list[bytes], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        MarkerSet(patterns)


def test_only_bytes_are_taken() -> None:
    for patterns in ("ab", ["a"], b"ab", [[97]], None):
        with pytest.raises(TypeError):
            MarkerSet(cast("list[bytes]", patterns))
    for lines in ("text", bytearray(b"m"), memoryview(b"m")):
        with pytest.raises(TypeError):
            MarkerSet([b"m"]).scan(cast("bytes", lines))


def test_a_long_log_with_few_matches() -> None:
    line = b'{"timestamp":"2024-05-01T00:00:00Z","level":"INFO","message":"Warming up"}\n'
    log = line * 100_000 + b"Connected\n"
    assert native([b"panicked", b"Connected"], log) == [(1, len(log) - 10, len(log) - 1)]


@given(
    st.lists(st.text("abc\xff", min_size=1, max_size=4), max_size=8),
    st.text("aaabbbc\xff \n\r\0", max_size=200),
)
@settings(max_examples=500, deadline=None)
def test_both_doors_agree(patterns: list[str], log: str) -> None:
    as_bytes = [pattern.encode("latin-1") for pattern in patterns]
    assert native(as_bytes, log.encode("latin-1")) == twin(as_bytes, log.encode("latin-1"))
