"""From a granted request to its workload and its answer, as the handler's hooks have it.

A handler without hooks has its payload's bytes forwarded as they came and the answer passed on as
it comes; nothing is parsed but the fields that its workload needs. Each hook costs what it takes:
a request parser parses the payload, a response transform collects the answer, a function asks no
model at all.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

import orjson
import trio

from pyworker._native import Envelope
from pyworker.errors import InvalidRequest, RequestError
from pyworker.hooks import (
    JSON_TYPE,
    Answer,
    ModelRequest,
    Parsed,
    Payload,
    as_answer,
    as_model_request,
)
from pyworker.proxy.exchange import ProxyExchange, Relayed
from pyworker.proxy.headers import Headers, to_model
from pyworker.proxy.payload import PayloadReader, Request, read_json
from pyworker.proxy.routing import filled, with_query
from pyworker.proxy.streaming import answer_by, client_request
from pyworker.proxy.upstream import Upstream, UpstreamRequest
from pyworker.worker import HandlerConfig
from pyworker.workload.declared import Workload, sane_workload

log = logging.getLogger(__name__)

_read_payload = partial(read_json, "payload")
_NO_NAMES: Mapping[str, str] = {}

# JSON of this size takes about a millisecond to parse; beyond it a thread does it, so that the
# events of other requests do not wait.
_THREAD_BYTES = 256 * 1024
# Threads of a handler's hooks: as many as Trio has for everything else, and at least as many as
# requests are served at a time. Of their own, since hooks may wait for minutes, and in Trio's names
# are looked up and files read, for the reports among others.
_THREADS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one request costs, and what is to be done for it.

    Attributes:
        workload: In the unit of the benchmark; an `Estimate` if it is one.
        body: What the model server gets.
        content_type: Of the body.
        path: At the model server.
        headers: Further ones for the model server.
        payload: As the request parser left it, for a handler that answers by itself.
        asked: The client's whole body, for a handler that writes its answer itself.
        names: What the names of the route stand for.
    """

    workload: float
    body: bytes | memoryview
    content_type: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    payload: Payload | None = None
    asked: bytes = b""
    names: Mapping[str, str] = field(default_factory=lambda: _NO_NAMES)


