"""Routes of a definition that take no grant: its own coroutines answer them, uncounted."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pyworker.bridge.calls import Bridge
from pyworker.class_form.answering import answered_by
from pyworker.class_form.web import RequestHandler
from pyworker.worker import OpenRoute

# `{name:expression}`, of which only a rest at the end is known here.
_WITH_PATTERN = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*):([^{}]+)\}")
_ANY = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def pattern(path: str) -> str:
    """A route's path as it is written here.

    Raises:
        ValueError: It holds an expression that is not `.*` or `.+` at the end.
    """
    found = _WITH_PATTERN.search(path)
    if found is None:
        return path
    if found.group(2) not in {".*", ".+"} or found.end() != len(path):
        raise ValueError(f"route {path}: {{name}} and a last {{name:.*}} are what can stand there")
    return path[: found.start()] + "*"


def open_routes(routes: Sequence[Any], bridge: Bridge) -> tuple[OpenRoute, ...]:
    """Routes with `method`, `path` and `handler`, each path once with all of its methods."""
    by_path: dict[str, dict[str, RequestHandler]] = {}
    rest: dict[str, str] = {}
    for route in routes:
        path = pattern(route.path)
        found = _WITH_PATTERN.search(route.path)
        rest[path] = found.group(1) if found else ""
        methods = _ANY if route.method == "*" else (route.method.upper(),)
        for method in methods:
            by_path.setdefault(path, {}).setdefault(method, route.handler)
    return tuple(
        OpenRoute(
            route=path,
            methods=tuple(handlers),
            stream=answered_by(partial(_answer, handlers, rest[path]), bridge),
        )
        for path, handlers in by_path.items()
    )


async def _answer(handlers: Mapping[str, RequestHandler], rest: str, request: Any) -> Any:
    if rest and "*" in request.match_info:
        request.match_info[rest] = request.match_info["*"]
    return await handlers[request.method](request)
