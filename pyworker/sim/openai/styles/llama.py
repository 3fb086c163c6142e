"""llama-server, captured from a real one, but for the pooled answers, which follow its source.

In its streams role and first text come in one chunk, and the last event has no text; its timings
and, for a completion, the usage are in it.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pyworker.sim.log import Line, PlainLine
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.reply import DONE, Reply, event
from pyworker.sim.openai.styles.style import Headers, Placement, Ranked, Rules

_KINDS = {400: "invalid_request_error", 404: "not_found_error", 503: "unavailable_error"}
_SERVER = (b"server", b"llama.cpp")
# Since its start; nothing follows from it.
_CLOCK = "0.33.101.414"


class Llama:
    """See Style."""

    rules = Rules(clips=True, unlimited=True, greets=False)

    def headers(self) -> Headers:
        """See Style."""
        return [
            (b"content-type", b"application/json; charset=utf-8"),
            _SERVER,
            (b"access-control-allow-origin", b""),
        ]

    def stream_headers(self) -> Headers:
        """See Style."""
        return [
            (b"content-type", b"text/event-stream"),
            _SERVER,
            (b"x-accel-buffering", b"no"),
        ]

    def health(self) -> tuple[Headers, bytes]:
        """See Style."""
        return self.headers(), b'{"status":"ok"}'

    def loading(self) -> ApiError | None:
        """See Style."""
        return ApiError(503, "Loading model")

    def error(self, error: ApiError) -> dict[str, object]:
        """See Style."""
        kind = error.kind or _KINDS.get(error.status, "server_error")
        return {"error": {"code": error.status, "message": error.text, "type": kind}}

    def failed(self, error: ApiError) -> dict[str, object]:
        """See Style."""
        return self.error(error)

    def no_route(self, status: int) -> dict[str, object]:
        """See Style."""
        return self.error(ApiError(status, "File Not Found", kind="not_found_error"))

    def bad_json(self, reason: str) -> ApiError:
        """See Style."""
        return ApiError(500, f"[json.exception.parse_error.101] parse error: {reason}")

    def missing(self, field: str) -> ApiError:
        """See Style."""
        return ApiError(400, f'"{field}" must be provided')

    def too_long(self, prompt: int, limit: int) -> ApiError:
        """See Style."""
        text = (
            f"request ({prompt} tokens) exceeds the available context size"
            f" ({limit} tokens), try increasing it"
        )
        return ApiError(400, text, kind="exceed_context_size_error")

    def models(self, model: str, max_model_len: int) -> dict[str, object]:
        """See Style."""
        served = {
            "id": model,
            "aliases": [model],
            "object": "model",
            "created": int(time.time()),
            "owned_by": "llamacpp",
            "meta": {"n_ctx": max_model_len, "n_ctx_train": max_model_len},
        }
        listed = {"name": model, "model": model, "type": "model", "capabilities": ["completion"]}
        return {"models": [listed], "object": "list", "data": [served]}

    def whole(self, reply: Reply) -> dict[str, Any]:
        """See Style."""
        chat = reply.asked.chat
        said: dict[str, object] = (
            {"message": {"role": "assistant", "content": reply.text}}
            if chat
            else {"text": reply.text, "logprobs": None}
        )
        return {
            "choices": [{**said, "index": 0, "finish_reason": reply.reason}],
            "created": reply.created,
            "model": reply.model,
            "system_fingerprint": "b1-simulated",
            "object": "chat.completion" if chat else "text_completion",
            "usage": reply.usage,
            "id": reply.id,
            "timings": _timings(reply),
        }

    def opening(self, reply: Reply) -> bytes:
        """See Style."""
        if not reply.asked.chat:
            return b""
        return _event(reply, {"delta": {"role": "assistant", "content": None}}, None)

    def piece(self, reply: Reply, text: str) -> bytes:
        """See Style."""
        if reply.asked.chat:
            return _event(reply, {"delta": {"content": text}}, None)
        return _event(reply, {"text": text, "logprobs": None}, None)

    def closing(self, reply: Reply) -> bytes:
        """See Style."""
        timings: dict[str, object] = {"timings": _timings(reply)}
        if reply.asked.chat:
            last = _event(reply, {"delta": {}}, reply.reason, timings)
            if reply.asked.usage:
                last += event({**_chunk(reply), "choices": [], "usage": reply.usage})
        else:
            said: dict[str, object] = {"text": "", "logprobs": None}
            last = _event(reply, said, reply.reason, {"usage": reply.usage, **timings})
        return last + DONE

    def embeddings(
        self, model: str, vectors: Sequence[list[float] | str], tokens: int
    ) -> dict[str, object]:
        """See Style."""
        data = [_embedding(index, vector) for index, vector in enumerate(vectors)]
        return {"model": model, "object": "list", "usage": _read(tokens), "data": data}

    def ranking(self, model: str, ranked: Sequence[Ranked], tokens: int) -> dict[str, object]:
        """See Style."""
        results = [{"index": one.index, "relevance_score": one.score} for one in ranked]
        return {"model": model, "object": "list", "usage": _read(tokens), "results": results}

    def placed(self, request: Placement) -> Sequence[Line]:
        """See Style."""
        head = f"{_CLOCK} I slot launch_slot_: id  0 | task {request.number}"
        return (PlainLine(f"{head} | processing task, is_child = 0"),)

    def released(self, request: Placement) -> Sequence[Line]:
        """See Style."""
        head = f"{_CLOCK} I slot      release: id  0 | task {request.number} | stop processing"
        tokens = request.prompt + request.made
        return (PlainLine(f"{head}: n_tokens = {tokens}, truncated = 0"),)

    def answered(self, client: str, method: str, path: str, status: int) -> Sequence[Line]:
        """See Style: it says nothing of what it was asked."""
        del client, method, path, status
        return ()


def _read(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": tokens, "total_tokens": tokens}


def _embedding(index: int, vector: list[float] | str) -> dict[str, object]:
    one: dict[str, object] = {"embedding": vector, "index": index, "object": "embedding"}
    return {**one, "encoding_format": "base64"} if isinstance(vector, str) else one


def _event(
    reply: Reply,
    said: Mapping[str, object],
    reason: str | None,
    further: Mapping[str, object] | None = None,
) -> bytes:
    choice = {"finish_reason": reason, "index": 0, **said}
    return event({"choices": [choice], **_chunk(reply), **(further or {})})


def _chunk(reply: Reply) -> dict[str, object]:
    return {
        "created": reply.created,
        "id": reply.id,
        "model": reply.model,
        "system_fingerprint": "b1-simulated",
        "object": "chat.completion.chunk" if reply.asked.chat else "text_completion",
    }


def _timings(reply: Reply) -> dict[str, object]:
    return {"cache_n": 0, "prompt_n": reply.asked.prompt_tokens, "predicted_n": reply.tokens}
