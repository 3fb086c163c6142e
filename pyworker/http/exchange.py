"""One client request and its answer, as handlers see it: no ASGI, no Hypercorn."""

import secrets
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Any

import orjson
import trio
from hypercorn.typing import (
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    HTTPResponseBodyEvent,
    HTTPScope,
)

from pyworker.errors import BodyTimeout, BodyTooLarge, ClientGone
from pyworker.http.body_memory import BodyMemory
from pyworker.http.connection import Connection
from pyworker.http.stream import WRITE_STALL_SECONDS

Headers = list[tuple[bytes, bytes]]

# How long the next piece of a body may take. Precedents: nginx client_body_timeout 60 s,
# Go's recommended ReadTimeout 30-60 s.
BODY_STALL_SECONDS = 60.0
# After an answer that did not wait for the whole body, this much of it is still read and thrown
# away: closing at once would reset the connection and destroy the answer on its way
# (RFC 9112 9.6). Precedent: nginx lingering_timeout 5 s.
_LINGER_SECONDS = 5.0
_LINGER_BYTES = 256 * 1024 * 1024

_NEVER_A_BODY = frozenset({204, 304})

_REQUEST_ID_LENGTH = 128  # characters; a client's own id longer than this is replaced


class Exchange:
    """One request; a handler reads it and answers it exactly once.

    Answer with `respond`, or with `start`, any number of `send`, and `finish`. `abort` cuts the
    connection. Coroutines of this class are cancelled when the client leaves.

    Attributes:
        method, path, query, headers: Of the request; names of headers in lower case.
        client: Address and port.
        request_id: The client's X-Request-Id, or one of ours.
        started: The head of an answer has been sent.
        answered: An answer has been sent whole, or cut.
        body_read: All of the request's body has been taken.
        multiplexed: Other requests share the connection (HTTP/2).
        added: Headers that go with the answer, whatever it will be.
    """

    def __init__(
        self,
        scope: HTTPScope,
        receive: ASGIReceiveCallable,
        send: ASGISendCallable,
        connection: Connection,
        memory: BodyMemory | None = None,
    ) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope["query_string"]
        self.headers: Headers = list(scope["headers"])
        client = scope["client"]
        self.client: str = f"{client[0]}:{client[1]}" if client else "unknown"
        self.request_id: str = self._choose_request_id()
        self.added: Headers = []
        self.started = False
        self.answered = False
        self._chunked = False
        self._receive = receive
        self._ended = False
        self._send: Any = send
        self._connection = connection
        self._memory = memory
        self._held = 0
        self._body_done = trio.Event()
        # HTTP/2: other requests share the connection, and what they send cannot be held back.
        self.multiplexed = scope["http_version"] != "1.1" and scope["http_version"] != "1.0"
        self._may_chunk = scope["http_version"] == "1.1" and scope["method"] != "HEAD"
        self.body_read = False

    def header(self, name: bytes) -> bytes | None:
        """The first value of header `name` (given in lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    async def body(self, limit: int) -> bytes:
        """The whole request body.

        Args:
            limit: The most bytes that are buffered.

        Raises:
            BodyTooLarge: Known from Content-Length before a byte is buffered, or found on the way.
            BodyMemoryFull: Likewise, when other bodies leave no room for it.
            BodyTimeout: Nothing came for BODY_STALL_SECONDS.
            ClientGone: The client left before the body was complete.
        """
        # RFC 9112 6.3: next to chunks a length does not count.
        chunked = self.header(b"transfer-encoding") is not None
        header = None if chunked else self.header(b"content-length")
        declared = int(header) if header is not None else None
        if declared is not None and declared > limit:
            raise _too_large(limit, declared)
        if self._memory is not None and declared is not None:
            self._memory.check(declared)
        chunks: list[bytes] = []
        try:
            await self._read_body(chunks, limit, declared)
        except BaseException:
            # Now, and not when the error has been answered: its traceback keeps the list.
            chunks.clear()
            self.let_go()
            raise
        self._body_done.set()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _read_body(self, chunks: list[bytes], limit: int, declared: int | None) -> None:
        size = 0
        while not self.body_read:
            chunk = await self._body_chunk()
            if chunk:
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit, None)
                if self._memory is not None:
                    self._held = self._memory.hold(size, self._held)
                chunks.append(chunk)
                # The last piece by its length: Hypercorn's message that says so need not be
                # waited for.
                if size == declared:
                    self.body_read = True

    def let_go(self) -> None:
        """The body is not needed any more; its memory is free for others."""
        if self._memory is not None and self._held:
            self._memory.give_back(self._held)
            self._held = 0

    async def _body_chunk(self) -> bytes:
        with trio.move_on_after(BODY_STALL_SECONDS) as scope:
            message = await self._next_message()
            if message["type"] != "http.request":
                raise ClientGone("the client left before its body was complete")
            self.body_read = not message["more_body"]
            return message["body"]
        assert scope.cancelled_caught
        raise BodyTimeout(f"no byte of the body came for {BODY_STALL_SECONDS:.0f} s")

    async def client_left(self) -> None:
        """Wait until the client has left; for HTTP/2, where one of many requests may end."""
        await self._body_done.wait()
        await self.forget()

    async def forget(self) -> None:
        """Take what Hypercorn still has to say about this request, until it says that it ended."""
        while not self._ended:
            await self._next_message()

    async def _next_message(self) -> ASGIReceiveEvent:
        message = await self._receive()
        # Said once: whoever waited for it again would wait for ever.
        self._ended = message["type"] == "http.disconnect"
        return message

    async def respond(
        self, status: int, headers: Sequence[tuple[bytes, bytes]] = (), body: bytes = b""
    ) -> None:
        """Answer with a whole body; sets Content-Length and Date."""
        head = [
            *headers,
            (b"content-length", b"%d" % len(body)),
            (b"date", formatdate(usegmt=True).encode()),
        ]
        self.hold()
        await self.start(status, head)
        await self.send(body)
        if not self.body_read:
            await self.release()
            await self._linger()
        if self.body_read:
            await self.finish()
        else:
            self.abort()

    async def respond_json(
        self,
        status: int,
        value: Mapping[str, Any] | Sequence[Any],
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """Answer with `value` as JSON."""
        body = orjson.dumps(value)
        await self.respond(status, [(b"content-type", b"application/json"), *headers], body)

    async def start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Send the head of an answer; chunked unless `headers` has a Content-Length."""
        self.started = True
        if self.added:
            headers = [*headers, *self.added]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        self._chunked = (
            self._may_chunk
            and status not in _NEVER_A_BODY
            and all(name != b"content-length" for name, _ in headers)
        )

    async def send(self, chunk: bytes) -> None:
        """Send a piece of the body.

        Returns when the kernel took it, so that slow clients slow down whoever feeds them.
        """
        if self._chunked:
            await self._connection.send_chunk(chunk)
        else:
            await self._send_body({"type": "http.response.body", "body": chunk, "more_body": True})

    async def finish(self) -> None:
        """End a streamed answer cleanly."""
        self.answered = True
        # A client that leaves now has its answer: nothing is cancelled any more.
        self._connection.exchange_scope = None
        await self._send_body({"type": "http.response.body", "body": b"", "more_body": False})
        await self.release()

    async def _send_body(self, message: HTTPResponseBodyEvent) -> None:
        if not self.multiplexed:
            await self._send(message)
            return
        # The socket takes all of HTTP/2, and the server's sweep sees no stall: what a client can
        # keep shut is the window of one stream.
        with trio.move_on_after(WRITE_STALL_SECONDS) as scope:
            await self._send(message)
            # A stream that is gone takes everything and waits for nothing.
            await trio.lowlevel.checkpoint()
        if scope.cancelled_caught:
            raise ClientGone(f"the client took no bytes for {WRITE_STALL_SECONDS:.0f} s")

    def hold(self) -> None:
        """Gather what is sent until `release` or `finish`, to make one packet of it."""
        if not self.multiplexed:
            self._connection.hold()

    async def release(self) -> None:
        """Send what was gathered."""
        await self._connection.release()

    def abort(self) -> None:
        """Cut the connection with a reset, so that the client sees a broken answer.

        An HTTP/2 connection goes with all its streams: Hypercorn cannot reset one of them.
        """
        self.answered = True
        self._connection.client.abort()

    async def _linger(self) -> None:
        left = _LINGER_BYTES
        with trio.move_on_after(_LINGER_SECONDS):
            while left > 0 and not self.body_read:
                message = await self._next_message()
                if message["type"] != "http.request":
                    return
                left -= len(message["body"])
                self.body_read = not message["more_body"]

    def _choose_request_id(self) -> str:
        given = self.header(b"x-request-id")
        if given is not None and 0 < len(given) <= _REQUEST_ID_LENGTH:
            text = given.decode("latin1")
            if text.isascii() and text.isprintable() and " " not in text:
                return text
        return secrets.token_hex(8)


def _too_large(limit: int, declared: int | None) -> BodyTooLarge:
    size = f"is {declared} bytes" if declared is not None else "is larger"
    return BodyTooLarge(f"the body {size}; the limit is {limit} bytes", detail={"limit": limit})
