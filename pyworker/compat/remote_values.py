"""Python values as JSON, as the SDK's deployments send them to remote functions and back. No I/O.

    int, str, float, bool, None   as they are
    bytes                         {"type": "bytes", "contents": base64}
    list, tuple                   {"type": "list", "contents": [...]}
    dict                          {"type": "dict", "contents": [[key, value], ...]}
    objects                       {"type": "obj", "module": ..., "class": ..., "contents": {...}}

A client may send objects of the classes that the definition's own module has, and of no other: the
SDK's worker imports whatever module a client names.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, cast

_SIMPLE = (int, str, float, bool, type(None))
# As deep as JSON of the envelope may be; a value deeper than this is a mistake or an attack.
_DEPTH = 200


def encoded(value: Any, own_module: str, depth: int = _DEPTH) -> Any:
    """`value` as JSON.

    Args:
        value: What a function takes or gives.
        own_module: Of the definition: its classes are named relative to it.
        depth: How deep it may be.

    Raises:
        TypeError: It cannot be sent.
    """
    if depth == 0:
        raise TypeError(f"a value is nested more than {_DEPTH} deep")
    kind = cast("type[Any]", type(value))
    if kind in _SIMPLE:
        return value
    if kind is bytes:
        return {"type": "bytes", "contents": base64.b64encode(value).decode()}
    if kind in {list, tuple}:
        items = [encoded(item, own_module, depth - 1) for item in value]
        return {"type": kind.__name__, "contents": items}
    if kind is dict:
        pairs = [
            [encoded(key, own_module, depth - 1), encoded(item, own_module, depth - 1)]
            for key, item in value.items()
        ]
        return {"type": "dict", "contents": pairs}
    if not hasattr(value, "__dict__"):
        raise TypeError(f"a value of type {kind.__qualname__} cannot be sent")
    return _object(value, kind, own_module, depth)


def encoded_error(error: BaseException, own_module: str) -> Any:
    """An exception as JSON; of a class that the client may not have, as a RuntimeError."""
    module = type(error).__module__
    if module not in {"builtins", own_module}:
        error = RuntimeError(f"{type(error).__qualname__}: {error}")
    said: dict[str, Any] = {"args": tuple(str(argument) for argument in error.args)}
    members = {**said, **error.__dict__}
    try:
        return _described(type(error), own_module, members, _DEPTH)
    except TypeError:
        return _described(type(error), own_module, said, _DEPTH)


def decoded(value: Any, own: Mapping[str, Any], own_module: str) -> Any:
    """What was encoded.

    Args:
        value: JSON.
        own: The names of the definition's module.
        own_module: Its name.

    Raises:
        ValueError: It is no encoded value, or an object of a class that is not the definition's.
    """
    if isinstance(value, _SIMPLE):
        return value
    if not isinstance(value, dict):
        raise ValueError(f"{type(value).__name__} is no encoded value")
    members = cast("dict[str, Any]", value)
    kind, contents = members.get("type"), members.get("contents")
    if kind == "bytes" and isinstance(contents, str):
        try:
            return base64.b64decode(contents, validate=True)
        except binascii.Error as error:
            raise ValueError(f"bytes are not base64: {error}") from error
    if kind in {"list", "tuple"} and isinstance(contents, list):
        items = [decoded(item, own, own_module) for item in cast("list[Any]", contents)]
        return items if kind == "list" else tuple(items)
    if kind == "dict" and isinstance(contents, list):
        pairs = cast("list[Any]", contents)
        if any(not isinstance(pair, list) or len(cast("list[Any]", pair)) != 2 for pair in pairs):
            raise ValueError("the contents of a dict are no pairs")
        return {decoded(k, own, own_module): decoded(v, own, own_module) for k, v in pairs}
    if kind == "obj" and isinstance(contents, dict):
        return _made(members, cast("dict[str, Any]", contents), own, own_module)
    raise ValueError(f"{kind!r} is no type of an encoded value")


def _object(value: Any, kind: type[Any], own_module: str, depth: int) -> Any:
    return _described(kind, own_module, cast("dict[str, Any]", vars(value)), depth)


def _described(kind: type, own_module: str, members: Mapping[str, Any], depth: int) -> Any:
    module = kind.__module__
    own = module == own_module
    return {
        "type": "obj",
        "module": {
            "type": "relative" if own else "absolute",
            "path": [] if own else module.split("."),
        },
        "class": kind.__qualname__,
        "contents": {name: encoded(item, own_module, depth - 1) for name, item in members.items()},
    }


def _made(
    described: Mapping[str, Any],
    contents: Mapping[str, Any],
    own: Mapping[str, Any],
    own_module: str,
) -> Any:
    name, where = described.get("class"), described.get("module")
    kind = own.get(name) if isinstance(name, str) else None
    relative = isinstance(where, dict) and cast("dict[str, Any]", where) == {
        "type": "relative",
        "path": [],
    }
    if not relative or not isinstance(kind, type) or kind.__module__ != own_module:
        raise ValueError(f"{name!r} is no class of the definition's own module")
    made: Any = object.__new__(cast("type[Any]", kind))
    for member, item in contents.items():
        if member.startswith("__"):
            raise ValueError(f"{member} cannot be set")
        setattr(made, member, decoded(item, own, own_module))
    return made
