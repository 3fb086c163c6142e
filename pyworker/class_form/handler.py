"""How one route of the model server is served, as a class."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pyworker.class_form.model_response import ModelResponse
from pyworker.class_form.payload import ApiPayload
from pyworker.class_form.request import Request
from pyworker.class_form.response import StreamResponse

P_co = TypeVar("P_co", bound=ApiPayload, covariant=True)


@dataclass
class EndpointHandler(ABC, Generic[P_co]):
    """One route. A subclass says where the model server is asked, and with which payload.

    The fields are those of all generations; each may be set when the handler is made.

    Attributes:
        benchmark_runs: Measured rounds.
        benchmark_words: Unused here; for payloads that make up a text of so many words.
        has_benchmark: It can be the one that is measured.
        concurrency: Requests at a time in a round, when parallel ones are allowed.
        allow_parallel_requests: Where the backend does not say it for all handlers.
        max_queue_time: Seconds, likewise; None for no limit.
        remote_function: Answers instead of the model server.
        do_warmup_benchmark: One request first, whose time does not count.
    """

    benchmark_runs: int = 8
    benchmark_words: int = 100
    has_benchmark: bool = True
    concurrency: int = 10
    allow_parallel_requests: bool = False
    max_queue_time: float | None = None
    remote_function: Callable[..., Awaitable[Any]] | None = None
    do_warmup_benchmark: bool = True

    @property
    @abstractmethod
    def endpoint(self) -> str:
        """Path at the model server."""

    @property
    def healthcheck_endpoint(self) -> str | None:
        """Path or URL that answers 200 when the model is well."""
        return None

    @classmethod
    @abstractmethod
    def payload_cls(cls) -> type[P_co]:
        """The class of the payload."""

    def make_benchmark_payload(self) -> P_co:
        """A payload for the benchmark."""
        return self.payload_cls().for_test()

    async def generate_client_response(
        self, client_request: Request, model_response: ModelResponse
    ) -> StreamResponse:
        """What the client gets for the model's answer; runs on an asyncio loop.

        Without it the client gets the model's answer as it comes.
        """
        raise NotImplementedError

    async def call_remote_dispatch_function(self, params: dict[str, Any]) -> Any:
        """The result of `remote_function`; runs on an asyncio loop."""
        if self.remote_function is None:
            raise RuntimeError(f"{self.endpoint} has no remote function")
        return await self.remote_function(**params)

    @property
    def relays(self) -> bool:
        """The model's answer goes to the client as it is."""
        return _is_own(self, "generate_client_response")

    @property
    def answers_itself(self) -> bool:
        """A function answers, and no model server is asked."""
        return self.remote_function is not None or not _is_own(
            self, "call_remote_dispatch_function"
        )


def _is_own(handler: "EndpointHandler[Any]", method: str) -> bool:
    return getattr(type(handler), method) is getattr(EndpointHandler, method)
