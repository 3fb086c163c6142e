"""The HTTP routes: read, decide with the book, answer. What is refused is kept in the book."""

import hmac
import re
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

import trio

from pyworker.autoscaler.local import received, snapshot
from pyworker.autoscaler.local.signing import Signer, signed_text
from pyworker.autoscaler.local.state import Autoscaler, Grant, Refusal, Waiting
from pyworker.autoscaler.local.strict_json import Refused
from pyworker.errors import MethodNotAllowed, RequestError, RouteNotFound, Unauthorized
from pyworker.http.server import Exchange

# The largest honest body is a worker's list of 10,000 request numbers or 5,000 records of
# ended requests; both stay below it. Precedent: aiohttp's client_max_size 1 MiB.
BODY_LIMIT = 2**20

_ABOUT = """\
A local autoscaler for pyworker. Clients: POST /route/ gives a grant for the worker with the least
expected wait; GET /api/v0/endptjobs/ and POST /get_endpoint_workers/ list the endpoint and its
workers. Workers: GET /pubkey/, POST /worker_status/, POST /delete_requests/. People: GET /state
shows everything it knows as JSON. GET /static/jvastai_root.cer is a certificate for SDK clients.
"""
_JOBS = "/api/v0/endptjobs/"
_ONE_JOB = re.compile(re.escape(_JOBS) + r"(\d{1,16})/")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_PEM = (b"content-type", b"application/x-pem-file")

Answer = Callable[[Exchange], Awaitable[None]]


class UnknownEndpoint(RequestError):
    """No endpoint has this name or id."""

    status = 404
    code = "unknown_endpoint"


