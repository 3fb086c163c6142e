"""The chunked coding, beside h11 as an independent reader of the same bytes."""

from itertools import pairwise

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker._native import ChunkDecoder

BODIES = st.lists(st.binary(min_size=1, max_size=50), max_size=8)
CUTS = st.lists(st.integers(0, 600), max_size=12)


def encoded(chunks: list[bytes], ending: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + ending


def cut(wire: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(wire), *(c for c in cuts if c < len(wire))})
    return [wire[start:end] for start, end in pairwise(edges)]


def read_by_h11(wire: bytes) -> bytes | None:
    """The body, or None when h11 refuses it or it has no end."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + wire)
    body = b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return body
            elif event is h11.NEED_DATA:
                return None
    except h11.RemoteProtocolError:
        return None


@given(BODIES, CUTS)
def test_any_body_cut_anywhere_is_read_as_h11_reads_it(chunks: list[bytes], cuts: list[int]):
    wire = encoded(chunks)
    decoder = ChunkDecoder()
    body = b"".join(decoder.feed(piece) for piece in cut(wire, cuts))
    assert body == b"".join(chunks) == read_by_h11(wire)
    assert (decoder.done, decoder.excess, decoder.broken) == (True, 0, None)


@given(BODIES, st.integers(0, 600), st.binary(min_size=1, max_size=3))
def test_what_h11_reads_to_the_end_is_read_the_same(chunks: list[bytes], at: int, damage: bytes):
    wire = encoded(chunks)
    wire = wire[:at] + damage + wire[at + len(damage) :]
    decoder = ChunkDecoder()
    body = decoder.feed(wire)
    expected = read_by_h11(wire)
    # Trailers and extensions are read more strictly by h11, whose result is then None.
    if expected is not None:
        assert (body, decoder.done, decoder.broken) == (expected, True, None)


def test_a_mistake_keeps_the_bytes_before_it():
    decoder = ChunkDecoder()
    assert decoder.feed(b"3\r\nabc\r\nx\r\n") == b"abc"
    assert decoder.broken == "chunked body: expected a chunk size in hexadecimal digits"
    assert decoder.feed(b"3\r\nabc\r\n") == b""
    assert not decoder.done


def test_bytes_after_the_end_are_counted_and_not_taken():
    decoder = ChunkDecoder()
    assert decoder.feed(encoded([b"a"]) + b"HTTP") == b"a"
    assert (decoder.done, decoder.excess) == (True, 4)
    assert decoder.feed(b"more") == b""
    assert decoder.excess == 8


@pytest.mark.parametrize("ending", [b"0\r\n", b"0\r\nx: 1\r\n", b"", b"5\r\nab"])
def test_a_body_without_its_end_is_not_done(ending: bytes):
    decoder = ChunkDecoder()
    decoder.feed(encoded([b"abc"], ending))
    assert not decoder.done
    assert decoder.broken is None
