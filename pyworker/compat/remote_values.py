"""Python values as JSON, as the SDK's deployments send them to remote functions and back. No I/O.

    int, str, float, None   as they are
    bytes                   {"type": "bytes", "contents": base64}
    list, tuple             {"type": "list", "contents": [...]}
    dict                    {"type": "dict", "contents": [[key, value], ...]}
    objects                 {"type": "obj", "module": ..., "class": ..., "contents": {...}}

A client may send objects of the classes that the definition's own module has, and of no other: the
SDK's worker imports whatever module a client names.
"""

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

# A value deeper than this is a mistake or an attack; each level is two of JSON, and of Python's
# stack, which end at 1024 and 1000.
_DEPTH = 200
_ROOT: Mapping[str, Any] = {"type": "relative", "path": []}


@dataclass(frozen=True)
class Encoding:
    """The encoding of one definition's values.

    Attributes:
        module: Of the definition; its classes are named relative to it, since clients import it
            by another name.
        names: What it has, classes among it.
    """

    module: str
    names: Mapping[str, Any]

    def encoded(self, value: Any) -> Any:
        """A value as JSON.

        Raises:
            TypeError: It cannot be sent.
        """
        return self._encoded(value, ())

    def error(self, error: BaseException) -> Any:
        """An exception as JSON; one of a class that the client may not have is a RuntimeError."""
        if type(error).__module__ not in {"builtins", self.module}:
            error = RuntimeError(f"{type(error).__qualname__}: {error}")
        simple = tuple(a if type(a) in {int, str} else str(a) for a in error.args)
        try:
            return self._described(error, {"args": simple, **vars(error)}, ())
        except TypeError:
            return self._described(error, {"args": simple}, ())

    def decoded(self, value: Any) -> Any:
        """What was encoded.

        Raises:
            ValueError: It is no encoded value, or an object of a class of another module.
        """
        return self._decoded(value, _DEPTH)

    def _encoded(self, value: Any, around: tuple[int, ...]) -> Any:
        kind = cast("type[Any]", type(value))
        if kind in {int, str, type(None)}:
            return value
        if kind is float and math.isfinite(value):
            return value
        if kind is bytes:
            return {"type": "bytes", "contents": base64.b64encode(value).decode()}
        if id(value) in around or len(around) == _DEPTH:
            raise TypeError(f"{kind.__qualname__} that holds itself, or nests too deep, to be sent")
        around = (*around, id(value))
        if kind in {list, tuple}:
            contents = [self._encoded(item, around) for item in value]
        elif kind is dict:
            contents = [[self._encoded(part, around) for part in item] for item in value.items()]
        elif kind in {bool, float} or not hasattr(value, "__dict__"):
            # A bool of JSON, too: the SDK's client cannot read one.
            raise TypeError(f"{value!r:.40} cannot be sent: it is of type {kind.__qualname__}")
        else:
            return self._described(value, cast("dict[str, Any]", vars(value)), around)
        return {"type": kind.__name__, "contents": contents}

    def _described(self, value: Any, members: Mapping[str, Any], around: tuple[int, ...]) -> Any:
        kind = cast("type[Any]", type(value))
        module = {"type": "absolute", "path": kind.__module__.split(".")}
        return {
            "type": "obj",
            "module": _ROOT if kind.__module__ == self.module else module,
            "class": kind.__qualname__,
            "contents": {name: self._encoded(item, around) for name, item in members.items()},
        }

    def _decoded(self, value: Any, depth: int) -> Any:
        if isinstance(value, int | str | float | None):
            return value
        if depth == 0:
            raise ValueError(f"a value is nested more than {_DEPTH} deep")
        described = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        kind, contents = described.get("type"), described.get("contents")
        if kind == "bytes" and isinstance(contents, str):
            try:
                return base64.b64decode(contents, validate=True)
            except binascii.Error as error:
                raise ValueError(f"bytes are not base64: {error}") from error
        if kind == "obj" and isinstance(contents, dict):
            return self._made(described, cast("dict[str, Any]", contents), depth - 1)
        if kind not in {"list", "tuple", "dict"} or not isinstance(contents, list):
            raise ValueError(f"{value!r:.40} is no encoded value")
        items = cast("list[Any]", contents)
        if kind == "dict":
            return dict(self._pair(item, depth - 1) for item in items)
        decoded = [self._decoded(item, depth - 1) for item in items]
        return decoded if kind == "list" else tuple(decoded)

    def _pair(self, item: Any, depth: int) -> tuple[Any, Any]:
        if not isinstance(item, list) or len(cast("list[Any]", item)) != 2:
            raise ValueError("the contents of a dict are no pairs")
        key, value = cast("list[Any]", item)
        return self._decoded(key, depth), self._decoded(value, depth)

    def _made(self, described: Mapping[str, Any], members: Mapping[str, Any], depth: int) -> Any:
        name = described.get("class")
        kind: Any = self.names.get(name) if isinstance(name, str) else None
        own = isinstance(kind, type) and kind.__module__ == self.module
        if not own or described.get("module") != _ROOT:
            raise ValueError(f"{name!r} is no class of the definition's own module")
        make = cast("Any", kind)
        made: Any = make.__new__(make)
        for member, item in members.items():
            if member.startswith("__"):
                raise ValueError(f"{member} cannot be set")
            # Past the class's own, so that frozen dataclasses can be made.
            object.__setattr__(made, member, self._decoded(item, depth))
        return made
