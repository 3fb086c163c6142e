"""A session: requests that stay with one worker, which is reserved for them meanwhile."""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import orjson

from pyworker.client.answer import Streamed
from pyworker.client.errors import AnswerBroken
from pyworker.client.routing import Grant
from pyworker.client.sending import GrantFor, Request, Sender
from pyworker.reasons import reason_of

log = logging.getLogger(__name__)

# For telling the worker that a session is over: a worker that is slower than this, or gone, ends
# it by itself a lifetime later.
_END_SECONDS = 10.0
_LARGEST_ERROR = 500  # characters of an answer in the log


class Session:
    """An open session. Requests in it may go on side by side.

    Attributes:
        session_id: Whoever has it may use the session.
        worker: URL of the worker that it is with.
    """

    def __init__(
        self, http: httpx.AsyncClient, sender: Sender, session_id: str, grant: Grant
    ) -> None:
        self.session_id = session_id
        self.worker = str(grant["url"])
        self._http = http
        self._sender = sender
        self._grant = grant

    async def request(self, route: str, payload: Mapping[str, Any]) -> bytes:
        """Send a request and give the whole body of its answer.

        Raises:
            ClientError: See `stream`, and AnswerBroken.
        """
        async with self.stream(route, payload) as streamed:
            return await streamed.body()

    def stream(
        self, route: str, payload: Mapping[str, Any]
    ) -> AbstractAsyncContextManager[Streamed]:
        """Send a request and give its answer when it begins. It keeps the session open.

        Raises:
            SessionEnded: The session is not open any more.
            Refused: The answer is final and no 2xx.
            Unavailable: No attempt got an answer; all went to this worker.
        """
        return self._sender.answer(Request(route, payload, self.session_id), self._same_grant)

    async def is_open(self) -> bool:
        """Whether the worker still knows it. Asking does not keep it open.

        Raises:
            httpx.HTTPError: The worker cannot be asked.
        """
        answer = await self._tell("/session/health")
        return bool(answer.is_success and answer.json().get("ok"))

    async def end(self) -> None:
        """Give the worker back. Leaving the session's `async with` does it, also when cancelled."""
        with anyio.move_on_after(_END_SECONDS, shield=True) as scope:
            try:
                answer = await self._tell("/session/end")
                if not answer.is_success:
                    told = answer.text[:_LARGEST_ERROR]
                    log.info("a session had ended already: %s", told)
            except httpx.HTTPError as error:
                told = reason_of(error)
                log.warning("%s was not told that a session is over: %s", self.worker, told)
        if scope.cancelled_caught:
            log.warning("%s was not told that a session is over: too slow", self.worker)

    async def _tell(self, route: str) -> httpx.Response:
        named = {"session_id": self.session_id, "session_auth": self._grant}
        return await self._http.post(
            f"{self.worker}{route}",
            content=orjson.dumps(named),
            headers={"content-type": "application/json"},
            timeout=_END_SECONDS,
        )

    async def _same_grant(self, request_idx: int) -> Grant:
        del request_idx  # one grant for all
        await anyio.lowlevel.checkpoint()
        return self._grant


@asynccontextmanager
async def opened(
    http: httpx.AsyncClient, sender: Sender, payload: Mapping[str, Any], grant_for: GrantFor
) -> AsyncGenerator[Session]:
    """Open a session and end it with the block.

    Args:
        http: Tells the worker what is no request.
        sender: Sends what is.
        payload: Of /session/create.
        grant_for: The worker is chosen by this.

    Raises:
        ClientError: As for a request; and AnswerBroken, for one that is no session.
    """
    async with sender.answer(Request("/session/create", payload), grant_for) as answer:
        created = await answer.body()
        grant = answer.grant
    try:
        session_id = str(orjson.loads(created)["session_id"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise AnswerBroken(f"{grant['url']} answered with no session: {error}") from error
    session = Session(http, sender, session_id, grant)
    try:
        yield session
    finally:
        await session.end()
