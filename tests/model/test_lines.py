"""Blocks of whole lines, whatever the cuts of the stream."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.model.lines import MAX_LINE_BYTES, LineBuffer, whole_lines

LIMIT = 8
# Few symbols, so that line ends, NUL bytes and lines around the limit come up often.
streams = st.lists(st.sampled_from([b"a", b"b", b"abcdefg", b"\n", b"\r", b"\r\n", b"\0"])).map(
    b"".join
)


def fed(chunks: list[bytes], limit: int = LIMIT) -> tuple[bytes, int]:
    lines = LineBuffer(limit)
    text = b"".join([lines.feed(chunk) for chunk in chunks])
    return text + lines.finish(), lines.cuts


def plainly(stream: bytes, limit: int = LIMIT) -> bytes:
    """What `LineBuffer` promises, without its care for cost."""
    result = b""
    for body, end in re.findall(rb"([^\r\n]*)([\r\n]|\Z)", stream.replace(b"\0", b"")):
        rest: bytes = body
        while len(rest) > limit:
            result += rest[:limit] + b"\n"
            rest = rest[limit:]
        if rest or end:
            result += rest + (end or b"\n")
    return result


def test_a_line_in_two_writes_is_one_line() -> None:
    lines = LineBuffer()
    assert lines.feed(b"Application startup ") == b""
    assert lines.rest == b"Application startup "
    assert lines.feed(b"complete.\nnext") == b"Application startup complete.\n"
    assert lines.rest == b"next"


def test_a_progress_bar_ends_its_lines_with_cr() -> None:
    lines = LineBuffer()
    assert lines.feed(b"\r  0%|   |\r 50%|## |\r100%") == b"\r  0%|   |\r 50%|## |\r"
    assert lines.feed(b"|###|\n") == b"100%|###|\n"


def test_crlf_cut_in_two_loses_nothing() -> None:
    assert fed([b"one\r", b"\ntwo\r\n"]) == (b"one\r\ntwo\r\n", 0)


def test_bytes_that_are_not_utf8_pass_unchanged() -> None:
    assert fed([b"\xff\xfe\xc3(\n"]) == (b"\xff\xfe\xc3(\n", 0)


def test_nul_bytes_are_dropped() -> None:
    assert fed([b"\0" * 100, b"\0\0Err\0or\n"]) == (b"Error\n", 0)


@pytest.mark.parametrize("length", [LIMIT - 1, LIMIT, LIMIT + 1, 2 * LIMIT, 2 * LIMIT + 1])
def test_a_line_is_cut_when_it_is_longer_than_the_limit(length: int) -> None:
    text, cuts = fed([b"x" * length + b"\n"])
    assert text.replace(b"\n", b"") == b"x" * length
    assert max(map(len, text.splitlines())) <= LIMIT
    assert cuts == (length - 1) // LIMIT


def test_what_is_kept_is_bounded() -> None:
    lines = LineBuffer()
    for _ in range(100):
        lines.feed(b"x" * 10_000)
        assert len(lines.rest) <= MAX_LINE_BYTES
    assert lines.cuts == 1_000_000 // MAX_LINE_BYTES


def test_finish_gives_the_rest_once() -> None:
    lines = LineBuffer()
    lines.feed(b"Error: ShardFailed")
    assert lines.finish() == b"Error: ShardFailed\n"
    assert lines.finish() == b""


@given(streams, st.lists(st.integers(0, 60)))
def test_the_cuts_of_the_stream_change_nothing(stream: bytes, cuts: list[int]) -> None:
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    chunks = [stream[a:b] for a, b in itertools.pairwise(places)]
    text, cut = fed(chunks)
    assert text == plainly(stream)
    assert fed([stream]) == (text, cut)


@given(streams)
def test_every_block_ends_with_a_line_end(stream: bytes) -> None:
    lines = LineBuffer(LIMIT)
    blocks = [lines.feed(stream[i : i + 3]) for i in range(0, len(stream), 3)]
    assert all(block.endswith((b"\n", b"\r")) for block in blocks if block)


def test_whole_lines_ends_the_last_line() -> None:
    assert whole_lines(b"one\ntwo") == b"one\ntwo\n"
    assert whole_lines(b"") == b""
