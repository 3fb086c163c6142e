"""Which route a path is: exact ones first, then patterns in the order of the definition. No I/O.

`{name}` stands for one segment of a path and a last `*` for all that follows; what they matched
fills the same names in the path at the model server.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

T = TypeVar("T")

# What may stand in a path as it is (RFC 3986, 3.3).
_PLAIN = "/:@!$&'()*+,;=~-._"
_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}|(\*)$")


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """A route that was found, and what its names stand for; `*` is the rest."""

    target: T
    names: Mapping[str, str]


class RouteTable(Generic[T]):
    """Routes and what they lead to.

    Args:
        routes: Pairs of a route and its target.

    Raises:
        ValueError: A route stands there twice, or a name twice in one.
    """

    def __init__(self, routes: Iterable[tuple[str, T]]) -> None:
        self._exact: dict[str, Match[T]] = {}
        self._patterns: list[tuple[re.Pattern[str], T]] = []
        self.routes: list[str] = []
        for route, target in routes:
            if route in self.routes:
                raise ValueError(f"route {route} stands there twice")
            self.routes.append(route)
            if _PARAMETER.search(route):
                self._patterns.append((_compiled(route), target))
            else:
                self._exact[route] = Match(target, {})

    def find(self, path: str) -> Match[T] | None:
        """The route of a decoded path without its query, or None."""
        exact = self._exact.get(path)
        if exact is not None or not self._patterns:
            return exact
        # A segment that climbs would leave the routes that the definition has named.
        if ".." in path.split("/"):
            return None
        for pattern, target in self._patterns:
            if (found := pattern.fullmatch(path)) is not None:
                names = {("*" if k == "_rest" else k): v for k, v in found.groupdict().items()}
                return Match(target, names)
        return None


def filled(template: str, names: Mapping[str, str]) -> str:
    """`template` with its names replaced; a name that nothing was matched for stays.

    What stands for a name was decoded once, so it is encoded once: a `%` in it is a `%`, and no
    model server finds a `..` or a `/` behind it that the route did not see.
    """
    if not names:
        return template
    encoded = {name: quote(value, safe=_PLAIN) for name, value in names.items()}
    return _PARAMETER.sub(lambda m: encoded.get(m.group(1) or "*", m.group(0)), template)


def with_query(path: str, query: bytes) -> str:
    """A path for a request line: what is not ASCII or would end it is escaped; `query` as it is.

    What `path` has encoded stays as it is.
    """
    escaped = quote(path, safe=f"{_PLAIN}%")
    return f"{escaped}?{query.decode('latin-1')}" if query else escaped


def _compiled(route: str) -> re.Pattern[str]:
    parts: list[str] = []
    at = 0
    for found in _PARAMETER.finditer(route):
        parts.append(re.escape(route[at : found.start()]))
        name = found.group(1)
        parts.append(f"(?P<{name}>[^/]+)" if name else "(?P<_rest>.*)")
        at = found.end()
    parts.append(re.escape(route[at:]))
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error as error:
        raise ValueError(f"route {route}: {error}") from error
