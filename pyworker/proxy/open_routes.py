"""Routes that take no grant: those a definition opens to everybody, and those of its control port.

Nothing they do is counted: the autoscaler knows of requests with a grant only.
"""

import inspect
import logging
from collections.abc import Sequence
from typing import Any

from pyworker.errors import MethodNotAllowed, RouteNotFound, UpstreamBroken
from pyworker.hooks import Answer, Function, as_answer
from pyworker.proxy.exchange import ProxyExchange, Relayed
from pyworker.proxy.headers import to_model
from pyworker.proxy.payload import read_object
from pyworker.proxy.routing import Match, RouteTable, filled, with_query
from pyworker.proxy.streaming import answer_by, client_request
from pyworker.proxy.upstream import UpstreamRequest
from pyworker.worker import ControlRoute, OpenRoute

log = logging.getLogger(__name__)


class OpenRoutes:
    """The routes of a definition that anybody may call.

    Args:
        routes: The definition's.
        body_limit: Largest request body, bytes.
    """

    def __init__(self, routes: Sequence[OpenRoute], body_limit: int) -> None:
        self._table = RouteTable((route.route, route) for route in routes)
        self._body_limit = body_limit

    @property
    def routes(self) -> Sequence[str]:
        """As they are written in the definition."""
        return self._table.routes

    def has(self, path: str) -> bool:
        """Whether there is such a path."""
        return self._table.find(path) is not None

    def takes(self, exchange: ProxyExchange) -> bool:
        """Whether there is such a path, by this method."""
        found = self._table.find(exchange.path)
        return found is not None and exchange.method in found.target.methods

    def writes(self, exchange: ProxyExchange) -> bool:
        """Whether the definition itself writes the answer."""
        found = self._table.find(exchange.path)
        return (
            found is not None
            and found.target.stream is not None
            and exchange.method in found.target.methods
        )

    async def answer(self, exchange: ProxyExchange) -> None:
        """Relay one exchange, or let the definition answer it.

        Raises:
            RequestError: It could not be done; the client has seen nothing.
        """
        found = self._table.find(exchange.path)
        if found is None:
            raise RouteNotFound(f"no such route; there are {', '.join(self.routes)}")
        route = found.target
        if exchange.method not in route.methods:
            allow = ", ".join(route.methods)
            raise MethodNotAllowed(f"{exchange.path} takes {allow}", allow=allow)
        body = await exchange.body(self._body_limit)
        request = _model_request(exchange, found, body)
        try:
            if route.stream is None:
                await exchange.relay(request, Relayed())
            else:
                asked = client_request(exchange, body, found.names)
                await answer_by(route.stream, exchange, asked, request, Relayed())
        except UpstreamBroken as error:
            log.warning("request_id=%s %s: %s", exchange.request_id, exchange.path, error)


class ControlRoutes:
    """The routes of a definition that only processes on this machine can call.

    Args:
        routes: The definition's.
        body_limit: Largest request body, bytes.
    """

    def __init__(self, routes: Sequence[ControlRoute], body_limit: int) -> None:
        self._functions = {(route.method, route.route): route.function for route in routes}
        self._body_limit = body_limit

    async def __call__(self, exchange: ProxyExchange) -> None:
        """Answer one exchange.

        Raises:
            RequestError: It could not be done; the caller has seen nothing.
        """
        function = self._functions.get((exchange.method, exchange.path))
        if function is None:
            known = ", ".join(f"{method} {path}" for method, path in self._functions)
            raise RouteNotFound(f"no such route here; there are {known}")
        answer = await _call(function, await exchange.body(self._body_limit))
        headers = [(b"content-type", answer.content_type.encode())]
        await exchange.respond(answer.status, headers, answer.body)


def _model_request(
    exchange: ProxyExchange, found: Match[OpenRoute], body: bytes
) -> UpstreamRequest:
    route = found.target
    path = filled(route.model_route or route.route, found.names)
    return UpstreamRequest(
        method=exchange.method,
        path=with_query(path, exchange.query if route.pass_query else b""),
        headers=[
            *to_model(exchange.headers, exchange.request_id),
            *((k, v) for k, v in exchange.headers if k == b"content-type" and body),
        ],
        body=body,
    )


async def _call(function: Function, body: bytes) -> Answer:
    """What a function answers to the JSON object in a body; no body is an empty object."""
    made: Any = function(read_object(body) if body else {})
    return as_answer(await made if inspect.isawaitable(made) else made)
