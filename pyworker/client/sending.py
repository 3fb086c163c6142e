"""Sending one request until it is answered: what may be repeated is, after a pause."""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
import orjson

from pyworker.client.answer import Streamed
from pyworker.client.errors import Refused, SessionEnded, Unavailable
from pyworker.client.routing import Grant, Tell
from pyworker.reasons import reason_of

# Statuses after which the same request may succeed, here or elsewhere.
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_SESSION_IS_NOT_OPEN = 410
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0

# Gives a grant, from the request_idx of an earlier one for the same request; 0 for a new one.
GrantFor = Callable[[int], Awaitable[Grant]]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent.

    Attributes:
        route: Of the worker.
        payload: What the route takes.
        session_id: Of the session that it belongs to; None for none.

    Raises:
        ValueError: The route does not begin with a slash: it would be read as part of the port.
    """

    route: str
    payload: Mapping[str, Any]
    session_id: str | None = None

    def __post_init__(self) -> None:
        if not self.route.startswith("/"):
            raise ValueError(f"the route must begin with /, not {self.route!r}")


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why there is no answer, its status if there was one, and how long to wait, seconds."""

    problem: str
    status: int = 0
    pause: float | None = None


class Sender:
    """Sends requests.

    Args:
        http: Carries them.
        attempts: How often each is tried at most.
        tell: Is told why one is tried again, and "" when one is sent.
    """

    def __init__(self, http: httpx.AsyncClient, attempts: int, tell: Tell) -> None:
        self._http = http
        self._attempts = attempts
        self._tell = tell

    @asynccontextmanager
    async def answer(self, request: Request, grant_for: GrantFor) -> AsyncGenerator[Streamed]:
        """The answer when it begins.

        Raises:
            NoWorker: There was none in time.
            Refused: The answer is final and no 2xx; SessionEnded, if it belongs to a session.
            Unavailable: No attempt got an answer.
        """
        request_idx = 0
        failed = _Failed("")
        began = anyio.current_time()
        for attempt in range(self._attempts):
            grant = await grant_for(request_idx)
            request_idx = int(grant.get("request_idx") or 0)
            routed_after = anyio.current_time() - began
            self._tell("")
            async with self._sent(request, grant) as outcome:
                if isinstance(outcome, Streamed):
                    outcome.routed_after = routed_after
                    yield outcome
                    return
            failed = outcome
            if attempt + 1 < self._attempts:
                self._tell(f"attempt {attempt + 1} of {self._attempts}: {failed.problem}")
                await anyio.sleep(failed.pause if failed.pause is not None else _pause(attempt))
        tried = f"{self._attempts} attempts failed, the last one: " if self._attempts > 1 else ""
        raise Unavailable(f"{request.route}: {tried}{failed.problem}", failed.status)

    @asynccontextmanager
    async def _sent(self, request: Request, grant: Grant) -> AsyncGenerator[Streamed | _Failed]:
        body = {
            "auth_data": grant,
            "session_id": request.session_id,
            "payload": request.payload,
        }
        try:
            built = self._http.build_request(
                "POST",
                f"{grant['url']}{request.route}",
                content=orjson.dumps(body),
                headers={"content-type": "application/json"},
            )
            response = await self._http.send(built, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            yield _Failed(f"{grant['url']}: {reason_of(error)}")
            return
        try:
            if response.is_success:
                yield Streamed(response, grant)
                return
            status, text = response.status_code, await Streamed(response, grant).body()
            if request.session_id is not None and status == _SESSION_IS_NOT_OPEN:
                raise SessionEnded(status, text)
            refused = Refused(status, text)
            if status not in _AGAIN:
                raise refused
            yield _Failed(str(refused), status, _retry_after(response))
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return min(float(text), _LONGEST_PAUSE_SECONDS) if text.isdecimal() else None


def _pause(attempt: int) -> float:
    longest = min(_FIRST_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS)
    return longest * random.uniform(0.5, 1.0)
