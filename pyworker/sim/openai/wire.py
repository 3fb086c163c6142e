"""Answers and events, in the manner of vLLM 0.33 and of llama-server; captured from real ones.

What tells the two apart on the wire:

    vLLM    the first event has the role, the last text has the finish_reason; the usage is an event
            of its own when it is asked for
    llama   role and first text come in one chunk, the last event has no text; its timings and, for
            a completion, the usage are in it
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from pyworker.sim.openai.request import ApiError, Completion
from pyworker.sim.words import FinishReason, Token

Headers = Sequence[tuple[bytes, bytes]]
DONE = b"data: [DONE]\n\n"
_JSON = (b"content-type", b"application/json")


@dataclass(slots=True)
class Reply:
    """An answer as it grows."""

    id: str
    model: str
    asked: Completion
    created: int = field(default_factory=lambda: int(time.time()))
    text: str = ""
    tokens: int = 0
    finish: FinishReason | None = None

    def add(self, tokens: Sequence[Token], finish: FinishReason | None) -> str:
        """Take in what was generated; returns its text."""
        text = "".join(token.text for token in tokens)
        self.text += text
        self.tokens += len(tokens)
        self.finish = finish
        return text

    @property
    def reason(self) -> str | None:
        """Why it ended, in OpenAI's words."""
        return "stop" if self.finish == "stop_sequence" else self.finish

    @property
    def usage(self) -> dict[str, int]:
        """What was read and written."""
        prompt = self.asked.prompt_tokens
        return {
            "prompt_tokens": prompt,
            "total_tokens": prompt + self.tokens,
            "completion_tokens": self.tokens,
        }


class Style(Protocol):
    """The manner of one server."""

    def headers(self) -> Headers:
        """Of every JSON answer."""
        ...

    def stream_headers(self) -> Headers:
        """Of every stream."""
        ...

    def health(self) -> tuple[Headers, bytes]:
        """Of a server that is well."""
        ...

    def error(self, error: ApiError) -> dict[str, object]:
        """The body of a refusal."""
        ...

    def models(self, model: str, max_model_len: int) -> dict[str, object]:
        """The body of /v1/models."""
        ...

    def whole(self, reply: Reply) -> dict[str, object]:
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


def event(value: Mapping[str, Any]) -> bytes:
    """A server-sent event."""
    return b"data: " + orjson.dumps(value) + b"\n\n"


class Vllm:
    """vLLM 0.33."""

    def headers(self) -> Headers:
        """See Style."""
        return [_JSON, (b"server", b"uvicorn")]

    def stream_headers(self) -> Headers:
        """See Style."""
        return [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"server", b"uvicorn"),
        ]

    def health(self) -> tuple[Headers, bytes]:
        """See Style."""
        return [(b"server", b"uvicorn")], b""

    def error(self, error: ApiError) -> dict[str, object]:
        """See Style."""
        kinds = {400: "BadRequestError", 404: "NotFoundError", 503: "ServiceUnavailableError"}
        return {
            "error": {
                "message": error.text,
                "type": kinds.get(error.status, "InternalServerError"),
                "param": error.param,
                "code": error.status,
            }
        }

    def models(self, model: str, max_model_len: int) -> dict[str, object]:
        """See Style."""
        served = {
            "id": model,
            "object": "model",
            "created": int(time.time()),
            "owned_by": "vllm",
            "root": model,
            "parent": None,
            "max_model_len": max_model_len,
        }
        return {"object": "list", "data": [served]}

    def whole(self, reply: Reply) -> dict[str, object]:
        """See Style."""
        chat = reply.asked.chat
        said: dict[str, object] = (
            {"message": {"role": "assistant", "content": reply.text, "tool_calls": []}}
            if chat
            else {"text": reply.text}
        )
        choice = {
            "index": 0,
            **said,
            "logprobs": None,
            "finish_reason": reply.reason,
            "stop_reason": None,
            "token_ids": None,
        }
        return {
            "id": reply.id,
            "object": "chat.completion" if chat else "text_completion",
            "created": reply.created,
            "model": reply.model,
            "choices": [choice],
            "service_tier": None,
            "system_fingerprint": "vllm-0.33.0-simulated",
            "usage": {**reply.usage, "prompt_tokens_details": None},
            "kv_transfer_params": None,
        }

    def opening(self, reply: Reply) -> bytes:
        """See Style."""
        if not reply.asked.chat:
            return b""
        delta = {"role": "assistant", "content": ""}
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
        return event({**self._chunk(reply), "choices": [choice], "prompt_token_ids": None})

    def piece(self, reply: Reply, text: str) -> bytes:
        """See Style."""
        said: dict[str, object] = (
            {"delta": {"content": text}} if reply.asked.chat else {"text": text}
        )
        choice: dict[str, object] = {
            "index": 0,
            **said,
            "logprobs": None,
            "finish_reason": reply.reason,
        }
        if reply.finish or not reply.asked.chat:
            choice["stop_reason"] = None
        return event({**self._chunk(reply), "choices": [{**choice, "token_ids": None}]})

    def closing(self, reply: Reply) -> bytes:
        """See Style."""
        if not reply.asked.usage:
            return DONE
        return event({**self._chunk(reply), "choices": [], "usage": reply.usage}) + DONE

    def _chunk(self, reply: Reply) -> dict[str, object]:
        kind = "chat.completion.chunk" if reply.asked.chat else "text_completion"
        return {
            "id": reply.id,
            "object": kind,
            "created": reply.created,
            "model": reply.model,
        }


