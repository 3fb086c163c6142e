"""What a client asked, under the names that aiohttp's requests have, and the pen for its answer."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qsl

from pyworker.class_form.fields import Fields
from pyworker.streaming import ClientRequest

# Where a response of ours finds its way to the client in a request that is aiohttp's own.
PEN_KEY = "pyworker.pen"


class Pen(Protocol):
    """Writes one answer to the client, from the asyncio loop."""

    async def start(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """The head."""
        ...

    async def send(self, data: bytes) -> None:
        """A piece of the body; returns when the network has taken it."""
        ...


class Request:
    """What a client asked.

    Attributes:
        method, path, query_string: Of the request line.
        headers: Their names in any case.
        match_info: What the names of the route stand for.
        remote: The client's address.
    """

    def __init__(self, request: ClientRequest, pen: Pen) -> None:
        self.method = request.method
        self.path = request.path
        self.query_string = request.query
        self.headers = Fields(request.headers)
        self.match_info = dict(request.names)
        self.remote = request.client.rpartition(":")[0]
        self.pen = pen
        self._body = request.body
        self._items: dict[str, Any] = {}

    @property
    def query(self) -> Fields:
        """The query's parameters."""
        return Fields(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def path_qs(self) -> str:
        """The path with its query."""
        return f"{self.path}?{self.query_string}" if self.query_string else self.path

    @property
    def content_type(self) -> str:
        """Of the body, without parameters."""
        return (
            self.headers.get("content-type", "application/octet-stream")
            .partition(";")[0]
            .strip()
            .lower()
        )

    @property
    def can_read_body(self) -> bool:
        """Whether there is a body."""
        return bool(self._body)

    async def read(self) -> bytes:
        """The whole body."""
        return self._body

    async def text(self) -> str:
        """The body as text."""
        return self._body.decode()

    async def json(self, *, loads: Callable[[str], Any] = json.loads) -> Any:
        """The body as JSON."""
        return loads(await self.text())

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._items[key] = value

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"a request here has no {name}: for that, aiohttp must be installed")
