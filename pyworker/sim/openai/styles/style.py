"""What tells one server from another on the wire and in its log, while it serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pyworker.sim.log import Line
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.reply import Reply

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a server takes.

    Attributes:
        checks_model: Another model's name is refused.
        clips: A `max_tokens` beyond the context is cut to what fits.
        unlimited: Completions without `max_tokens` fill the context, and -1 stands for that.
        greets: A stream's opening goes out before the first text is there.
        base64_vectors: Embeddings can be had as base64.
    """

    checks_model: bool = False
    clips: bool = False
    unlimited: bool = False
    greets: bool = True
    base64_vectors: bool = True


@dataclass(frozen=True, slots=True)
class Ranked:
    """A document and its score."""

    index: int
    document: str
    score: float


@dataclass(frozen=True, slots=True)
class Placement:
    """What the log can say about a request that was given to the engine.

    Attributes:
        number: Of the request, since the start.
        prompt, made: Its tokens, read and made so far.
        running, queued: Requests in the engine with it.
    """

    number: int
    prompt: int
    made: int
    running: int
    queued: int


class Style(Protocol):
    """The manner of one server."""

    rules: Rules

    def headers(self) -> Headers:
        """Of every JSON answer."""
        ...

    def stream_headers(self) -> Headers:
        """Of every stream."""
        ...

    def health(self) -> tuple[Headers, bytes]:
        """Of a server that is well."""
        ...

    def loading(self) -> ApiError | None:
        """What everything is answered with while it warms up, if not as usual."""
        ...

    def error(self, error: ApiError) -> Mapping[str, object]:
        """The body of a refusal."""
        ...

    def failed(self, error: ApiError) -> Mapping[str, object]:
        """The event of a stream that fails."""
        ...

    def no_route(self, status: int) -> Mapping[str, object]:
        """The body of 404 and 405."""
        ...

    def bad_json(self, reason: str) -> ApiError:
        """A body that is no JSON."""
        ...

    def missing(self, field: str) -> ApiError:
        """A field that is not there, or of another type."""
        ...

    def too_long(self, prompt: int, limit: int) -> ApiError:
        """A prompt that leaves no room in the context."""
        ...

    def models(self, model: str, max_model_len: int) -> Mapping[str, object]:
        """The body of /v1/models."""
        ...

    def whole(self, reply: Reply) -> dict[str, Any]:
        """An answer that is complete."""
        ...

    def opening(self, reply: Reply) -> bytes:
        """Events before the first text."""
        ...

    def piece(self, reply: Reply, text: str) -> bytes:
        """The event of a text, which may be the last."""
        ...

    def closing(self, reply: Reply) -> bytes:
        """Events after the last text."""
        ...

    def embeddings(
        self, model: str, vectors: Sequence[list[float] | str], tokens: int
    ) -> Mapping[str, object]:
        """Embeddings, as numbers or as base64."""
        ...

    def ranking(self, model: str, ranked: Sequence[Ranked], tokens: int) -> object:
        """Documents by their scores, the best first."""
        ...

    def placed(self, request: Placement) -> Sequence[Line]:
        """What is logged when a request gets its place."""
        ...

    def released(self, request: Placement) -> Sequence[Line]:
        """What is logged when it leaves it."""
        ...

    def answered(self, client: str, method: str, path: str, status: int) -> Sequence[Line]:
        """What is logged when a request has its answer."""
        ...
