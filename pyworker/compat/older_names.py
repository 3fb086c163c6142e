"""Smaller names that definitions of other generations import."""

import inspect
import os
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from pyworker.class_form.model_response import ModelResponse
from pyworker.class_form.payload import ApiPayload, JsonDataException
from pyworker.settings import read_settings

ApiPayload_T = TypeVar("ApiPayload_T", bound=ApiPayload)
ClientResponse = ModelResponse


@dataclass
class AuthData:
    """A grant, as clients send it."""

    cost: str
    endpoint: str
    reqnum: int
    request_idx: int
    signature: str
    url: str

    @classmethod
    def from_json_msg(cls, json_msg: dict[str, Any]) -> Self:
        """A grant from JSON; members that are unknown are left out.

        Raises:
            JsonDataException: One is missing.
        """
        names = list(inspect.signature(cls).parameters)
        absent = {name: "missing parameter" for name in names if name not in json_msg}
        if absent:
            raise JsonDataException(absent)
        return cls(**{name: json_msg[name] for name in names})


@dataclass
class RequestMetrics:
    """What a definition may say of a request of its own; not reported here."""

    request_idx: int
    reqnum: int
    workload: float
    status: str
    success: bool = False


def get_url() -> str:
    """The address by which clients reach this worker."""
    settings = read_settings(os.environ)
    return settings.identity(settings.worker_port).url
