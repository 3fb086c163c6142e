"""A completion or a chat as it is answered: its request as it was taken, and its growing text."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from pyworker.sim.words import FinishReason, Token

DONE = b"data: [DONE]\n\n"


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
    stream: bool = False
    usage: bool = False
    stop: tuple[str, ...] = ()
    seed: int | None = None


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
        return usage(self.asked.prompt_tokens, self.tokens)


def usage(prompt: int, written: int) -> dict[str, int]:
    """Tokens as OpenAI counts them."""
    return {
        "prompt_tokens": prompt,
        "total_tokens": prompt + written,
        "completion_tokens": written,
    }


def event(value: Mapping[str, Any], name: str = "") -> bytes:
    """A server-sent event, with a name or without."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + orjson.dumps(value) + b"\n\n"
