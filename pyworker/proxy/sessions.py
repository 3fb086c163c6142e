"""Sessions: several requests of one client that stay with this worker.

A session reserves its cost in the ledger; its requests use that up. It lives while it is used: each
request extends it to a lifetime from now, one in flight keeps it open, and a client that is gone
loses it a lifetime later. Closing counts it out first and tells the model server in the background.
"""

import hashlib
import hmac
import logging
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

import orjson
import trio

from pyworker.errors import InvalidSession, QueueFull, RequestError, UpstreamBroken
from pyworker.proxy.ledger import Entry, Ledger
from pyworker.proxy.upstream import UpstreamRequest

log = logging.getLogger(__name__)

# What one lifetime may be at most. A session that is used may last for ever; one whose client is
# gone keeps its reservation no longer than this.
MAX_LIFETIME_SECONDS = 3600.0
DEFAULT_LIFETIME_SECONDS = 60.0
_SWEEP_SECONDS = 1.0
# As in PyWorker 1.1.0: its result is not waited for by anybody.
_ON_CLOSE_SECONDS = 10.0
# Characters of an id in the log: enough to tell sessions apart, too few to use one.
_SHOWN = 6
# For definitions that ask for no limit: more open sessions than any worker can serve.
_MOST_SESSIONS = 10_000


@dataclass(eq=False, slots=True)
class Session:
    """One session. `expires_at` is Trio's time; `created_at` and `expiration` are Unix seconds."""

    session_id: str
    auth_data: Mapping[str, Any]
    lifetime: float
    on_close_route: str | None
    on_close_payload: object
    entry: Entry
    created_at: float
    expires_at: float
    requests: set[trio.CancelScope] = field(default_factory=set[trio.CancelScope])
    closed: bool = False

    @property
    def ends_at(self) -> float:
        """When it ends unless it is used again, Trio's time."""
        # What is in flight extends it when it ends.
        return trio.current_time() + self.lifetime if self.requests else self.expires_at

    @property
    def expiration(self) -> float:
        """The same in Unix seconds."""
        return time.time() + self.ends_at - trio.current_time()

    def accepts(self, session_auth: object) -> bool:
        """Whether `session_auth` is, as JSON, the grant that the session was created with."""
        try:
            return hmac.compare_digest(_digest(session_auth), _digest(self.auth_data))
        except (RecursionError, orjson.JSONEncodeError):
            return False  # nested more deeply than any grant

    def extend(self) -> None:
        """It is used: it lives a lifetime from now at least."""
        self.expires_at = max(self.expires_at, trio.current_time() + self.lifetime)


class Sessions:
    """All sessions of a worker.

    Args:
        ledger: Where they are counted.
        limit: How many may be open; None or 0 for no limit, a negative number for none at all.
        hold_cost: Requests do not use up what their session reserved: it is no work of theirs.
        tell_model: Sends one request to the model server and reads its answer.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        limit: int | None,
        hold_cost: bool = False,
        tell_model: Callable[[UpstreamRequest], Awaitable[object]],
    ) -> None:
        self._ledger = ledger
        self._limit = max(limit, 0) if limit else _MOST_SESSIONS
        self._hold_cost = hold_cost
        self._tell_model = tell_model
        self._open: dict[str, Session] = {}
        self._closing: trio.Nursery | None = None
        self._sweeping = trio.CancelScope()

    def __len__(self) -> int:
        return len(self._open)

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Close sessions whose time is over; after `stop`, until the model server was told."""
        async with trio.open_nursery() as self._closing:
            task_status.started()
            with self._sweeping:
                await self._sweep()

    def stop(self) -> None:
        """Close all sessions and end `serve`."""
        for session in list(self._open.values()):
            self.close(session)
        self._sweeping.cancel()

    async def _sweep(self) -> NoReturn:
        while True:
            await trio.sleep(_SWEEP_SECONDS)
            now = trio.current_time()
            for session in list(self._open.values()):
                if session.ends_at <= now:
                    log.info("session %s expired", session.session_id[:_SHOWN])
                    self.close(session)

    def create(
        self,
        *,
        auth_data: Mapping[str, Any],
        request_idx: int,
        cost: float,
        lifetime: float,
        on_close_route: str | None,
        on_close_payload: object,
    ) -> Session:
        """Open a session; its arguments have been checked.

        Raises:
            QueueFull: As many are open as may be.
        """
        if len(self._open) >= self._limit:
            self._ledger.reject(request_idx, cost)
            soonest = min((s.ends_at for s in self._open.values()), default=math.inf)
            wait = min(max(soonest - trio.current_time(), 1.0), 60.0)
            raise QueueFull(
                f"{len(self._open)} sessions are open; that is the limit",
                retry_after=math.ceil(wait),
            )
        session = Session(
            session_id=secrets.token_urlsafe(24),
            auth_data=auth_data,
            lifetime=min(lifetime, MAX_LIFETIME_SECONDS),
            on_close_route=on_close_route,
            on_close_payload=on_close_payload if on_close_route is not None else None,
            entry=self._ledger.open_session(request_idx, cost),
            created_at=time.time(),
            expires_at=trio.current_time() + min(lifetime, MAX_LIFETIME_SECONDS),
        )
        self._open[session.session_id] = session
        return session

    def find(self, session_id: str) -> Session | None:
        """An open session."""
        return self._open.get(session_id)

    @contextmanager
    def use(self, session: Session, workload: float) -> Generator[Entry]:
        """Hold a session open for one request, whose body is cancelled if the session is closed.

        Raises:
            InvalidSession: The session was closed while the request waited or ran.
        """
        if session.closed:
            raise InvalidSession("the session was closed")
        scope = trio.CancelScope()
        session.requests.add(scope)
        try:
            counted = 0.0 if self._hold_cost else workload
            with scope, self._ledger.enter_within(session.entry, counted) as entry:
                yield entry
        finally:
            session.requests.discard(scope)
            session.extend()
        if scope.cancelled_caught:
            raise InvalidSession("the session was closed")

    def close(self, session: Session) -> None:
        """End an open session: its requests are cancelled, it is counted out, the model is told."""
        session.closed = True
        del self._open[session.session_id]
        for scope in session.requests:
            scope.cancel()
        self._ledger.close_session(session.entry)
        if session.on_close_route is not None and self._closing is not None:
            self._closing.start_soon(self._call_back, session, session.on_close_route)

    async def _call_back(self, session: Session, route: str) -> None:
        given = session.on_close_payload
        if given is None:
            payload: dict[str, Any] = {}
        elif isinstance(given, dict):
            payload = dict(cast("dict[str, Any]", given))
        else:
            payload = {"payload": given}
        payload.setdefault("session_id", session.session_id)
        request = UpstreamRequest(
            method="POST",
            path=route,
            headers=[(b"content-type", b"application/json")],
            body=orjson.dumps(payload),
        )
        with trio.move_on_after(_ON_CLOSE_SECONDS):
            try:
                await self._tell_model(request)
            except (RequestError, UpstreamBroken) as error:
                log.warning("session %s: on_close: %s", session.session_id[:_SHOWN], error)
            return
        log.warning("session %s: on_close took too long", session.session_id[:_SHOWN])


def _digest(value: object) -> bytes:
    text = orjson.dumps(_canonical(value), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).digest()


def _canonical(value: Any) -> Any:
    """100 and 100.0 are one number in JSON, and a client's library may write either."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {key: _canonical(member) for key, member in members.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in cast("list[Any]", value)]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
