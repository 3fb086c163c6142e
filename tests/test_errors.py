"""The table of errors: which status each becomes, and which of them a client repeats."""

import json

import pytest

from pyworker import errors
from pyworker.errors import MethodNotAllowed, PyworkerError, QueueFull, RequestError

# The SDK's client repeats these, for ever by default.
REPEATED = {408, 429} | set(range(500, 600))


ALL = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, RequestError) and kind is not RequestError
]


def make(kind: type[RequestError]) -> RequestError:
    return MethodNotAllowed("why", allow="GET") if kind is MethodNotAllowed else kind("why")


def test_the_table():
    assert {(kind.__name__, kind.status, kind.code) for kind in ALL} == {
        ("InvalidRequest", 422, "invalid_request"),
        ("Unauthorized", 401, "unauthorized"),
        ("InvalidSession", 410, "invalid_session"),
        ("RouteNotFound", 404, "route_not_found"),
        ("MethodNotAllowed", 405, "method_not_allowed"),
        ("BodyTooLarge", 413, "body_too_large"),
        ("BodyTimeout", 408, "body_timeout"),
        ("QueueFull", 429, "queue_full"),
        ("NoSuchSession", 400, "no_such_session"),
        ("NotReady", 503, "not_ready"),
        ("BodyMemoryFull", 503, "body_memory_full"),
        ("InternalError", 500, "internal_error"),
        ("UpstreamUnavailable", 502, "upstream_unavailable"),
        ("UpstreamTimeout", 504, "upstream_timeout"),
    }


def test_what_can_never_succeed_is_never_repeated():
    passing = {"BodyTimeout", "QueueFull", "NotReady", "InternalError"} | {
        "BodyMemoryFull",
        "UpstreamUnavailable",
        "UpstreamTimeout",
    }
    assert {kind.__name__ for kind in ALL if kind.status in REPEATED} == passing


@pytest.mark.parametrize("kind", ALL)
def test_every_body_is_json_with_error_code_and_request_id(kind: type[RequestError]):
    assert json.loads(make(kind).body("id-1")) == {
        "error": "why",
        "code": kind.code,
        "request_id": "id-1",
    }


def test_details_stand_in_the_body_and_cannot_hide_the_error():
    error = QueueFull("why", detail={"limit": 1, "error": "x", "code": "x", "request_id": "x"})
    assert json.loads(error.body("id-1")) == {
        "limit": 1,
        "error": "why",
        "code": "queue_full",
        "request_id": "id-1",
    }


def test_retry_after_is_a_header_only_when_it_is_known():
    assert QueueFull("why").headers() == []
    assert QueueFull("why", retry_after=7).headers() == [(b"retry-after", b"7")]


def test_a_wrong_method_names_the_right_ones():
    assert MethodNotAllowed("why", allow="GET, HEAD").headers() == [(b"allow", b"GET, HEAD")]


def test_every_error_of_this_package_is_one_family():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    ours = [kind for kind in kinds if issubclass(kind, Exception)]
    assert ours
    assert all(issubclass(kind, PyworkerError) for kind in ours)
