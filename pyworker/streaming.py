"""What a handler sees that writes its answer itself, piece by piece: plain data and a pen.

Most answers are relayed as they come, or transformed whole; this is for those that are neither:
a stream that is changed on its way, or one that no model server gave.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequest:
    """What a client asked.

    Attributes:
        method, path, query: Of the request line; the path is decoded, the query is not.
        headers: Names in lower case.
        body: All of it, with the grant that came in it.
        names: What the names of the route stand for.
        client: Address and port.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    names: Mapping[str, str]
    client: str


class ModelAnswer(Protocol):
    """The model server's answer: its head is here, its body comes."""

    @property
    def status(self) -> int:
        """Such as 200."""
        ...

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Names in lower case; without those of one connection only."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, once; raises UpstreamBroken when it ends before its end."""
        ...


class Call(Protocol):
    """One request that a handler answers itself: `start` once, then `send` for each piece."""

    @property
    def request(self) -> ClientRequest:
        """What the client asked."""
        ...

    @property
    def started(self) -> bool:
        """The head of the answer has been given."""
        ...

    def ask(self) -> AbstractAsyncContextManager[ModelAnswer]:
        """Ask the model server what the request stands for.

        Resource handling: leaving before the answer was read to its end stops the model's work.

        Raises:
            UpstreamUnavailable, UpstreamTimeout: It gave no answer.
        """
        ...

    async def start(self, status: int, headers: Fields) -> None:
        """Give the head; without a Content-Length the body is sent in chunks."""
        ...

    async def send(self, data: bytes) -> None:
        """Give a piece of the body; returns when the network has taken it."""
        ...


# Returns when the answer is complete. An exception before `start` is an answer like that of any
# other hook; after it, the client's connection is cut, so that a half answer looks like one.
Stream = Callable[[Call], Awaitable[None]]
