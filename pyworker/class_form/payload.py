"""What a client sends, as a class of its own."""

import dataclasses
import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

# A file part: name, content, content type.
FilePart = tuple[str, bytes, str]


class JsonDataException(Exception):
    """A payload that is wrong; the client gets 422 with `message` under `payload`.

    Args:
        json_msg: What is wrong, by field, such as `{"prompt": "missing parameter"}`.
    """

    def __init__(self, json_msg: Any) -> None:
        super().__init__(json_msg)
        self.message = json_msg


@dataclass
class ApiPayload(ABC):
    """The payload of one route. A subclass is a dataclass whose fields are the payload's members.

    Its methods are called for each request, in this order: `from_json_msg`, `count_workload`,
    `generate_payload_multipart`, `generate_payload_json`.
    """

    @classmethod
    @abstractmethod
    def for_test(cls) -> Self:
        """A payload for the benchmark and for load tests; should not repeat itself."""

    @abstractmethod
    def generate_payload_json(self) -> Mapping[str, object]:
        """What the model server gets, as JSON."""

    @abstractmethod
    def count_workload(self) -> float:
        """What the payload costs, in the unit of the benchmark."""

    @classmethod
    def from_json_msg(cls, json_msg: dict[str, Any]) -> Self:
        """A payload from a client's JSON: the members that are fields of the class.

        Raises:
            JsonDataException: A field without a default is missing.
        """
        if not isinstance(json_msg, dict):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise JsonDataException("must be an object")
        parameters = inspect.signature(cls).parameters
        missing = {
            name: "missing parameter"
            for name, parameter in parameters.items()
            if name not in json_msg and parameter.default is parameter.empty
        }
        if missing:
            raise JsonDataException(missing)
        return cls(**{name: json_msg[name] for name in parameters if name in json_msg})

    def generate_payload_multipart(self) -> Mapping[str, object] | None:
        """Form fields for the model server instead of JSON; None for JSON.

        A value is a file part `(filename, content, content_type)`, text or a number, true or false,
        an object or nested list (sent as JSON text), a list (a repeated field), or None (left out).
        """
        return None

    def as_json(self) -> dict[str, Any]:
        """The payload as a client sends it."""
        return dataclasses.asdict(self)
