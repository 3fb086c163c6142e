"""Which headers cross, as plain data; the front's contract shows the same on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.proxy.headers import end_to_end, to_model

HOP_BY_HOP = [
    b"connection",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
]


@pytest.mark.parametrize("name", HOP_BY_HOP)
def test_a_hop_by_hop_header_stays_behind_however_it_is_written(name: bytes):
    assert end_to_end([(name, b"a"), (name.title(), b"b"), (b"X-A", b"1")]) == [(b"x-a", b"1")]


def test_what_connection_names_stays_behind():
    headers = [(b"Connection", b"close,  X-One"), (b"connection", b"x-TWO"), (b"X-One", b"1")]
    assert end_to_end([*headers, (b"x-two", b"2"), (b"X-Three", b"3")]) == [(b"x-three", b"3")]


def test_order_repetition_and_values_are_kept():
    headers = [(b"Set-Cookie", b"a"), (b"ETag", b'"x"'), (b"Set-Cookie", b"\xe9 b")]
    assert end_to_end(headers) == [
        (b"set-cookie", b"a"),
        (b"etag", b'"x"'),
        (b"set-cookie", b"\xe9 b"),
    ]


def test_a_length_beside_chunks_is_no_length():
    headers = [(b"Content-Length", b"3"), (b"Transfer-Encoding", b"chunked")]
    assert end_to_end(headers) == []
    assert end_to_end(headers[:1]) == [(b"content-length", b"3")]


NAMES = st.sampled_from([*HOP_BY_HOP, b"x-a", b"x-b", b"content-length", b"date"])
VALUES = st.sampled_from([b"x-a", b"X-B , close", b"1", b""])


@given(st.lists(st.tuples(NAMES, VALUES)))
def test_whatever_comes_a_second_pass_changes_nothing(headers: list[tuple[bytes, bytes]]):
    once = end_to_end(headers)
    assert end_to_end(once) == once
    assert not {name for name, _ in once} & set(HOP_BY_HOP)


def test_only_what_a_client_may_tell_the_model_reaches_it():
    headers = [
        (b"host", b"worker"),
        (b"authorization", b"Bearer secret"),
        (b"cookie", b"secret"),
        (b"x-api-key", b"secret"),
        (b"accept", b"text/event-stream"),
        (b"accept-encoding", b"gzip"),
        (b"traceparent", b"00-1-2-01"),
        (b"tracestate", b"a=b"),
        (b"content-length", b"5"),
        (b"user-agent", b"sdk"),
    ]
    assert to_model(headers, "id-1") == [
        (b"accept", b"text/event-stream"),
        (b"accept-encoding", b"gzip"),
        (b"traceparent", b"00-1-2-01"),
        (b"tracestate", b"a=b"),
        (b"x-request-id", b"id-1"),
    ]
