"""A client for scripts, on Trio or asyncio: routes, repeats what may be repeated, streams.

async with Client(Autoscaler(endpoint="my-endpoint", api_key=KEY, url=URL)) as client:
    answer = await client.request("/generate", {"inputs": "Hello"}, cost=100)
    async with client.stream("/generate_stream", {"inputs": "Hello"}, cost=100) as streamed:
        async for text in streamed.texts():
            print(text)
    async with client.session(cost=1000) as session:
        await session.request("/generate", {"inputs": "Hello"})
"""

import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Self

import httpx

from pyworker.client.answer import Streamed
from pyworker.client.routing import Autoscaler, Direct, Grant, Tell, tell_nobody
from pyworker.client.sending import GrantFor, Request, Sender
from pyworker.client.session import Session, opened

DEFAULT_ATTEMPTS = 5
# Image and video jobs take many minutes; this is the longest silence within an answer.
DEFAULT_SILENCE_SECONDS = 1800.0
# Without word of its client a session lasts this long; its requests make it last longer.
DEFAULT_LIFETIME_SECONDS = 60.0


class Client:
    """Sends requests to the workers of one endpoint. Use it with `async with`.

    Args:
        route_by: The autoscaler, or one worker directly.
        attempts: How often a request is tried at most.
        silence: Longest wait for the next bytes of an answer, seconds.
        tls: For https; the system's certificates by default.
        tell: Is told what is waited for before an answer begins, and "" when that is over.
    """

    def __init__(
        self,
        route_by: Autoscaler | Direct,
        *,
        attempts: int = DEFAULT_ATTEMPTS,
        silence: float = DEFAULT_SILENCE_SECONDS,
        tls: ssl.SSLContext | None = None,
        tell: Tell = tell_nobody,
    ) -> None:
        if attempts < 1:
            raise ValueError(f"attempts must be at least 1, not {attempts}")
        self._route_by = route_by
        self._tell = tell
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(silence, connect=10.0),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=False,
            verify=tls if tls is not None else True,
        )
        self._sender = Sender(self._http, attempts, tell)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._http.aclose()

    async def request(
        self, route: str, payload: Mapping[str, Any], *, cost: float = 100.0
    ) -> bytes:
        """Send a request and give the whole body of its answer.

        Raises:
            ClientError: See `stream`, and AnswerBroken.
        """
        async with self.stream(route, payload, cost=cost) as streamed:
            return await streamed.body()

    def stream(
        self, route: str, payload: Mapping[str, Any], *, cost: float = 100.0
    ) -> AbstractAsyncContextManager[Streamed]:
        """Send a request and give its answer when it begins.

        Args:
            route: Of the worker, such as `/generate`.
            payload: What the route takes.
            cost: Its workload, in the worker's unit: the autoscaler routes by it.

        Raises:
            NoWorker: There was none in time.
            Refused: The answer is final and no 2xx.
            Unavailable: No attempt got an answer.
        """
        return self._sender.answer(Request(route, payload), self._grant_for(cost))

    def session(
        self,
        *,
        cost: float = 100.0,
        lifetime: float = DEFAULT_LIFETIME_SECONDS,
        on_close_route: str | None = None,
        on_close_payload: Mapping[str, Any] | None = None,
    ) -> AbstractAsyncContextManager[Session]:
        """Reserve a worker: the requests of the session all go there. Ends with the block.

        A client that dies without ending it gives the worker back a lifetime later.

        Args:
            cost: What is reserved, in the worker's unit of workload; its requests use it up.
            lifetime: How long it lasts beyond the last request in it, seconds, an hour at most.
            on_close_route: Path at the model server that is called when it is over.
            on_close_payload: Is sent there, with its `session_id`.

        Raises:
            ClientError: There is no worker that takes it; see `stream`.
        """
        payload: dict[str, Any] = {"lifetime": lifetime}
        if on_close_route is not None:
            payload["on_close_route"] = on_close_route
            payload["on_close_payload"] = on_close_payload
        return opened(self._http, self._sender, payload, self._grant_for(cost))

    def _grant_for(self, cost: float) -> GrantFor:
        async def grant_for(request_idx: int) -> Grant:
            return await self._route_by.grant(
                self._http, cost=cost, request_idx=request_idx, tell=self._tell
            )

        return grant_for
