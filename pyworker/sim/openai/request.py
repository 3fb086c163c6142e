"""What a completion or a chat asks for, checked as the simulated server checks it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

from pyworker.sim.openai.settings import OpenAiSettings
from pyworker.sim.words import count_prompt_tokens


class ApiError(Exception):
    """A request that is refused, or that failed.

    Args:
        status: Of the answer.
        text: What the client is told.
        param: The field it is about.
        kind: What llama.cpp calls it, where that does not follow from the status.
    """

    def __init__(self, status: int, text: str, *, param: str | None = None, kind: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.param = param
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A request that is taken.

    Attributes:
        chat: Whether it is a chat.
        text: All of its prompt, from which the words of the answer follow.
        prompt_tokens: Its length.
        max_tokens: Where the answer ends at the latest.
        stream, usage: Whether it is a stream, and whether that ends with the usage.
        stop: Where the answer ends, too.
        seed: Chooses the words; None for the server's.
    """

    chat: bool
    text: str
    prompt_tokens: int
    max_tokens: int
    stream: bool
    usage: bool
    stop: tuple[str, ...]
    seed: int | None


def parse_object(body: bytes, style: str) -> Mapping[str, Any]:
    """A body as JSON.

    Raises:
        ApiError: It is no JSON object; 400 with vLLM and 500 with llama.cpp.
    """
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if style == "llama":
            text = f"[json.exception.parse_error.101] parse error: {error}"
            raise ApiError(500, text) from error
        found = f"{{'type': 'json_invalid', 'msg': 'JSON decode error: {error}'}}"
        text = f"1 validation error:\n  {found}"
        raise ApiError(400, text, param="body") from error
    if not isinstance(value, dict):
        raise ApiError(400, "the body must be an object", param="body")
    return cast("Mapping[str, Any]", value)


def parse_completion(
    request: Mapping[str, Any], settings: OpenAiSettings, *, chat: bool
) -> Completion:
    """A completion or a chat.

    Raises:
        ApiError: The server does not take it.
    """
    model = request.get("model")
    if settings.style == "vllm" and model not in (None, "", settings.model_id):
        text = f"The model `{model}` does not exist. Valid aliases: {settings.model_id}."
        raise ApiError(404, text, param="model")
    if request.get("n") not in (None, 1):
        raise ApiError(400, "this simulator gives one choice", param="n")
    text, prompt_tokens = _chat(request) if chat else _prompt(request)
    stop = request.get("stop")
    options: Any = request.get("stream_options")
    seed = request.get("seed")
    return Completion(
        chat=chat,
        text=text,
        prompt_tokens=prompt_tokens,
        max_tokens=_max_tokens(request, settings, prompt_tokens, chat=chat),
        stream=request.get("stream") is True,
        usage=isinstance(options, dict)
        and cast("dict[str, Any]", options).get("include_usage") is True,
        stop=tuple(text for text in _texts(stop) if text),
        seed=seed if isinstance(seed, int) else None,
    )


def _prompt(request: Mapping[str, Any]) -> tuple[str, int]:
    prompt = request.get("prompt")
    if isinstance(prompt, list) and len(cast("list[Any]", prompt)) == 1:
        prompt = cast("list[Any]", prompt)[0]
    if isinstance(prompt, str) and prompt:
        return prompt, count_prompt_tokens(prompt)
    if isinstance(prompt, list):
        ids = cast("list[Any]", prompt)
        if ids and all(isinstance(one, int) for one in ids):
            return str(ids), len(ids)
        raise ApiError(400, "this simulator takes one prompt at a time", param="prompt")
    text = "Either prompt or prompt_embeds must be provided and non-empty."
    raise ApiError(400, f"{text} (parameter=prompt)", param="prompt")


def _chat(request: Mapping[str, Any]) -> tuple[str, int]:
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ApiError(400, "'messages' is required", param="messages")
    texts: list[str] = []
    for message in cast("list[Any]", messages):
        if not isinstance(message, dict):
            raise ApiError(400, "a message must be an object", param="messages")
        content = cast("dict[str, Any]", message).get("content")
        parts = cast("list[Any]", content) if isinstance(content, list) else [content]
        for part in parts:
            texts += _texts(cast("dict[str, Any]", part)["text"] if _has_text(part) else part)
    text = "\n".join(texts)
    # What a template writes around a message is about four tokens.
    return text, count_prompt_tokens(text) + 4 * len(cast("list[Any]", messages))


def _has_text(part: Any) -> bool:
    return isinstance(part, dict) and "text" in part


def _max_tokens(
    request: Mapping[str, Any], settings: OpenAiSettings, prompt_tokens: int, *, chat: bool
) -> int:
    room = settings.max_model_len - prompt_tokens
    if room < 1:
        text = (
            f"request ({prompt_tokens} tokens) exceeds the available context size"
            f" ({settings.max_model_len} tokens), try increasing it"
        )
        raise ApiError(400, text, param="prompt", kind="exceed_context_size_error")
    asked = request.get("max_completion_tokens") if chat else None
    asked = request.get("max_tokens") if asked is None else asked
    if settings.style == "llama" and asked == -1:
        asked = None  # as many as fit
    if asked is None:
        return room if chat or settings.style == "llama" else min(settings.default_max_tokens, room)
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        text = f"max_tokens must be at least 1, got {asked}. (parameter=max_tokens, value={asked})"
        raise ApiError(400, text, param="max_tokens")
    if asked > room and settings.style == "vllm":
        text = (
            f"max_tokens={asked} cannot be greater than what is left of"
            f" max_model_len={settings.max_model_len}. (parameter=max_tokens, value={asked})"
        )
        raise ApiError(400, text, param="max_tokens")
    return min(asked, room)


def _texts(value: Any) -> list[str]:
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]
