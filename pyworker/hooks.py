"""What the hooks of a definition see and give: plain data, never a server's objects."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

# What a client sends under `payload`, parsed.
Payload = Mapping[str, Any]
Json = Mapping[str, Any] | Sequence[Any] | str | float | bool | None

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """What the model server is to be asked, when it is not simply the payload as JSON.

    Attributes:
        body: The whole body.
        content_type: Of the body, such as `multipart/form-data; boundary=...`.
        path: At the model server, with its query; empty for the handler's own.
        headers: Further ones, such as `(("x-priority", "low"),)`.
        workload: What it counts, when the parser has found that out; None asks the handler.
    """

    body: bytes
    content_type: str = JSON_TYPE
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    workload: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer: the model server's to a hook, or a hook's to the client."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It is no JSON.
        """
        return orjson.loads(self.body)


# A hook is a plain function or a coroutine function of Trio's.
RequestParser = Callable[[Payload], "Payload | ModelRequest | Awaitable[Payload | ModelRequest]"]
WorkloadHook = Callable[[Payload], float]
ResponseTransform = Callable[[Answer], "Answer | Json | Awaitable[Answer | Json]"]
Function = Callable[[Payload], "Answer | Json | Awaitable[Answer | Json]"]


def as_answer(value: "Answer | Json") -> Answer:
    """What a hook gave, as an answer; anything but an `Answer` becomes JSON."""
    return value if isinstance(value, Answer) else Answer(body=orjson.dumps(value))


def as_model_request(value: "Payload | ModelRequest") -> ModelRequest:
    """What a request parser gave, as a request."""
    return value if isinstance(value, ModelRequest) else ModelRequest(body=orjson.dumps(value))
