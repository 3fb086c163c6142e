"""The seam between serving and HTTP: what a front gives to serve.py, and what it takes.

serve.py decides; a front moves the bytes. Neither ASGI nor Hypercorn nor httpcore passes this
file, so that another front can stand behind it and the same tests judge both.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from pyworker.hooks import Answer
from pyworker.proxy.headers import Headers
from pyworker.proxy.upstream import UpstreamRequest, UpstreamResponse


@dataclass(slots=True)
class Relayed:
    """What became of a relayed answer. Times are seconds of Trio's clock.

    Attributes:
        status: The model server's status; 0 until its head came.
        sent: Bytes of body that were passed on.
        first_byte_at: When the first byte of the body came; 0.0 until then.
    """

    status: int = 0
    sent: int = 0
    first_byte_at: float = 0.0


class ProxyExchange(Protocol):
    """One client request and its answer. Cancelled when the client leaves."""

    method: str
    path: str
    query: bytes
    headers: Headers
    client: str
    request_id: str

    async def body(self, limit: int) -> bytes:
        """The whole request body; raises BodyTooLarge, BodyTimeout or ClientGone."""
        ...

    def add_header(self, name: bytes, value: bytes) -> None:
        """Send a header (name in lower case) with the answer, whatever that will be."""
        ...

    async def respond_json(
        self,
        status: int,
        value: Mapping[str, Any] | Sequence[Any],
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """Answer with JSON made here."""
        ...

    async def respond(
        self, status: int, headers: Sequence[tuple[bytes, bytes]] = (), body: bytes = b""
    ) -> None:
        """Answer with a whole body made here."""
        ...

    async def relay(self, request: UpstreamRequest, relayed: Relayed) -> None:
        """Ask the model server and pass its answer through as it comes.

        Args:
            request: What to ask.
            relayed: Filled in on the way, so that it is true on every path out.

        Raises:
            UpstreamUnavailable: No head of an answer came; the client has seen nothing.
            UpstreamTimeout: Likewise, by time.
            UpstreamBroken: The answer broke off; the client's connection has been cut.
        """
        ...

    async def fetch(self, request: UpstreamRequest) -> Answer:
        """Ask the model server and collect its answer, to be transformed.

        Raises:
            UpstreamUnavailable: No answer came, or not all of it.
            UpstreamTimeout: Likewise, by time.
        """
        ...

    def open(self, request: UpstreamRequest) -> AbstractAsyncContextManager[UpstreamResponse]:
        """Ask the model server and give its answer when its head has come.

        Raises:
            UpstreamUnavailable: No head of an answer came.
            UpstreamTimeout: Likewise, by time.
        """
        ...

    async def start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Begin an answer that is made here piece by piece; it may leave with the first piece."""
        ...

    async def send(self, data: bytes) -> None:
        """A piece of the body; returns when the network has taken it."""
        ...

    async def finish(self) -> None:
        """End an answer that was begun."""
        ...

    def cut(self) -> None:
        """Cut the client's connection, so that an answer that was begun looks broken."""
        ...