class Llama:
    """llama-server."""

    def headers(self) -> Headers:
        """See Style."""
        return [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"server", b"llama.cpp"),
            (b"access-control-allow-origin", b""),
        ]

    def stream_headers(self) -> Headers:
        """See Style."""
        return [
            (b"content-type", b"text/event-stream"),
            (b"server", b"llama.cpp"),
            (b"x-accel-buffering", b"no"),
        ]

    def health(self) -> tuple[Headers, bytes]:
        """See Style."""
        return self.headers(), b'{"status":"ok"}'

    def error(self, error: ApiError) -> dict[str, object]:
        """See Style."""
        kinds = {400: "invalid_request_error", 404: "not_found_error", 503: "unavailable_error"}
        kind = error.kind or kinds.get(error.status, "server_error")
        return {"error": {"code": error.status, "message": error.text, "type": kind}}

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

    def whole(self, reply: Reply) -> dict[str, object]:
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
            "timings": self._timings(reply),
        }

    def opening(self, reply: Reply) -> bytes:
        """See Style."""
        if not reply.asked.chat:
            return b""
        return self._event(reply, {"delta": {"role": "assistant", "content": None}}, None)

    def piece(self, reply: Reply, text: str) -> bytes:
        """See Style."""
        if reply.asked.chat:
            return self._event(reply, {"delta": {"content": text}}, None)
        return self._event(reply, {"text": text, "logprobs": None}, None)

    def closing(self, reply: Reply) -> bytes:
        """See Style."""
        timings: dict[str, object] = {"timings": self._timings(reply)}
        if reply.asked.chat:
            last = self._event(reply, {"delta": {}}, reply.reason, timings)
            if reply.asked.usage:
                last += event({**self._chunk(reply), "choices": [], "usage": reply.usage})
        else:
            said: dict[str, object] = {"text": "", "logprobs": None}
            last = self._event(reply, said, reply.reason, {"usage": reply.usage, **timings})
        return last + DONE

    def _event(
        self,
        reply: Reply,
        said: Mapping[str, object],
        reason: str | None,
        further: Mapping[str, object] | None = None,
    ) -> bytes:
        choice = {"finish_reason": reason, "index": 0, **said}
        return event({"choices": [choice], **self._chunk(reply), **(further or {})})

    def _chunk(self, reply: Reply) -> dict[str, object]:
        return {
            "created": reply.created,
            "id": reply.id,
            "model": reply.model,
            "system_fingerprint": "b1-simulated",
            "object": "chat.completion.chunk" if reply.asked.chat else "text_completion",
        }

    def _timings(self, reply: Reply) -> dict[str, object]:
        return {"cache_n": 0, "prompt_n": reply.asked.prompt_tokens, "predicted_n": reply.tokens}


STYLES: Mapping[str, Style] = {"vllm": Vllm(), "llama": Llama()}
