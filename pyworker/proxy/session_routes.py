"""The routes of sessions, POST /session/create, /get, /health and /end, and /pyworker/update.

A session is created with a grant and spoken about with `session_auth`, the grant it was created
with. Errors are JSON with `error`, as everywhere.
"""

import hmac
import logging
import math
from collections.abc import Awaitable, Callable
from pathlib import Path

import trio

from pyworker._native import Envelope
from pyworker.errors import (
    InternalError,
    InvalidRequest,
    NoSuchSession,
    RequestError,
    Unauthorized,
)
from pyworker.proxy.exchange import ProxyExchange
from pyworker.proxy.payload import read_json, read_object
from pyworker.proxy.sessions import DEFAULT_LIFETIME_SECONDS, Session, Sessions
from pyworker.reasons import reason_of
from pyworker.workload.declared import MAX_WORKLOAD

log = logging.getLogger(__name__)

# A grant and a route: two thousand bytes. An on_close payload may carry what a job needs.
_BODY_LIMIT = 1024 * 1024
SESSION_END = "/session/end"
_FIELDS = ("lifetime", "on_close_route", "on_close_payload")
# What the start script looks for; it updates and starts the worker anew.
FORCE_UPDATE = Path("/.force_update")

ReadGrant = Callable[[bytes, tuple[str, ...]], Awaitable[Envelope]]


class SessionRoutes:
    """Answers them.

    Args:
        sessions: The worker's.
        read_grant: Reads an envelope with these payload fields and checks its grant.
        admit: Raises unless the worker may take work; given request_idx and cost.
    """

    def __init__(
        self,
        sessions: Sessions,
        *,
        read_grant: ReadGrant,
        admit: Callable[[int, float], None],
    ) -> None:
        self._sessions = sessions
        self._read_grant = read_grant
        self._admit = admit

    async def create(self, exchange: ProxyExchange) -> None:
        """POST /session/create: 201 with `session_id` and `expiration` (Unix seconds)."""
        body = await exchange.body(_BODY_LIMIT)
        envelope = await self._read_grant(body, _FIELDS)
        lifetime = _lifetime(envelope.fields.get("lifetime"))
        route = _on_close_route(envelope.fields.get("on_close_route"))
        cost = _cost(envelope.cost)
        given = envelope.fields.get("on_close_payload")
        payload = (
            read_json("payload.on_close_payload", given) if isinstance(given, bytes) else given
        )
        start, end = envelope.auth_data_span or (0, 0)
        auth_data = read_json("auth_data", body[start:end])
        request_idx = envelope.request_idx or 0
        self._admit(request_idx, cost)
        session = self._sessions.create(
            auth_data=auth_data,
            request_idx=request_idx,
            cost=cost,
            lifetime=lifetime,
            on_close_route=route,
            on_close_payload=payload,
        )
        answer = {"session_id": session.session_id, "expiration": session.expiration}
        await exchange.respond_json(201, answer)

    async def get(self, exchange: ProxyExchange) -> None:
        """POST /session/get: what the session is."""
        session = await self._named(exchange)
        answer = {
            "session_id": session.session_id,
            "auth_data": session.auth_data,
            "lifetime": session.lifetime,
            "expiration": session.expiration,
            "created_at": session.created_at,
            "on_close_route": session.on_close_route,
            "on_close_payload": session.on_close_payload,
        }
        await exchange.respond_json(200, answer)

    async def health(self, exchange: ProxyExchange) -> None:
        """POST /session/health: whether it is open."""
        try:
            await self._named(exchange)
        except NoSuchSession:
            await exchange.respond_json(200, {"ok": False})
            return
        await exchange.respond_json(200, {"ok": True})

    async def end(self, exchange: ProxyExchange) -> None:
        """POST /session/end: it is counted out at once, the model server told afterwards."""
        session = await self._named(exchange)
        self._sessions.close(session)
        answer = {"ended": True, "removed_session": session.session_id}
        await exchange.respond_json(200, answer)

    async def _named(self, exchange: ProxyExchange) -> Session:
        asked = read_object(await exchange.body(_BODY_LIMIT))
        session_id = asked.get("session_id")
        if not isinstance(session_id, str) or not session_id:
            raise InvalidRequest("missing session_id")
        session = self._sessions.find(session_id)
        if session is None:
            raise NoSuchSession("session does not exist")
        if not session.accepts(asked.get("session_auth")):
            raise Unauthorized("session_auth is not valid")
        return session


async def update(exchange: ProxyExchange, master_token: str) -> None:
    """POST /pyworker/update: leave the mark that the start script looks for.

    Raises:
        Unauthorized: The bearer token is not MASTER_TOKEN, or there is none of it here.
        InternalError: The mark cannot be written.
    """
    await exchange.body(_BODY_LIMIT)
    given = next((v for k, v in exchange.headers if k == b"authorization"), b"")
    token = given.removeprefix(b"Bearer ").strip()
    if not master_token or not hmac.compare_digest(token, master_token.encode()):
        raise Unauthorized("unauthorized")
    try:
        await trio.Path(FORCE_UPDATE).touch()
    except OSError as error:
        raise InternalError(f"{FORCE_UPDATE} cannot be written: {reason_of(error)}") from error
    log.info("an update was asked for")
    await exchange.respond_json(200, {"ok": True})


def _lifetime(value: object) -> float:
    if value is None:
        return DEFAULT_LIFETIME_SECONDS
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < math.inf:
        raise _bad("lifetime", "must be a number of seconds above 0")
    return float(value)


def _on_close_route(value: object) -> str | None:
    if value is None:
        return None
    # Only the model server is called, so only a path will do: an address would make this worker
    # send requests of a client's making to anybody.
    if (
        not isinstance(value, str)
        or not value.startswith("/")
        or value.startswith("//")
        or not value.isascii()
        or not value.isprintable()
        or " " in value
    ):
        raise _bad("on_close_route", "must be a path at the model server")
    return value


def _cost(cost: float | None) -> float:
    if cost is None or not 0 <= cost <= MAX_WORKLOAD:
        raise InvalidRequest(
            f"auth_data.cost: must be from 0 to {MAX_WORKLOAD:g}",
            detail={"auth_data": {"cost": f"must be from 0 to {MAX_WORKLOAD:g}"}},
        )
    return float(cost)


def _bad(name: str, problem: str) -> RequestError:
    return InvalidRequest(f"payload.{name}: {problem}", detail={"payload": {name: problem}})
