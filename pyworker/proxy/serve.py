"""THE hot path: one request from its first byte to its last.

The order of the checks, each with its reason:

1. route        nothing else is known without it
2. body limit   before a byte is buffered
3. envelope     one pass over the bytes gives all that the next steps need
4. grant        before anything is counted: nobody unsigned can move a number
5. session      one that names a session needs it to be open
6. workload     refusals are reported by it, so it comes before them
7. readiness    a granted request that meets an unready model is refused and reported as such
8. admission    may it come in; then, in the ledger, wait for its turn
9. upstream     the payload's bytes as they came; the answer as it comes
"""

import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import trio

from pyworker._native import Envelope, EnvelopeError, parse_envelope
from pyworker.errors import (
    ClientGone,
    InvalidRequest,
    InvalidSession,
    MethodNotAllowed,
    NotReady,
    QueueFull,
    RequestError,
    RouteNotFound,
    Unauthorized,
    UpstreamBroken,
)
from pyworker.model.readiness import Phase, Readiness
from pyworker.proxy.admission import Admission, Queues
from pyworker.proxy.exchange import ProxyExchange
from pyworker.proxy.grants import Grants
from pyworker.proxy.jobs import Handling, Job
from pyworker.proxy.ledger import Entry, Ledger, Outcome
from pyworker.proxy.open_routes import OpenRoutes
from pyworker.proxy.request_log import RequestLine
from pyworker.proxy.routing import Match, RouteTable
from pyworker.proxy.session_routes import SESSION_END, SessionRoutes, update
from pyworker.proxy.sessions import Session, Sessions
from pyworker.worker import Estimate, HandlerConfig, WorkerConfig

log = logging.getLogger(__name__)

# A body of this size takes about a millisecond to check; beyond it a thread does it, so that
# the events of other requests do not wait.
_THREAD_BYTES = 1024 * 1024

# What a route of the definition leads to.
_Target = tuple[HandlerConfig, Handling, Admission]


