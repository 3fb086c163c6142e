"""What vLLM and SGLang have in common: both are FastAPI behind uvicorn, after OpenAI's examples."""

import time
from http import HTTPStatus

from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.reply import Reply
from pyworker.sim.openai.styles.style import Headers

_SERVER = (b"server", b"uvicorn")


class Uvicorn:
    """See Style.

    Attributes:
        owner: Who owns the model.
    """

    owner = ""

    def headers(self) -> Headers:
        """See Style."""
        return [(b"content-type", b"application/json"), _SERVER]

    def stream_headers(self) -> Headers:
        """See Style."""
        return [(b"content-type", b"text/event-stream; charset=utf-8"), _SERVER]

    def health(self) -> tuple[Headers, bytes]:
        """See Style."""
        return [_SERVER], b""

    def loading(self) -> ApiError | None:
        """See Style: vLLM's port opens when it has loaded, and SGLang's warm-up is a request among
        others; only its health says that it runs.
        """
        return None

    def no_route(self, status: int) -> dict[str, object]:
        """See Style: FastAPI's own, which they leave as they are."""
        return {"detail": HTTPStatus(status).phrase}

    def models(self, model: str, max_model_len: int) -> dict[str, object]:
        """See Style."""
        served = {
            "id": model,
            "object": "model",
            "created": int(time.time()),
            "owned_by": self.owner,
            "root": model,
            "parent": None,
            "max_model_len": max_model_len,
        }
        return {"object": "list", "data": [served]}


def access(client: str, method: str, path: str, status: int) -> str:
    """What uvicorn logs."""
    phrase = HTTPStatus(status).phrase
    return f'INFO:     {client} - "{method} {path} HTTP/1.1" {status} {phrase}'


def chunk(reply: Reply) -> dict[str, object]:
    """What every event of a stream begins with."""
    return {
        "id": reply.id,
        "object": "chat.completion.chunk" if reply.asked.chat else "text_completion",
        "created": reply.created,
        "model": reply.model,
    }
