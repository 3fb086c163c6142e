"""Form fields as payload classes give them, made the body of a form. No I/O."""

import json
from collections.abc import Mapping
from typing import Any, cast

from pyworker.errors import InvalidRequest
from pyworker.hooks import ModelRequest
from pyworker.multipart import FilePart, form


def multipart_request(fields: Mapping[str, Any], workload: float | None = None) -> ModelRequest:
    """A request to the model server with `fields` as its form.

    Args:
        fields: A value is a file part `(filename, content, content_type)`, text, a number, a bool,
            an object, a list of these (a repeated field), or None (left out).
        workload: What the request counts.

    Raises:
        InvalidRequest: A value is bytes that are no file part.
    """
    made: dict[str, Any] = {}
    for name, given in fields.items():
        values = cast("list[Any]", given) if isinstance(given, list) else [given]
        made[name] = [_value(name, value) for value in values]
    return form(made, workload=workload)


def _value(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return _file_part(name, cast("tuple[Any, ...]", value))
    if isinstance(value, bytes | bytearray | memoryview):
        raise InvalidRequest(f"form field {name}: bytes must be a file part, with name and type")
    # By Python's own encoder, which takes whatever definitions give.
    return json.dumps(value) if isinstance(value, Mapping | list) else value


def _file_part(name: str, value: tuple[Any, ...]) -> FilePart:
    if len(value) != 3 or not isinstance(value[1], bytes | bytearray | memoryview):
        raise InvalidRequest(f"form field {name}: a file part is (filename, bytes, content type)")
    return FilePart(str(value[0]), bytes(cast("bytes", value[1])), str(value[2]))
