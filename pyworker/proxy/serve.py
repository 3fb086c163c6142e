"""THE hot path: one request from its first byte to its last.

The order of the checks, each with its reason:

1. route        nothing else is known without it
2. body limit   before a byte is buffered
3. envelope     one pass over the bytes gives all that the next steps need
4. grant        before anything is counted: nobody unsigned can move a number
5. workload     refusals are reported by it, so it comes before them
6. readiness    a granted request that meets an unready model is refused and reported as such
7. admission    may it come in; then, in the ledger, wait for its turn
8. upstream     the payload's bytes as they came; the answer as it comes
"""

import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
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
from pyworker.proxy.admission import Admission
from pyworker.proxy.exchange import ProxyExchange, Relayed
from pyworker.proxy.grants import Grants
from pyworker.proxy.headers import to_model
from pyworker.proxy.jobs import Handling, Job
from pyworker.proxy.ledger import Entry, Ledger, Outcome
from pyworker.proxy.request_log import RequestLine
from pyworker.proxy.routing import Match, RouteTable, filled, with_query
from pyworker.proxy.upstream import UpstreamRequest
from pyworker.worker import HandlerConfig, OpenRoute, WorkerConfig

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
    ) -> None:
        self._body_limit = body_limit
        self._ledger = ledger
        self._readiness = readiness
        self._grants = grants
        self._refresh_key = refresh_key
        self._handlers = RouteTable(
            (h.route, (h, Handling(h), Admission(h))) for h in config.handlers
        )
        self._open_routes = RouteTable((route.route, route) for route in config.open)
        self._own: dict[str, Callable[[ProxyExchange], Awaitable[None]]] = {
            "/ping": self._ping,
            "/health": self._health,
            "/ready": self._ready,
        }

    async def __call__(self, exchange: ProxyExchange) -> None:
        """Answer one exchange."""
        found = self._handlers.find(exchange.path)
        if found is not None:
            with RequestLine(exchange) as line:
                await self._granted(exchange, line, found)
        elif exchange.path in self._own:
            await self._probe(exchange)
        elif (opened := self._open_routes.find(exchange.path)) is not None:
            await self._relay_open(exchange, opened)
        else:
            known = ", ".join([*self._handlers.routes, *self._own, *self._open_routes.routes])
            raise RouteNotFound(f"no such route; there are {known}")

    async def _granted(
        self, exchange: ProxyExchange, line: RequestLine, found: Match[_Target]
    ) -> None:
        _, handling, admission = found.target
        if exchange.method != "POST":
            raise MethodNotAllowed(f"{exchange.path} takes POST", allow="POST")
        body = await exchange.body(self._body_limit)
        envelope = await _parse(body, handling.paths)
        await self._check_grant(envelope)
        line.request_idx = envelope.request_idx or 0
        if envelope.session_id is not None:
            raise InvalidSession("invalid session")
        job = await handling.job(envelope, body, found.names)
        line.workload = job.workload
        with self._admit(admission, line) as entry:
            await self._take_turn(exchange, found.target, entry, line, job)

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

    def _admit(self, admission: Admission, line: RequestLine) -> AbstractContextManager[Entry]:
        try:
            if not self._readiness.ready:
                raise _not_ready(self._readiness)
            admission.check(self._ledger.load, self._readiness.max_perf)
        except RequestError:
            self._ledger.reject(line.request_idx, line.workload)
            raise
        return self._ledger.enter(line.request_idx, line.workload)

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

    async def _probe(self, exchange: ProxyExchange) -> None:
        if exchange.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed(f"{exchange.path} takes GET", allow="GET, HEAD")
        await self._own[exchange.path](exchange)

    async def _relay_open(self, exchange: ProxyExchange, found: Match[OpenRoute]) -> None:
        route = found.target
        if exchange.method not in route.methods:
            allow = ", ".join(route.methods)
            raise MethodNotAllowed(f"{exchange.path} takes {allow}", allow=allow)
        body = await exchange.body(self._body_limit)
        path = filled(route.model_route or route.route, found.names)
        request = UpstreamRequest(
            method=exchange.method,
            path=with_query(path, exchange.query if route.pass_query else b""),
            headers=[
                *to_model(exchange.headers, exchange.request_id),
                *((k, v) for k, v in exchange.headers if k == b"content-type" and body),
            ],
            body=body,
        )
        try:
            await exchange.relay(request, Relayed())
        except UpstreamBroken as error:
            log.warning("request_id=%s %s: %s", exchange.request_id, exchange.path, error)

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
