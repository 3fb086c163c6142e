"""An answer that a definition writes itself (`pyworker/streaming.py`), on its way to the client."""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import trio

from pyworker.errors import ClientGone, InternalError, RequestError, UpstreamBroken
from pyworker.proxy.exchange import ProxyExchange, Relayed
from pyworker.proxy.headers import end_to_end
from pyworker.proxy.upstream import UpstreamRequest, UpstreamResponse
from pyworker.streaming import ClientRequest, Fields, Stream

log = logging.getLogger(__name__)


async def answer_by(
    stream: Stream,
    exchange: ProxyExchange,
    request: ClientRequest,
    upstream_request: UpstreamRequest,
    relayed: Relayed,
) -> None:
    """Let `stream` answer.

    Args:
        stream: The definition's.
        exchange: The client's.
        request: What the definition sees of it.
        upstream_request: What the model server is asked, if the definition asks it.
        relayed: Filled in on the way.

    Raises:
        RequestError: It failed, and the client has seen nothing.
        UpstreamBroken: It failed on the way; the client's connection has been cut.
    """
    call = ServedCall(exchange, request, upstream_request, relayed)
    try:
        await stream(call)
        if not call.started:
            raise InternalError("the handler has given no answer")
    except ClientGone:
        raise
    except Exception as error:
        if call.started:
            exchange.cut()
            if not isinstance(error, UpstreamBroken):
                log.exception("%s: the handler failed on its way", request.path)
            raise UpstreamBroken(f"the answer broke off: {error}") from error
        if isinstance(error, RequestError):
            raise
        log.exception("%s: the handler failed", request.path)
        raise InternalError(f"the handler failed: {type(error).__name__}: {error}") from error
    finally:
        call.over = True
    await exchange.finish()


def client_request(exchange: ProxyExchange, body: bytes, names: Mapping[str, str]) -> ClientRequest:
    """What a definition sees of a request."""
    return ClientRequest(
        method=exchange.method,
        path=exchange.path,
        query=exchange.query.decode("latin-1"),
        headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in exchange.headers),
        body=body,
        names=names,
        client=exchange.client,
    )


class ServedCall:
    """A `Call`.

    Attributes:
        over: Whoever still has it writes nothing more: the connection may be another answer's.
    """

    def __init__(
        self,
        exchange: ProxyExchange,
        request: ClientRequest,
        upstream_request: UpstreamRequest,
        relayed: Relayed,
    ) -> None:
        self.request = request
        self.started = False
        self.over = False
        self._exchange = exchange
        self._upstream_request = upstream_request
        self._relayed = relayed

    @asynccontextmanager
    async def ask(self) -> AsyncGenerator["OpenedAnswer"]:
        """See Call."""
        async with self._exchange.open(self._upstream_request) as response:
            yield OpenedAnswer(response)

    async def start(self, status: int, headers: Fields) -> None:
        """See Call."""
        self._check_not_over()
        if self.started:
            raise RuntimeError("the answer has been started already")
        encoded = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers]
        self.started = True
        self._relayed.status = status
        await self._exchange.start(status, end_to_end(encoded))

    async def send(self, data: bytes) -> None:
        """See Call."""
        self._check_not_over()
        if not self.started:
            raise RuntimeError("the answer has not been started")
        if not data:
            return
        if not self._relayed.first_byte_at:
            self._relayed.first_byte_at = trio.current_time()
        await self._exchange.send(data)
        self._relayed.sent += len(data)

    def _check_not_over(self) -> None:
        if self.over:
            raise RuntimeError("the answer is over")


class OpenedAnswer:
    """A `ModelAnswer`."""

    def __init__(self, response: UpstreamResponse) -> None:
        self.status = response.status
        self.headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in end_to_end(response.headers)
        )
        self._response = response

    def chunks(self) -> AsyncGenerator[bytes]:
        """See ModelAnswer."""
        return self._response.chunks()
