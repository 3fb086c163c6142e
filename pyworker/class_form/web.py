"""Requests, responses and routes under the names that aiohttp gives them.

Definitions in class form are written with these names. Where aiohttp is not installed they stand
in for it, too; where it is, its own classes are taken as well (`class_form/aiohttp_request.py`).
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from pyworker.class_form.request import Request
from pyworker.class_form.response import Body, Response, StreamResponse, json_response

__all__ = [
    "ERRORS",
    "HTTPException",
    "Request",
    "RequestHandler",
    "Response",
    "Route",
    "RouteDef",
    "StreamResponse",
    "delete",
    "get",
    "json_response",
    "patch",
    "post",
    "put",
    "route",
]


RequestHandler = Callable[[Request], Awaitable[StreamResponse]]


class Route(Protocol):
    """What a server can be given as a route: a `RouteDef` of ours, or of aiohttp's."""

    @property
    def method(self) -> str:
        """Such as POST; `*` for all."""
        ...

    @property
    def path(self) -> str:
        """With names in braces."""
        ...

    @property
    def handler(self) -> Any:
        """A coroutine function from a request to its answer."""
        ...


@dataclass(frozen=True)
class RouteDef:
    """A route: what is done with `method` on `path`."""

    method: str
    path: str
    handler: RequestHandler


def route(method: str, path: str, handler: RequestHandler) -> RouteDef:
    """A route by any method; `*` for all of them."""
    return RouteDef(method, path, handler)


def get(path: str, handler: RequestHandler) -> RouteDef:
    """A route for GET."""
    return RouteDef("GET", path, handler)


def post(path: str, handler: RequestHandler) -> RouteDef:
    """A route for POST."""
    return RouteDef("POST", path, handler)


def put(path: str, handler: RequestHandler) -> RouteDef:
    """A route for PUT."""
    return RouteDef("PUT", path, handler)


def delete(path: str, handler: RequestHandler) -> RouteDef:
    """A route for DELETE."""
    return RouteDef("DELETE", path, handler)


def patch(path: str, handler: RequestHandler) -> RouteDef:
    """A route for PATCH."""
    return RouteDef("PATCH", path, handler)


class HTTPException(Response, Exception):
    """An answer that is raised."""

    status_code = 500

    def __init__(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        reason: str | None = None,
        body: Body = None,
        text: str | None = None,
        content_type: str | None = None,
    ) -> None:
        if body is None and text is None:
            phrase = reason or HTTPStatus(self.status_code).phrase
            text = f"{self.status_code}: {phrase}"
        Response.__init__(
            self,
            status=self.status_code,
            reason=reason,
            headers=headers,
            body=body,
            text=text,
            content_type=content_type,
        )
        Exception.__init__(self, self.text or reason or "")


def _errors() -> Iterator[tuple[str, type[HTTPException]]]:
    for status in HTTPStatus:
        if status >= 400:
            name = "HTTP" + "".join(word.capitalize() for word in status.name.split("_"))
            yield name, type(name, (HTTPException,), {"status_code": int(status)})


# HTTPBadRequest, HTTPNotFound and the like.
ERRORS = dict(_errors())


def __getattr__(name: str) -> type[HTTPException]:
    if name in ERRORS:
        return ERRORS[name]
    raise AttributeError(f"{__name__} has no {name}: for that, aiohttp must be installed")
