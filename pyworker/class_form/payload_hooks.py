"""Hooks of a handler whose payload is a class."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from pyworker.bridge.calls import Bridge
from pyworker.class_form.encoding import json_bytes
from pyworker.class_form.multipart import multipart_request
from pyworker.class_form.payload import ApiPayload, JsonDataException
from pyworker.errors import InvalidRequest
from pyworker.hooks import Answer, Function, ModelRequest, Payload, RequestParser

# From a client's JSON, or a benchmark's, to a payload.
ReadPayload = Callable[[Payload], ApiPayload]


class Made(dict[str, Any]):
    """A benchmark's payload on its way through the hooks: it is made already, not parsed."""

    def __init__(self, payload: ApiPayload) -> None:
        super().__init__()
        self.payload = payload


class Parameters(dict[str, Any]):
    """What a function is called with, and what that counts."""

    def __init__(self, parameters: Mapping[str, Any], workload: float) -> None:
        super().__init__(parameters)
        self.workload = workload


def reading(payload_cls: Callable[[], type[ApiPayload]]) -> ReadPayload:
    """Reads payloads as a class does.

    Its function raises InvalidRequest with what the class says is wrong.
    """

    def read(payload: Payload) -> ApiPayload:
        if isinstance(payload, Made):
            return payload.payload
        try:
            return payload_cls().from_json_msg(payload)  # pyright: ignore[reportArgumentType]
        except JsonDataException as error:
            raise refusal(error) from error

    return read


def refusal(error: JsonDataException) -> InvalidRequest:
    """The 422 that clients of older workers read."""
    wrong: Any = error.message
    if isinstance(wrong, dict):
        fields = cast("dict[object, object]", wrong)
        sentence = "; ".join(f"payload.{name}: {problem}" for name, problem in fields.items())
    else:
        sentence = f"payload: {wrong}"
    return InvalidRequest(sentence, detail={"payload": cast("object", wrong)})


def to_model(read: ReadPayload) -> RequestParser:
    """A request parser: the payload as its class sends it to the model server."""

    def parse(payload: Payload) -> ModelRequest:
        made = read(payload)
        workload = made.count_workload()
        fields = made.generate_payload_multipart()
        if fields is not None:
            return multipart_request(fields, workload)
        return ModelRequest(body=json_bytes(made.generate_payload_json()), workload=workload)

    return parse


def to_function(read: ReadPayload) -> RequestParser:
    """A request parser: the payload as the parameters of a function, with its workload."""

    def parse(payload: Payload) -> Payload:
        made = read(payload)
        return Parameters(made.generate_payload_json(), made.count_workload())

    return parse


def counted(payload: Payload) -> float:
    """The workload of what `to_function` gave."""
    return payload.workload if isinstance(payload, Parameters) else 0.0


def remote(function: Callable[[dict[str, Any]], Awaitable[Any]], bridge: Bridge) -> Function:
    """A function hook: `{"result": ...}` with what an asyncio function gives for its parameters."""

    async def call(payload: Payload) -> Answer:
        result = await bridge.call(function, dict(payload))
        return Answer(body=json_bytes({"result": result}))

    return call
