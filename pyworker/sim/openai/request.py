"""What a completion or a chat asks for, checked as the simulated server checks it."""

from collections.abc import Mapping
from typing import Any, cast

from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.reply import Completion
from pyworker.sim.words import count_prompt_tokens


def parse_completion(request: Mapping[str, Any], desk: Desk, *, chat: bool) -> Completion:
    """A completion or a chat.

    Raises:
        ApiError: The server does not take it.
    """
    desk.check_model(request.get("model"))
    if request.get("n") not in (None, 1):
        raise ApiError(400, "this simulator gives one choice", param="n")
    text, prompt_tokens = parse_messages(request.get("messages")) if chat else _prompt(request)
    options: Any = request.get("stream_options")
    seed = request.get("seed")
    return Completion(
        chat=chat,
        text=text,
        prompt_tokens=prompt_tokens,
        max_tokens=max_tokens(request, desk, prompt_tokens, chat=chat),
        stream=request.get("stream") is True,
        usage=isinstance(options, dict)
        and cast("dict[str, Any]", options).get("include_usage") is True,
        stop=tuple(text for text in _texts(request.get("stop")) if text),
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


def parse_messages(messages: Any) -> tuple[str, int]:
    """The text of a conversation and its tokens.

    Raises:
        ApiError: It is none.
    """
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


def max_tokens(request: Mapping[str, Any], desk: Desk, prompt_tokens: int, *, chat: bool) -> int:
    """Where an answer ends at the latest.

    Raises:
        ApiError: Prompt and answer do not fit.
    """
    rules, limit = desk.style.rules, desk.settings.max_model_len
    room = limit - prompt_tokens
    if room < 1:
        raise desk.style.too_long(prompt_tokens, limit)
    asked = request.get("max_completion_tokens") if chat else None
    asked = request.get("max_tokens") if asked is None else asked
    if rules.unlimited and asked == -1:
        asked = None  # as many as fit
    if asked is None:
        return room if chat or rules.unlimited else min(desk.settings.default_max_tokens, room)
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        text = f"max_tokens must be at least 1, got {asked}. (parameter=max_tokens, value={asked})"
        raise ApiError(400, text, param="max_tokens")
    if asked > room and not rules.clips:
        text = (
            f"max_tokens={asked} cannot be greater than what is left of"
            f" max_model_len={limit}. (parameter=max_tokens, value={asked})"
        )
        raise ApiError(400, text, param="max_tokens")
    return min(asked, room)


def _texts(value: Any) -> list[str]:
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]
