"""vLLM 0.33, with vLLM-Omni's routes.

In its streams the first event has the role and the last text the finish_reason; the usage is an
event of its own when it is asked for. Captured from a real one, but for the pooled answers, which
follow its source.
"""

import secrets
import time
from collections.abc import Sequence
from typing import Any

from pyworker.sim.log import Line, PlainLine
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.reply import DONE, Reply, event, usage
from pyworker.sim.openai.styles.style import Placement, Ranked, Rules
from pyworker.sim.openai.styles.uvicorn import Uvicorn, access, chunk

_KINDS = {400: "BadRequestError", 404: "NotFoundError", 503: "ServiceUnavailableError"}


class Vllm(Uvicorn):
    """See Style."""

    owner = "vllm"
    rules = Rules(checks_model=True)

    def error(self, error: ApiError) -> dict[str, object]:
        """See Style."""
        return {
            "error": {
                "message": error.text,
                "type": error.kind or _KINDS.get(error.status, "InternalServerError"),
                "param": error.param,
                "code": error.status,
            }
        }

    def failed(self, error: ApiError) -> dict[str, object]:
        """See Style."""
        return self.error(error)

    def bad_json(self, reason: str) -> ApiError:
        """See Style."""
        found = f"{{'type': 'json_invalid', 'loc': 'body', 'msg': 'JSON decode error: {reason}'}}"
        return _invalid(found, "body")

    def missing(self, field: str) -> ApiError:
        """See Style."""
        found = f"{{'type': 'missing', 'loc': 'body.{field}', 'msg': 'Field required'}}"
        return _invalid(found, f"body.{field}")

    def too_long(self, prompt: int, limit: int) -> ApiError:
        """See Style."""
        text = (
            f"This model's maximum context length is {limit} tokens. However, your request has"
            f" {prompt} input tokens. Please reduce the length of the input messages."
        )
        return ApiError(400, text, param="input_tokens")

    def whole(self, reply: Reply) -> dict[str, Any]:
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
        return event({**chunk(reply), "choices": [choice], "prompt_token_ids": None})

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
        return event({**chunk(reply), "choices": [{**choice, "token_ids": None}]})

    def closing(self, reply: Reply) -> bytes:
        """See Style."""
        if not reply.asked.usage:
            return DONE
        return event({**chunk(reply), "choices": [], "usage": reply.usage}) + DONE

    def embeddings(
        self, model: str, vectors: Sequence[list[float] | str], tokens: int
    ) -> dict[str, object]:
        """See Style."""
        data = [
            {"index": index, "object": "embedding", "embedding": vector}
            for index, vector in enumerate(vectors)
        ]
        return pooled("embd-", model, data, tokens)

    def ranking(self, model: str, ranked: Sequence[Ranked], tokens: int) -> dict[str, object]:
        """See Style."""
        results = [
            {
                "index": one.index,
                "document": {"text": one.document, "multi_modal": None},
                "relevance_score": one.score,
            }
            for one in ranked
        ]
        return {
            "id": "score-" + secrets.token_hex(8),
            "model": model,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            "results": results,
        }

    def placed(self, request: Placement) -> Sequence[Line]:
        """See Style."""
        del request
        return ()

    def released(self, request: Placement) -> Sequence[Line]:
        """See Style."""
        del request
        return ()

    def answered(self, client: str, method: str, path: str, status: int) -> Sequence[Line]:
        """See Style."""
        return (PlainLine(access(client, method, path, status)),)


def pooled(prefix: str, model: str, data: Sequence[object], tokens: int) -> dict[str, object]:
    """An answer of vLLM that lists something for each text it has read."""
    return {
        "id": prefix + secrets.token_hex(8),
        "object": "list",
        "created": int(time.time()),
        "model": model,
        "data": data,
        "usage": {**usage(tokens, 0), "prompt_tokens_details": None},
    }


def _invalid(found: str, param: str) -> ApiError:
    return ApiError(400, f"1 validation error:\n  {found}", param=param, kind="Bad Request")
