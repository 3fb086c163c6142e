"""The error tree, and the one table from an error to what the other side sees.

PyworkerError
├── SettingsError          a bad setting or definition: one sentence, exit code 2
├── CannotBind             the front's address is taken or not ours: exit code 2
├── RequestError           answered to the client with its `status`, as JSON
│   ├── InvalidRequest     422  the body is not what the route takes
│   ├── NoSuchSession      400  asked about, not used: nothing of the client's is closed by it
│   ├── Unauthorized       401  no valid signature of the autoscaler
│   ├── InvalidSession     410  no such session; the SDK's client marks its session closed
│   ├── RouteNotFound      404
│   ├── MethodNotAllowed   405
│   ├── BodyTooLarge       413  refused before it is buffered
│   ├── BodyTimeout        408  the body stopped coming
│   ├── QueueFull          429  try again after `retry_after` seconds
│   ├── NotReady           503  the model is not ready; says the phase
│   ├── BodyMemoryFull     503  all bodies together fill their memory
│   ├── InternalError      500  a fault of ours
│   ├── UpstreamUnavailable 502 the model server refused, or broke before its answer began
│   └── UpstreamTimeout    504  the model server was silent for too long
├── UpstreamBroken         the model's answer broke after it began: the client's stream is cut
└── ClientGone             the client left; nobody is there to be answered

A client of the SDK repeats 408, 429 and 5xx, for ever by default, and gives every other status to
its caller. So what would fail again the same way must never be one of those.
"""

from collections.abc import Mapping

import orjson


class PyworkerError(Exception):
    """Everything this package raises on purpose."""


class SettingsError(PyworkerError):
    """A setting or a definition is wrong; `str()` is one sentence that names it."""


class DefinitionGaveUp(PyworkerError):
    """A definition's own code cannot go on; `str()` says why, and its traceback was logged."""


class CannotBind(PyworkerError):
    """The address to listen on cannot be had; `str()` is one sentence that says why."""


class ClientGone(PyworkerError):
    """The client closed its connection before it had its answer."""


class UpstreamBroken(PyworkerError):
    """The model's answer ended before it was complete; the client has seen its beginning."""


class RequestError(PyworkerError):
    """A request that is answered here, with `status` and a JSON body.

    Args:
        message: One sentence for the person who reads the client's log.
        detail: Further members of the JSON body, such as `position` or `auth_data`.
        retry_after: Whole seconds for the Retry-After header, or None for no such header.
    """

    status = 500
    code = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        detail: Mapping[str, object] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = dict(detail or {})
        self.retry_after = retry_after

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that go with the answer."""
        if self.retry_after is None:
            return []
        return [(b"retry-after", b"%d" % self.retry_after)]

    def body(self, request_id: str) -> bytes:
        """The JSON body: `error`, `code`, `request_id` and the details."""
        return orjson.dumps(
            {**self.detail, "error": self.message, "code": self.code, "request_id": request_id}
        )


class InvalidRequest(RequestError):
    """The request can never succeed as it is."""

    status = 422
    code = "invalid_request"


class Unauthorized(RequestError):
    """The grant does not carry a valid signature."""

    status = 401
    code = "unauthorized"


class InvalidSession(RequestError):
    """The request names a session that does not exist here."""

    status = 410
    code = "invalid_session"


class NoSuchSession(RequestError):
    """A session that is asked about, or to be ended, does not exist here."""

    status = 400
    code = "no_such_session"


class RouteNotFound(RequestError):
    """No handler has this path."""

    status = 404
    code = "route_not_found"


class MethodNotAllowed(RequestError):
    """The path exists, the method does not."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message)
        self.allow = allow

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The Allow header, which RFC 9110 15.5.6 requires."""
        return [(b"allow", self.allow.encode())]


class BodyTooLarge(RequestError):
    """The body is larger than the limit."""

    status = 413
    code = "body_too_large"


class BodyTimeout(RequestError):
    """The body stopped coming before it was complete."""

    status = 408
    code = "body_timeout"


class QueueFull(RequestError):
    """The worker has more work than it may accept."""

    status = 429
    code = "queue_full"


class NotReady(RequestError):
    """The model cannot serve now."""

    status = 503
    code = "not_ready"


class BodyMemoryFull(RequestError):
    """There is no room for this body beside those of other requests; elsewhere there may be."""

    status = 503
    code = "body_memory_full"


class InternalError(RequestError):
    """A fault of this program; its log has the traceback."""

    status = 500
    code = "internal_error"


class UpstreamUnavailable(RequestError):
    """The model server could not be reached, or broke off before its answer began."""

    status = 502
    code = "upstream_unavailable"


class UpstreamTimeout(RequestError):
    """The model server took longer than its limit before its answer began."""

    status = 504
    code = "upstream_timeout"