class Service:
    """Everything a request meets.

    Args:
        config: The worker's definition.
        body_limit: Largest request body, bytes.
        ledger, readiness, grants: The worker's own.
        refresh_key: Fetch the autoscaler's key again, at most now and then; returns whether
            another one came.
        sessions: The worker's.
        master_token: What /pyworker/update asks for; empty refuses it.
    """

    def __init__(
        self,
        config: WorkerConfig,
        *,
        body_limit: int,
        ledger: Ledger,
        readiness: Readiness,
        grants: Grants,
        refresh_key: Callable[[], Awaitable[bool]],
        sessions: Sessions,
        master_token: str = "",
    ) -> None:
        self._body_limit = body_limit
        self._ledger = ledger
        self._readiness = readiness
        self._grants = grants
        self._refresh_key = refresh_key
        self._tokens = config.tokens
        self._estimated = 0
        queues = Queues()
        self._handlers = RouteTable(
            (h.route, (h, Handling(h), Admission(h, queues))) for h in config.handlers
        )
        self._opened = OpenRoutes(config.open, body_limit)
        self._sessions = sessions
        own = SessionRoutes(sessions, read_grant=self._read_grant, admit=self._admit_session)
        self._own: dict[str, tuple[str, Callable[[ProxyExchange], Awaitable[None]]]] = {
            "/ping": ("GET, HEAD", self._ping),
            "/health": ("GET, HEAD", self._health),
            "/ready": ("GET, HEAD", self._ready),
            "/session/create": ("POST", own.create),
            "/session/get": ("POST", own.get),
            "/session/health": ("POST", own.health),
            SESSION_END: ("POST", own.end),
            "/pyworker/update": ("POST", partial(update, master_token=master_token)),
        }

    async def __call__(self, exchange: ProxyExchange) -> None:
        """Answer one exchange."""
        found = self._handlers.find(exchange.path)
        if found is not None and (exchange.method == "POST" or not self._taken(exchange)):
            with RequestLine(exchange) as line:
                await self._granted(exchange, line, found)
            return
        # What a definition answers itself wins over what every worker answers.
        if self._opened.writes(exchange):
            await self._opened.answer(exchange)
        elif exchange.path in self._own:
            await self._answer_own(exchange)
        elif self._opened.has(exchange.path):
            await self._opened.answer(exchange)
        else:
            known = ", ".join([*self._handlers.routes, *self._own, *self._opened.routes])
            raise RouteNotFound(f"no such route; there are {known}")

    def _taken(self, exchange: ProxyExchange) -> bool:
        """Whether a path that takes a grant by POST is something else by this method."""
        methods, _ = self._own.get(exchange.path, ("", None))
        return exchange.method in methods.split(", ") or self._opened.takes(exchange)

    async def on_loopback(self, exchange: ProxyExchange) -> None:
        """Answer an exchange of the plain listener on loopback: the model server ends a session."""
        if exchange.path != SESSION_END:
            raise RouteNotFound(f"no such route here; there is {SESSION_END}")
        await self._answer_own(exchange)

    async def _granted(
        self, exchange: ProxyExchange, line: RequestLine, found: Match[_Target]
    ) -> None:
        _, handling, admission = found.target
        if exchange.method != "POST":
            raise MethodNotAllowed(f"{exchange.path} takes POST", allow="POST")
        body = await exchange.body(self._body_limit)
        envelope = await self._read_grant(body, handling.paths)
        line.request_idx = envelope.request_idx or 0
        session = self._session(envelope.session_id)
        job = await handling.job(envelope, body, found.names)
        line.workload = float(job.workload)
        if isinstance(job.workload, Estimate):
            line.estimated = True
            self._estimated += 1
            exchange.add_header(b"x-workload-estimated", b"1")
        with self._admit(admission, line, session) as entry:
            await self._take_turn(exchange, found.target, entry, line, job)

    def _session(self, session_id: str | None) -> Session | None:
        if session_id is None:
            return None
        session = self._sessions.find(session_id)
        if session is None:
            raise InvalidSession("invalid session")
        return session

    async def _read_grant(self, body: bytes, paths: tuple[str, ...]) -> Envelope:
        envelope = await _parse(body, paths)
        await self._check_grant(envelope)
        return envelope

    def _admit_session(self, request_idx: int, cost: float) -> None:
        if not self._readiness.ready:
            self._ledger.reject(request_idx, cost)
            raise _not_ready(self._readiness)

    async def _check_grant(self, envelope: Envelope) -> None:
        if not self._grants.ready:
            raise NotReady("the autoscaler's public key is not here yet", retry_after=1)
        try:
            self._grants.check(envelope)
        except Unauthorized:
            # The autoscaler may have a new key; if so, this request deserves a second look.
            if not await self._refresh_key():
                raise
            self._grants.check(envelope)

    def _admit(
        self, admission: Admission, line: RequestLine, session: Session | None
    ) -> AbstractContextManager[Entry]:
        try:
            if not self._readiness.ready:
                raise _not_ready(self._readiness)
            admission.check(self._ledger.backlog, self._readiness.max_perf)
        except RequestError:
            if session is None:
                self._ledger.reject(line.request_idx, line.workload)
            else:
                self._ledger.reject_within(line.workload)
            raise
        if session is None:
            return self._ledger.enter(line.request_idx, line.workload)
        return self._sessions.use(session, line.workload)

    async def _take_turn(
        self,
        exchange: ProxyExchange,
        target: _Target,
        entry: Entry,
        line: RequestLine,
        job: Job,
    ) -> None:
        _, handling, admission = target
        try:
            async with admission.turn():
                entry.started_at = time.time()
                line.turn_came()
                await handling.answer(job, exchange, line.relayed)
        except QueueFull:
            entry.outcome = Outcome.REJECTED
            raise
        except ClientGone:
            entry.outcome = Outcome.CANCELLED
            raise
        except UpstreamBroken as error:
            entry.outcome = Outcome.ERROR
            line.problem = str(error)
        else:
            served = 200 <= line.relayed.status < 400
            entry.outcome = Outcome.SUCCESS if served else Outcome.ERROR

    async def _answer_own(self, exchange: ProxyExchange) -> None:
        methods, answer = self._own[exchange.path]
        if exchange.method not in methods.split(", "):
            raise MethodNotAllowed(f"{exchange.path} takes {methods}", allow=methods)
        await answer(exchange)

    async def _ping(self, exchange: ProxyExchange) -> None:
        await exchange.respond(200, [(b"content-type", b"text/plain")], b"pong")

    async def _health(self, exchange: ProxyExchange) -> None:
        await exchange.respond_json(200, {"status": "ok"})

    async def _ready(self, exchange: ProxyExchange) -> None:
        status = 200 if self._readiness.ready else 503
        body: dict[str, Any] = {
            **self._readiness.as_json(),
            "requests_working": self._ledger.working,
            "load": self._ledger.load,
        }
        if self._tokens is not None:
            body["tokenizer"] = self._tokens.as_json()
            body["requests_estimated"] = self._estimated
        await exchange.respond_json(status, body)


async def _parse(body: bytes, paths: tuple[str, ...]) -> Envelope:
    try:
        if len(body) < _THREAD_BYTES:
            return parse_envelope(body, paths)
        return await trio.to_thread.run_sync(parse_envelope, body, paths)
    except EnvelopeError as error:
        where = f"{error.path}: " if error.path else ""
        raise InvalidRequest(
            f"{where}{error.message}, at byte {error.position}",
            detail={"position": error.position, "path": error.path, "kind": error.kind},
        ) from error


def _not_ready(readiness: Readiness) -> NotReady:
    phase = readiness.phase
    why = readiness.error or phase.sentence
    return NotReady(
        f"not ready: {why}",
        detail={"phase": phase.value},
        retry_after=None if phase is Phase.DRAINING else 5,
    )
