"""A request body as TGI's router reads it: types first, with axum's answers to what does not fit.

A pure room. A body that is no JSON is 400, one of a wrong shape 422, both as plain text; what the
values mean is checked afterwards, in `tgi_validation.py`. The texts are serde's and axum 0.7's,
without serde's " at line 1 column 2".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, cast

import orjson

_F32_MAX = 3.4028234663852886e38


class BodyRejected(Exception):
    """The body is not what the route takes.

    Args:
        status: 400, 413, 415 or 422.
        text: The plain text of the answer.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """TGI's generation parameters; None is a parameter that was not given."""

    best_of: int | None = None
    temperature: float | None = None
    repetition_penalty: float | None = None
    frequency_penalty: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    typical_p: float | None = None
    do_sample: bool = False
    max_new_tokens: int | None = None
    return_full_text: bool | None = None
    stop: tuple[str, ...] = ()
    truncate: int | None = None
    watermark: bool = False
    details: bool = False
    decoder_input_details: bool = False
    seed: int | None = None
    top_n_tokens: int | None = None
    grammar: Mapping[str, object] | None = None
    adapter_id: str | None = None


# Without any `parameters` TGI samples; with some, it does so only when they say so.
_NO_PARAMETERS = Parameters(do_sample=True)


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """The body of POST /generate, /generate_stream and /."""

    inputs: str
    parameters: Parameters
    stream: bool = False  # read by POST / only


def parse_request(body: bytes, content_type: bytes | None) -> GenerateRequest:
    """The request in `body`. Members that TGI does not know are ignored, as there.

    Raises:
        BodyRejected: It is not JSON, or a member has the wrong type.
    """
    if not _is_json(content_type):
        raise BodyRejected(415, "Expected request with `Content-Type: application/json`")
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        text = f"{error.msg} at line {error.lineno} column {error.colno}"
        raise BodyRejected(400, f"Failed to parse the request body as JSON: {text}") from error
    members = _struct(value, "", "GenerateRequest")
    if "inputs" not in members:
        raise _wrong_shape("", "missing field `inputs`")
    inputs = _text(members["inputs"], "inputs")
    stream = _flag(members["stream"], "stream") if "stream" in members else False
    if "parameters" not in members:
        return GenerateRequest(inputs, _NO_PARAMETERS, stream)
    return GenerateRequest(inputs, _parameters(members["parameters"]), stream)


def _is_json(content_type: bytes | None) -> bool:
    media_type = (content_type or b"").split(b";")[0].strip().lower()
    return media_type == b"application/json" or (
        media_type.startswith(b"application/") and media_type.endswith(b"+json")
    )


def _parameters(value: object) -> Parameters:
    members = _struct(value, "parameters", "GenerateParameters")
    values: dict[str, Any] = {
        name: read(members[name], f"parameters.{name}")
        for name, read in _READERS.items()
        if name in members
    }
    return Parameters(**values)


def _wrong_shape(path: str, problem: str) -> BodyRejected:
    where = f"{path}: " if path else ""
    return BodyRejected(
        422, f"Failed to deserialize the JSON body into the target type: {where}{problem}"
    )


def _wrong_type(path: str, value: object, expected: str) -> BodyRejected:
    return _wrong_shape(path, f"invalid type: {_serde_name(value)}, expected {expected}")


_SERDE_CONTAINERS: dict[type, str] = {type(None): "null", list: "sequence", dict: "map"}
_SERDE_SCALARS: dict[type, str] = {bool: "boolean", int: "integer", float: "floating point"}


def _serde_name(value: object) -> str:
    kind = type(value)
    if kind in _SERDE_CONTAINERS:
        return _SERDE_CONTAINERS[kind]
    shown = orjson.dumps(value).decode()
    return f"string {shown}" if kind is str else f"{_SERDE_SCALARS[kind]} `{shown}`"


def _struct(value: object, path: str, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _wrong_type(path, value, f"struct {name}")
    return cast("dict[str, object]", value)


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong_type(path, value, "a string")
    return value


def _flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(path, value, "a boolean")
    return value


def _texts(value: object, path: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _wrong_type(path, value, "a sequence")
    items = cast("list[object]", value)
    return tuple(_text(item, f"{path}[{index}]") for index, item in enumerate(items))


def _grammar(value: object, path: str) -> Mapping[str, object]:
    members = _struct(value, path, "GrammarType")
    for name in ("type", "value"):
        if name not in members:
            raise _wrong_shape(path, f"missing field `{name}`")
    kinds = ("json", "json_object", "regex", "json_schema")
    if members["type"] not in kinds:
        expected = "one of `json`, `json_object`, `regex`, `json_schema`"
        raise _wrong_shape(path, f"unknown variant `{members['type']}`, expected {expected}")
    return members


def _whole(rust: Literal["usize", "u32", "i32", "u64"]) -> Callable[[object, str], int]:
    bits = {"usize": 64, "u64": 64, "u32": 32, "i32": 31}[rust]
    low = -(2**31) if rust == "i32" else 0

    def read(value: object, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong_type(path, value, rust)
        if not low <= value < 2**bits:
            raise _wrong_shape(path, f"invalid value: integer `{value}`, expected {rust}")
        return value

    return read


def _real(value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type(path, value, "f32")
    # serde turns a larger number into infinity; no parameter allows that, so it ends here.
    return max(-_F32_MAX, min(_F32_MAX, float(value)))


def _optional(read: Callable[[object, str], object]) -> Callable[[object, str], object]:
    return lambda value, path: None if value is None else read(value, path)


_READERS: dict[str, Callable[[object, str], object]] = {
    "best_of": _optional(_whole("usize")),
    "temperature": _optional(_real),
    "repetition_penalty": _optional(_real),
    "frequency_penalty": _optional(_real),
    "top_k": _optional(_whole("i32")),
    "top_p": _optional(_real),
    "typical_p": _optional(_real),
    "do_sample": _flag,
    "max_new_tokens": _optional(_whole("u32")),
    "return_full_text": _optional(_flag),
    "stop": _texts,
    "truncate": _optional(_whole("usize")),
    "watermark": _flag,
    "details": _flag,
    "decoder_input_details": _flag,
    "seed": _optional(_whole("u64")),
    "top_n_tokens": _optional(_whole("u32")),
    "grammar": _optional(_grammar),
    "adapter_id": _optional(_text),
}


def debug_parameters(parameters: Parameters) -> str:
    """The parameters as Rust's `{:?}` prints them, which is how TGI logs them."""
    shown = (f"{field.name}: {_debug(parameters, field.name)}" for field in fields(Parameters))
    return f"GenerateParameters {{ {', '.join(shown)} }}"


def _debug(parameters: Parameters, name: str) -> str:
    value: object = getattr(parameters, name)
    match value:
        case bool():
            text = str(value).lower()
            return f"Some({text})" if name == "return_full_text" else text
        case tuple():
            items = cast("tuple[str, ...]", value)
            return f"[{', '.join(orjson.dumps(item).decode() for item in items)}]"
        case None:
            return "None"
        case str() | Mapping():
            return f"Some({orjson.dumps(value).decode()})"
        case _:
            return f"Some({value})"
