"""A client for scripts, on Trio or asyncio: routes, repeats what may be repeated, streams.

async with Client(Autoscaler(endpoint="my-endpoint", api_key=KEY, url=URL)) as client:
    answer = await client.request("/generate", {"inputs": "Hello"}, cost=100)
    async with client.stream("/generate_stream", {"inputs": "Hello"}, cost=100) as streamed:
        async for event in streamed.events():
            print(event)
"""

import random
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import anyio
import httpx
import orjson

from pyworker.client.errors import AnswerBroken, Refused, Unavailable
from pyworker.client.routing import Autoscaler, Direct, Grant

# Statuses after which the same request may succeed, here or elsewhere.
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
DEFAULT_ATTEMPTS = 5
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
# Image and video jobs take many minutes; this is the longest silence within an answer.
DEFAULT_SILENCE_SECONDS = 1800.0
_LONGEST_LINE = 64 * 1024 * 1024  # an event with an image in it
# What an answer that is not streamed may be at most.
_LARGEST_ANSWER = 512 * 1024 * 1024


class Streamed:
    """An answer that has begun.

    Attributes:
        status: HTTP status, a 2xx.
        headers: Of the answer.
        grant: By which it was asked for; `url` is the worker.
        routed_after: Seconds from the call until there was that grant.
    """

    routed_after = 0.0

    def __init__(self, response: httpx.Response, grant: Grant) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.grant = grant
        self._response = response

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, decoded, as it comes.

        Raises:
            AnswerBroken: It broke off.
        """
        try:
            async for chunk in self._response.aiter_bytes():
                yield chunk
        except httpx.HTTPError as error:
            raise AnswerBroken(f"the answer broke off: {error or type(error).__name__}") from error

    async def events(self) -> AsyncIterator[Any]:
        """The JSON of each line or server-sent event; `[DONE]`, comments and names are left out.

        Raises:
            AnswerBroken: It broke off.
        """
        buffer = b""
        async for chunk in self.chunks():
            *lines, buffer = (buffer + chunk).split(b"\n")
            if len(buffer) > _LONGEST_LINE:
                raise AnswerBroken(f"a line of the answer is longer than {_LONGEST_LINE} bytes")
            for line in lines:
                if (event := _event(line)) is not None:
                    yield event
        if (event := _event(buffer)) is not None:
            yield event

    async def body(self) -> bytes:
        """All of it.

        Raises:
            AnswerBroken: It broke off, or is larger than 512 MiB.
        """
        parts: list[bytes] = []
        size = 0
        async for chunk in self.chunks():
            parts.append(chunk)
            size += len(chunk)
            if size > _LARGEST_ANSWER:
                raise AnswerBroken(f"the answer is larger than {_LARGEST_ANSWER} bytes")
        return b"".join(parts)


class Client:
    """Sends requests to the workers of one endpoint. Use it with `async with`.

    Args:
        route_by: The autoscaler, or one worker directly.
        attempts: How often a request is tried at most.
        silence: Longest wait for the next bytes of an answer, seconds.
        tls: For https; the system's certificates by default.
    """

    def __init__(
        self,
        route_by: Autoscaler | Direct,
        *,
        attempts: int = DEFAULT_ATTEMPTS,
        silence: float = DEFAULT_SILENCE_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if attempts < 1:
            raise ValueError(f"attempts must be at least 1, not {attempts}")
        self._route_by = route_by
        self._attempts = attempts
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(silence, connect=10.0),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=False,
            verify=tls if tls is not None else True,
        )

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

    @asynccontextmanager
    async def stream(
        self, route: str, payload: Mapping[str, Any], *, cost: float = 100.0
    ) -> AsyncGenerator[Streamed]:
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
        request_idx = 0
        problem, status = "", 0
        began = anyio.current_time()
        for attempt in range(self._attempts):
            grant = await self._route_by.grant(self._http, cost=cost, request_idx=request_idx)
            request_idx = int(grant.get("request_idx") or 0)
            routed_after = anyio.current_time() - began
            async with self._sent(route, payload, grant) as outcome:
                if isinstance(outcome, Streamed):
                    outcome.routed_after = routed_after
                    yield outcome
                    return
            problem, status, pause = outcome
            if attempt + 1 < self._attempts:
                await anyio.sleep(pause if pause is not None else _pause(attempt))
        told = f"{route}: {self._attempts} attempts failed, the last one: {problem}"
        raise Unavailable(told, status)

    @asynccontextmanager
    async def _sent(
        self, route: str, payload: Mapping[str, Any], grant: Grant
    ) -> AsyncGenerator["Streamed | tuple[str, int, float | None]"]:
        """The answer; or why there is none, its status, and how long the worker wants to wait."""
        body = orjson.dumps({"auth_data": grant, "session_id": None, "payload": payload})
        request = self._http.build_request(
            "POST",
            f"{grant['url']}{route}",
            content=body,
            headers={"content-type": "application/json"},
        )
        try:
            response = await self._http.send(request, stream=True)
        except httpx.HTTPError as error:
            yield f"{grant['url']}: {error or type(error).__name__}", 0, None
            return
        try:
            if response.is_success:
                yield Streamed(response, grant)
                return
            text = await Streamed(response, grant).body()
            if response.status_code not in _AGAIN:
                raise Refused(response.status_code, text)
            refused = Refused(response.status_code, text)
            yield str(refused), refused.status, _retry_after(response)
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()


def _event(line: bytes) -> Any:
    line = line.strip().removeprefix(b"data:")
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return min(float(text), _LONGEST_PAUSE_SECONDS) if text.isdigit() else None


def _pause(attempt: int) -> float:
    longest = min(_FIRST_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS)
    return longest * random.uniform(0.5, 1.0)
