"""Chats, and templates with the tokens that they are rendered with."""

from typing import Any

from pyworker.workload.chat import ChatTemplate
from tests.workload.chat_templates import CALLS, CHAT, TOOLS

TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}

CHATS: list[tuple[list[dict[str, Any]], list[dict[str, Any]] | None]] = [
    (CHAT, None),
    (CALLS, TOOLS),
    (CHAT[:1], TOOLS),
    ([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"}]}] * 4, None),
    ([{"role": "skip", "content": []}, {"role": "user", "content": [], "name": None}], None),
]


def template(source: str, **options: Any) -> ChatTemplate:
    """The template of a tokenizer that has `TOKENS`."""
    return ChatTemplate({"default": source}, TOKENS, **options)


def user(content: object) -> dict[str, Any]:
    """A request of one message."""
    return {"messages": [{"role": "user", "content": content}]}
