"""SGLang 0.5, after its source.

In its streams the role has an event of its own, and in chats so has the finish_reason. Its errors
are no objects within an object, but for those in streams.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyworker.sim.log import Line
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.reply import DONE, Reply, event, usage
from pyworker.sim.openai.styles.style import Placement, Ranked, Rules
from pyworker.sim.openai.styles.uvicorn import Uvicorn, access, chunk

_KINDS = {400: "BadRequestError", 503: "ServiceUnavailableError"}


@dataclass(frozen=True, slots=True)
class SglangLine:
    """A line of SGLang's log, which begins with its time."""

    message: str

    def render(self, at: datetime) -> bytes:
        """See Line."""
        return f"[{at:%Y-%m-%d %H:%M:%S}] {self.message}\n".encode()


class Sglang(Uvicorn):
    """See Style."""

    owner = "sglang"
    rules = Rules(greets=False, base64_vectors=False)

    def error(self, error: ApiError) -> dict[str, object]:
        """See Style."""
        return {
            "object": "error",
            "message": error.text,
            "type": error.kind or _KINDS.get(error.status, "InternalServerError"),
            "param": error.param,
            "code": error.status,
        }

    def failed(self, error: ApiError) -> dict[str, object]:
        """See Style."""
        return {"error": self.error(error)}

    def bad_json(self, reason: str) -> ApiError:
        """See Style."""
        found = "[{'type': 'json_invalid', 'loc': ('body', 0), 'msg': 'JSON decode error'}]"
        return ApiError(400, f"{found} {reason}", kind="Bad Request")

    def missing(self, field: str) -> ApiError:
        """See Style."""
        found = f"[{{'type': 'missing', 'loc': ('body', '{field}'), 'msg': 'Field required'}}]"
        return ApiError(400, found, kind="Bad Request")

    def too_long(self, prompt: int, limit: int) -> ApiError:
        """See Style."""
        text = (
            f"The input ({prompt} tokens) is longer than the model's context length"
            f" ({limit} tokens)."
        )
        return ApiError(400, text)

    def whole(self, reply: Reply) -> dict[str, Any]:
        """See Style."""
        chat = reply.asked.chat
        message = {
            "role": "assistant",
            "content": reply.text,
            "reasoning_content": None,
            "tool_calls": None,
        }
        said: dict[str, object] = {"message": message} if chat else {"text": reply.text}
        choice = {
            "index": 0,
            **said,
            "logprobs": None,
            "finish_reason": reply.reason,
            "matched_stop": _matched(reply),
        }
        return {
            "id": reply.id,
            "object": "chat.completion" if chat else "text_completion",
            "created": reply.created,
            "model": reply.model,
            "choices": [choice],
            "usage": {**reply.usage, "prompt_tokens_details": None, "reasoning_tokens": 0},
            "metadata": {"weight_version": "default"},
        }

    def opening(self, reply: Reply) -> bytes:
        """See Style."""
        return _delta(reply, {"role": "assistant", "content": ""}) if reply.asked.chat else b""

    def piece(self, reply: Reply, text: str) -> bytes:
        """See Style."""
        if reply.asked.chat:
            return _delta(reply, {"role": None, "content": text})
        said = {"index": 0, "text": text, "logprobs": None, "finish_reason": reply.reason}
        choice = {**said, "matched_stop": _matched(reply)}
        return event({**chunk(reply), "choices": [choice], "usage": None})

    def closing(self, reply: Reply) -> bytes:
        """See Style."""
        last = b""
        if reply.asked.chat:
            last = _delta(reply, {"role": None, "content": None}, reply.reason, _matched(reply))
        if reply.asked.usage:
            last += event({**chunk(reply), "choices": [], "usage": reply.usage})
        return last + DONE

    def embeddings(
        self, model: str, vectors: Sequence[list[float] | str], tokens: int
    ) -> dict[str, object]:
        """See Style."""
        data = [
            {"embedding": vector, "index": index, "object": "embedding"}
            for index, vector in enumerate(vectors)
        ]
        return {"data": data, "model": model, "object": "list", "usage": usage(tokens, 0)}

    def ranking(self, model: str, ranked: Sequence[Ranked], tokens: int) -> list[object]:
        """See Style: a bare list."""
        del model
        about = {"prompt_tokens": tokens // max(len(ranked), 1), "finish_reason": None}
        return [
            {
                "score": one.score,
                "document": one.document,
                "index": one.index,
                "meta_info": about,
            }
            for one in ranked
        ]

    def placed(self, request: Placement) -> Sequence[Line]:
        """See Style."""
        text = prefill_batch(new=request.prompt, running=request.running - 1, queued=request.queued)
        return (SglangLine(text),)

    def released(self, request: Placement) -> Sequence[Line]:
        """See Style: it counts requests, but speaks of none that ends."""
        del request
        return ()

    def answered(self, client: str, method: str, path: str, status: int) -> Sequence[Line]:
        """See Style."""
        return (SglangLine(access(client, method, path, status)),)


def prefill_batch(*, new: int, running: int, queued: int) -> str:
    """What it logs when it reads a prompt of `new` tokens."""
    return (
        f"Prefill batch, #new-seq: 1, #new-token: {new}, #cached-token: 0, token usage: 0.00,"
        f" #running-req: {running}, #queue-req: {queued}"
    )


def _matched(reply: Reply) -> str | None:
    """The stop sequence that ended it."""
    ended = [stop for stop in reply.asked.stop if reply.text.endswith(stop)]
    return ended[0] if ended and reply.reason == "stop" else None


def _delta(
    reply: Reply, said: dict[str, object], reason: str | None = None, matched: str | None = None
) -> bytes:
    delta = {**said, "reasoning_content": None, "tool_calls": None}
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    choices = [{**choice, "matched_stop": matched}]
    return event({**chunk(reply), "choices": choices, "usage": None})
