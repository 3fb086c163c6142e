"""Which bytes of a request body are the request, and which of its fields the envelope is asked for.

A payload may wrap the request (`Unwrap`) and may lack members that are filled in; neither needs it
parsed. Bytes that nothing changes are forwarded as they came.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

from pyworker._native import Envelope
from pyworker.errors import InvalidRequest
from pyworker.hooks import Payload
from pyworker.worker import HandlerConfig, Span, bad_payload

Fields = Mapping[str, str | int | float | bool | bytes | None]

_EMPTY = re.compile(rb"\{\s*\}")


@dataclass(frozen=True, slots=True)
class Request:
    """The request within a body.

    Attributes:
        body: What holds it.
        span: Its offsets there, the braces of its JSON included.
        fields: Those of its fields that were asked for and are present, by dotted path.
    """

    body: bytes
    span: Span
    fields: Fields

    @property
    def raw(self) -> bytes | memoryview:
        """Its bytes."""
        start, end = self.span
        return self.body if end - start == len(self.body) else memoryview(self.body)[start:end]


class PayloadReader:
    """Reads the payloads of one handler.

    Attributes:
        paths: What the envelope is to be asked for, dotted paths within the payload.
    """

    def __init__(self, handler: HandlerConfig) -> None:
        self._unwrap = handler.unwrap
        self._fill = {name: orjson.dumps(value) for name, value in handler.fill.items()}
        self._filled = dict(handler.fill)
        counted = () if handler.needs_payload else handler.declared.paths
        wanted = tuple(dict.fromkeys((*counted, *self._fill)))
        self._wanted = wanted
        self.paths = wanted
        if self._unwrap is not None:
            member = self._unwrap.member
            self.paths = tuple(
                dict.fromkeys((*wanted, member, *(f"{member}.{path}" for path in wanted)))
            )

    def read(self, envelope: Envelope, body: bytes) -> Request:
        """The request in `body`, of which `envelope` was read with `paths`.

        Raises:
            InvalidRequest: What should wrap a request is no object.
        """
        fields: Fields = envelope.fields
        request = Request(body, envelope.payload_span or (0, 0), fields)
        if not envelope.has_payload:
            request = _whole(b"{}", {})
        if self._unwrap is not None:
            inner = fields.get(self._unwrap.member)
            if isinstance(inner, bytes) and inner.startswith(b"{"):
                prefix = self._unwrap.member + "."
                found = {p: fields[prefix + p] for p in self._wanted if prefix + p in fields}
                request = _whole(inner, found)
            elif inner is not None and not self._unwrap.only_objects:
                raise bad_payload(self._unwrap.member, "must be an object")
        return self._filled_in(request)

    def of(self, payload: Payload) -> Payload:
        """The request in a parsed payload.

        Raises:
            InvalidRequest: As for `read`.
        """
        if self._unwrap is not None:
            inner = payload.get(self._unwrap.member)
            if isinstance(inner, Mapping):
                payload = cast("Payload", inner)
            elif inner is not None and not self._unwrap.only_objects:
                raise bad_payload(self._unwrap.member, "must be an object")
        return {**self._filled, **payload} if self._filled else payload

    def _filled_in(self, request: Request) -> Request:
        lacking = [name for name in self._fill if name not in request.fields]
        if not lacking:
            return request
        members = b",".join(orjson.dumps(name) + b":" + self._fill[name] for name in lacking)
        comma = b"" if _EMPTY.match(request.raw) else b","
        filled = b"".join((b"{", members, comma, request.raw[1:]))
        return _whole(filled, {**request.fields, **{name: self._value(name) for name in lacking}})

    def _value(self, name: str) -> Any:
        """As an envelope's fields have it: objects and arrays in their JSON."""
        value = self._filled[name]
        return self._fill[name] if isinstance(value, dict | list) else value


def read_json(where: str, raw: bytes | memoryview) -> Any:
    """A part of a request body, named by `where`, as Python has it.

    Raises:
        InvalidRequest: It is no JSON; or none that Python's text can hold, such as half a surrogate
            pair, which the envelope's parser takes.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"{where}: invalid JSON: {error}") from error


def read_object(body: bytes) -> dict[str, Any]:
    """A whole body that is an object.

    Raises:
        InvalidRequest: It is no JSON object.
    """
    value = read_json("the body", body)
    if not isinstance(value, dict):
        raise InvalidRequest("the body must be a JSON object")
    return cast("dict[str, Any]", value)


def _whole(body: bytes, fields: Fields) -> Request:
    return Request(body, (0, len(body)), fields)