class Handling:
    """What a handler's hooks make of a request and of its answer."""

    def __init__(self, handler: HandlerConfig) -> None:
        self._handler = handler
        self._reader = PayloadReader(handler)
        self._threads = trio.CapacityLimiter(max(handler.concurrency or 0, _THREADS))
        # Fields that the envelope gives on its way.
        self.paths = self._reader.paths

    async def job(
        self, envelope: Envelope, body: bytes, names: Mapping[str, str] = _NO_NAMES
    ) -> Job:
        """The job of a granted request.

        Args:
            envelope: What was read of the body.
            body: The whole body.
            names: What the names of the handler's route stand for.

        Raises:
            InvalidRequest: The payload is not what the handler takes.
        """
        handler = self._handler
        read = self._reader.read(envelope, body)
        if handler.needs_payload:
            payload = await self._run(len(read.raw), _read_payload, read.raw)
            job = await self._parsed(payload, read.raw, names)
        else:
            job = self._verbatim(read.raw, await _count(handler.declared, read), names)
        return job if handler.stream is None else replace(job, asked=body, names=names)

    def _verbatim(
        self,
        raw: bytes | memoryview,
        workload: float,
        names: Mapping[str, str],
        payload: Payload | None = None,
    ) -> Job:
        return Job(
            workload=workload,
            body=raw,
            content_type=JSON_TYPE,
            path=self._path(names),
            payload=payload,
        )

    async def job_of(self, payload: Payload) -> Job:
        """The job of a payload that never was in an envelope.

        Raises:
            InvalidRequest: As for `job`.
        """
        request = self._reader.of(payload)
        return await self._parsed(request, orjson.dumps(request), _NO_NAMES)

    async def _parsed(
        self, payload: Payload, raw: bytes | memoryview, names: Mapping[str, str]
    ) -> Job:
        handler, size = self._handler, len(raw)
        parsed: Parsed = None
        if handler.request_parser is not None:
            parsed = await self._hook(handler.request_parser, payload, size=size)
        if parsed is None:
            workload = await self._hook(handler.workload_of, payload, size=size)
            return self._verbatim(raw, workload, names, payload)
        request = as_model_request(parsed)
        # Counted is what the model is asked for; a request that is no JSON counts as it came.
        counted = payload if isinstance(parsed, ModelRequest) else parsed
        if request.workload is None:
            workload = await self._hook(handler.workload_of, counted, size=size)
        else:
            workload = sane_workload(request.workload, "")
        return Job(
            workload=workload,
            body=request.body,
            content_type=request.content_type,
            path=request.path or self._path(names),
            headers=request.headers,
            payload=counted,
        )

    def _path(self, names: Mapping[str, str]) -> str:
        path = self._handler.upstream_path
        return with_query(filled(path, names), b"") if names else path

    async def answer(self, job: Job, exchange: ProxyExchange, relayed: Relayed) -> None:
        """Do the job and answer the client.

        Raises:
            RequestError: It could not be done; the client has seen nothing.
            UpstreamBroken: The model's answer broke off; the client's connection has been cut.
        """
        handler = self._handler
        if handler.stream is not None:
            request = self.model_request(job, _uncompressed(exchange))
            asked = client_request(exchange, job.asked, job.names)
            await answer_by(handler.stream, exchange, asked, request, relayed)
            return
        if handler.function is not None:
            made = as_answer(await self._run(0, handler.function, job.payload or {}))
        elif handler.response_transform is None:
            request = self.model_request(job, to_model(exchange.headers, exchange.request_id))
            await exchange.relay(request, relayed)
            return
        else:
            request = self.model_request(job, _uncompressed(exchange))
            made = await self.transformed(await exchange.fetch(request))
        relayed.status, relayed.sent = made.status, len(made.body)
        relayed.first_byte_at = trio.current_time()
        headers = [(k.lower().encode(), v.encode()) for k, v in made.headers]
        if made.body:
            headers.append((b"content-type", made.content_type.encode()))
        await exchange.respond(made.status, headers, made.body)

    async def ask(self, job: Job, upstream: Upstream) -> Answer:
        """What a client would get, for the benchmark: the whole answer, transformed.

        Of a handler that writes its answer itself it is what the model server gives to it.

        Raises:
            RequestError, UpstreamBroken: There is none.
        """
        if self._handler.function is not None:
            return as_answer(await self._run(0, self._handler.function, job.payload or {}))
        return await self.transformed(await upstream.fetch(self.model_request(job, [])))

    async def transformed(self, answer: Answer) -> Answer:
        """What the client gets for the model's answer: refusals and errors pass as they are."""
        transform = self._handler.response_transform
        if transform is None or not 200 <= answer.status < 300:
            return answer
        return as_answer(await self._run(len(answer.body), transform, answer))

    def model_request(self, job: Job, headers: list[tuple[bytes, bytes]]) -> UpstreamRequest:
        """What the model server is asked for a job."""
        further = [(k.lower().encode(), v.encode()) for k, v in job.headers]
        method = self._handler.model_method
        if method in {"GET", "HEAD", "DELETE"}:
            return UpstreamRequest(method=method, path=job.path, headers=[*headers, *further])
        return UpstreamRequest(
            method=method,
            path=job.path,
            headers=[*headers, *further, (b"content-type", job.content_type.encode())],
            body=job.body,
        )

    async def _hook(self, hook: Callable[[Payload], Any], payload: Payload, size: int) -> Any:
        """Call a hook that reads the payload; its failure is about the payload, so a 422.

        Not a 500, because the same payload would fail again, and clients repeat those for ever.
        """
        try:
            return await self._run(size, hook, payload)
        except RequestError:
            raise
        except Exception as error:
            log.exception("%s: a hook failed on a payload", self._handler.route)
            raise InvalidRequest(f"payload: {type(error).__name__}: {error}") from error

    async def _run(self, size: int, hook: Callable[..., Any], argument: object) -> Any:
        """Call a hook, in a thread when it would keep the event loop waiting."""
        if inspect.iscoroutinefunction(hook):
            return await cast("Awaitable[Any]", hook(argument))
        if self._handler.blocking or size >= _THREAD_BYTES:
            result = await trio.to_thread.run_sync(
                hook, argument, abandon_on_cancel=True, limiter=self._threads
            )
        else:
            result = hook(argument)
        return await result if inspect.isawaitable(result) else result


def _uncompressed(exchange: ProxyExchange) -> Headers:
    """What the model server gets of the client's headers, when the definition reads its answer."""
    headers = to_model(exchange.headers, exchange.request_id)
    return [(name, value) for name, value in headers if name != b"accept-encoding"]


async def _count(workload: Workload, request: Request) -> float:
    if workload.heavy is None or not workload.heavy(len(request.raw)):
        return workload.of(request.fields, request.body, request.span)
    return await trio.to_thread.run_sync(workload.of, request.fields, request.body, request.span)
