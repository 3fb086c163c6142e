"""Which headers cross the proxy. No I/O."""

from collections.abc import Sequence

Headers = list[tuple[bytes, bytes]]

# RFC 9110 7.6.1 and its ancestors: they speak of one connection, not of the message.
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)

# What a client may say to the model server besides its payload. Nothing else passes: the SDK's
# client sends its endpoint's API key as Authorization, which is for us and not for the model.
_TO_MODEL = frozenset({b"accept", b"accept-encoding", b"traceparent", b"tracestate"})


def end_to_end(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    """The headers that belong to the message, names in lower case, values untouched."""
    lowered = [(name.lower(), value) for name, value in headers]
    named: set[bytes] = set()
    for name, value in lowered:
        if name == b"connection":
            named.update(token.strip().lower() for token in value.split(b","))
        elif name == b"transfer-encoding":
            # RFC 9112 6.3: next to chunks a length does not count, and may be wrong.
            named.add(b"content-length")
    return [(n, v) for n, v in lowered if n not in _HOP_BY_HOP and n not in named]


def to_model(headers: Sequence[tuple[bytes, bytes]], request_id: str) -> Headers:
    """The headers of a client (names in lower case) that the model server gets."""
    passed = [(name, value) for name, value in headers if name in _TO_MODEL]
    return [*passed, (b"x-request-id", request_id.encode())]
