"""An autoscaler with any number of addresses, as the other side of an `httpx.AsyncClient`.

It is in the same process and speaks no TCP, so that a virtual clock may jump over its silences:
what is late here is late in virtual seconds, exactly.
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import trio


@dataclass(frozen=True)
class Call:
    """One request that reached an address; `at` is trio's time of its arrival."""

    at: float
    method: str
    address: str
    path: str
    content: bytes
    content_type: str

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object it carries."""
        return orjson.loads(self.content)


Behaviour = Callable[[Call], Awaitable[httpx.Response]]


def answers(status: int = 200, content: bytes = b"{}") -> Behaviour:
    """Answers at once."""
    return slow(0.0, status, content)


def slow(seconds: float, status: int = 200, content: bytes = b"{}") -> Behaviour:
    """Answers after a while."""

    async def behave(call: Call) -> httpx.Response:
        await trio.sleep(seconds)
        return httpx.Response(status, content=content)

    return behave


async def refuses(call: Call) -> httpx.Response:
    """Nobody listens there."""
    await trio.lowlevel.checkpoint()
    raise httpx.ConnectError("connection refused")


async def silent(call: Call) -> httpx.Response:
    """Takes the request and never says a word."""
    await trio.sleep_forever()
    raise AssertionError("unreachable")


def dies(seconds: float) -> Behaviour:
    """Breaks the connection after a while, before it has answered."""

    async def behave(call: Call) -> httpx.Response:
        await trio.sleep(seconds)
        raise httpx.RemoteProtocolError("server disconnected without sending a response")

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One after the other; the last one stays."""
    left = list(behaviours)

    async def behave(call: Call) -> httpx.Response:
        return await (left.pop(0) if len(left) > 1 else left[0])(call)

    return behave


@dataclass
class FakeAutoscaler(httpx.AsyncBaseTransport):
    """Records what comes and behaves as it is told.

    Attributes:
        calls: All requests, in the order of their arrival.
        acknowledged: Those that were answered with a 2xx.
        behaviours: How an address behaves, or one path of it: keys are `http://a` and
            `http://a/worker_status/`, the longer one wins; everything else answers 200.
    """

    calls: list[Call] = field(default_factory=list[Call])
    acknowledged: list[Call] = field(default_factory=list[Call])
    behaviours: dict[str, Behaviour] = field(default_factory=dict[str, Behaviour])
    _at_once: dict[str, int] = field(default_factory=dict[str, int])
    most_at_once: dict[str, int] = field(default_factory=dict[str, int])
    _arrived: trio.Event = field(default_factory=trio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """What httpx calls."""
        # The last part of the path is the protocol's; what stands before it is the address.
        url = str(request.url)
        cut = url.rstrip("/").rfind("/")
        call = Call(
            trio.current_time(),
            request.method,
            url[:cut],
            url[cut:],
            await request.aread(),
            request.headers.get("content-type", ""),
        )
        self.calls.append(call)
        self._arrived.set()
        self._arrived = trio.Event()
        behave = self.behaviours.get(url) or self.behaviours.get(call.address) or answers()
        now = self._at_once[call.path] = self._at_once.get(call.path, 0) + 1
        self.most_at_once[call.path] = max(self.most_at_once.get(call.path, 0), now)
        try:
            response = await behave(call)
        finally:
            self._at_once[call.path] -= 1
        if response.is_success:
            self.acknowledged.append(call)
        return response

    async def next_call(self) -> Call:
        """Wait for the next request to arrive."""
        await self._arrived.wait()
        return self.calls[-1]

    def client(self) -> httpx.AsyncClient:
        """A client whose every request comes here."""
        return httpx.AsyncClient(transport=self, trust_env=False)

    def statuses(
        self, address: str = "", *, since: float = 0.0, until: float = math.inf
    ) -> list[Call]:
        """The status reports, of one address or of all."""
        return self._of("/worker_status/", address, since, until)

    def deletes(
        self, address: str = "", *, since: float = 0.0, until: float = math.inf
    ) -> list[Call]:
        """The reports of finished requests, of one address or of all."""
        return self._of("/delete_requests/", address, since, until)

    def total(self, field_name: str) -> float:
        """The sum of an amount over all acknowledged status reports."""
        return sum(c.body[field_name] for c in self.acknowledged if c.path == "/worker_status/")

    def records(self) -> list[dict[str, Any]]:
        """The records in all acknowledged reports of finished requests, in order."""
        calls = [c for c in self.acknowledged if c.path == "/delete_requests/"]
        return [record for call in calls for record in call.body["requests"]]

    def _of(self, path: str, address: str, since: float, until: float) -> list[Call]:
        return [
            call
            for call in self.calls
            if call.path == path and address in {"", call.address} and since <= call.at < until
        ]


def times(calls: list[Call]) -> list[float]:
    """When they came, seconds."""
    return [round(call.at, 6) for call in calls]