class Routes:
    """Answers every exchange of the autoscaler; a `Handler` for `serve_http`."""

    def __init__(self, book: Autoscaler, signer: Signer) -> None:
        self._book = book
        self._signer = signer
        self._public_key = signer.public_pem()
        self._certificate = signer.certificate_pem()
        self._table: dict[str, tuple[str, Answer]] = {
            "/": ("GET", self._about),
            "/pubkey/": ("GET", self._pubkey),
            "/static/jvastai_root.cer": ("GET", self._root),
            "/state/": ("GET", self._state),
            _JOBS: ("GET", self._endpoint_jobs),
            "/route/": ("POST", self._route),
            "/worker_status/": ("POST", self._worker_status),
            "/delete_requests/": ("POST", self._delete_requests),
            "/get_endpoint_workers/": ("POST", self._endpoint_workers),
        }

    async def __call__(self, exchange: Exchange) -> None:
        """Answer one exchange.

        Raises:
            RequestError: The 4xx answer, which the server writes.
        """
        path, method, answer = self._find(exchange.path)
        try:
            if exchange.method != method:
                raise MethodNotAllowed(f"{path} takes {method}", allow=method)
            await answer(exchange)
        except RequestError as error:
            self._book.refuse(_refusal(path, exchange, error))
            raise

    def _find(self, given: str) -> tuple[str, str, Answer]:
        for path in (given, f"{given}/"):
            if path in self._table:
                return path, *self._table[path]
            if _ONE_JOB.fullmatch(path):
                return path, "GET", self._endpoint_job
        raise RouteNotFound("no such route; GET / names them all")

    async def _about(self, exchange: Exchange) -> None:
        await exchange.respond(200, [_TEXT], _ABOUT.encode())

    async def _pubkey(self, exchange: Exchange) -> None:
        await exchange.respond(200, [_PEM], self._public_key)

    async def _root(self, exchange: Exchange) -> None:
        await exchange.respond(200, [_PEM], self._certificate)

    async def _state(self, exchange: Exchange) -> None:
        await exchange.respond_json(200, snapshot.state(self._book, trio.current_time()))

    async def _endpoint_jobs(self, exchange: Exchange) -> None:
        self._check_key(exchange, None)
        await exchange.respond_json(200, {"results": [snapshot.endpoint_job(self._book)]})

    async def _endpoint_job(self, exchange: Exchange) -> None:
        self._check_key(exchange, None)
        self._check_endpoint_id(int(exchange.path.rstrip("/").rpartition("/")[2]))
        await exchange.respond_json(200, {"result": snapshot.endpoint_job(self._book)})

    async def _endpoint_workers(self, exchange: Exchange) -> None:
        query = received.read_workers_query(await exchange.body(BODY_LIMIT))
        self._check_endpoint_id(query.id)
        self._check_key(exchange, query.api_key)
        workers = snapshot.endpoint_workers(self._book, trio.current_time())
        await exchange.respond_json(200, workers)

    async def _route(self, exchange: Exchange) -> None:
        asked = received.read_route(await exchange.body(BODY_LIMIT))
        if asked.endpoint != self._book.endpoint.name:
            raise UnknownEndpoint("endpoint: this autoscaler has no endpoint of that name")
        self._check_key(exchange, asked.api_key)
        found = self._book.route(asked, trio.current_time())
        if isinstance(found, Waiting):
            answer = {"request_idx": found.request_idx, "status": _waiting_text(found)}
            await exchange.respond_json(200, answer)
            return
        await exchange.respond_json(200, self._ready(found))

    def _ready(self, grant: Grant) -> dict[str, object]:
        endpoint = self._book.endpoint.name
        text = signed_text(
            grant.form,
            cost=grant.cost,
            endpoint=endpoint,
            reqnum=grant.reqnum,
            request_idx=grant.request_idx,
            url=grant.url,
        )
        return {
            "url": grant.url,
            "signature": self._signer.sign(grant.form, text),
            "cost": grant.cost,
            "endpoint": endpoint,
            "reqnum": grant.reqnum,
            "request_idx": grant.request_idx,
        }

    async def _worker_status(self, exchange: Exchange) -> None:
        report = received.read_worker_status(await exchange.body(BODY_LIMIT))
        self._book.accept_report(report, trio.current_time())
        await exchange.respond_json(200, {"ok": True})

    async def _delete_requests(self, exchange: Exchange) -> None:
        batch = received.read_delete_requests(await exchange.body(BODY_LIMIT))
        self._book.accept_ended(batch, trio.current_time())
        await exchange.respond_json(200, {"ok": True})

    def _check_endpoint_id(self, endpoint_id: int) -> None:
        if endpoint_id != self._book.endpoint.id:
            raise UnknownEndpoint("id: this autoscaler has no endpoint of that id")

    def _check_key(self, exchange: Exchange, in_body: str | None) -> None:
        given = in_body if in_body is not None else _key_beside_body(exchange)
        # Bytes, because compare_digest takes only ASCII texts.
        wanted = self._book.endpoint.api_key.encode()
        if given is None or not hmac.compare_digest(given.encode(), wanted):
            raise Unauthorized("api_key: is missing or wrong")


def _key_beside_body(exchange: Exchange) -> str | None:
    bearer = exchange.header(b"authorization")
    if bearer is not None and bearer[:7].lower() == b"bearer ":
        return bearer[7:].strip().decode(errors="replace")
    given = parse_qs(exchange.query.decode("latin1")).get("api_key")
    return given[0] if given else None


def _waiting_text(waiting: Waiting) -> str:
    total = waiting.counts.total()
    if not total:
        return "no worker has reported yet"
    states = ", ".join(f"{n} {state}" for state, n in sorted(waiting.counts.items()))
    return f"no worker is ready; {total} in all: {states}"


def _refusal(path: str, exchange: Exchange, error: RequestError) -> Refusal:
    refused = error if isinstance(error, Refused) else None
    return Refusal(
        at=trio.current_time(),
        path=path,
        client=exchange.client,
        status=error.status,
        message=error.message,
        field=None if refused is None else refused.field,
        worker_id=None if refused is None else refused.worker_id,
    )
