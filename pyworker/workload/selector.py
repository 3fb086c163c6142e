"""Which values of a request's JSON are counted: plain data, read once per definition.

    prompt("prompt", "inputs", "input.prompt") | messages("messages")

A path descends objects by their keys; a key that holds a dot cannot be named. What is absent or
null counts nothing. Of a key that stands twice the last counts, as in every reader behind us.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Literal

from pyworker._native import JsonSelector


@dataclass(frozen=True, slots=True)
class Prompt:
    """A string, a list of strings, a list of token ids, or a list of such lists.

    Every string is a text of its own; every id is a token.

    Attributes:
        path: Dotted path of the value.
        special: With the special tokens that the model's encoder puts around each string, as vLLM
            and TGI put them around a prompt. Never around token ids.
    """

    path: str
    special: bool = True


@dataclass(frozen=True, slots=True)
class Messages:
    """A chat in the shape of the OpenAI API, with the `tools` beside it.

    Texts of a message: `role`; `name`; `content`, a string or the texts of its parts (types text,
    input_text, output_text, refusal, thinking, and bare strings); name and arguments of each of
    its `tool_calls`. A tool is its JSON, escapes undone. Parts that are images, sound or film are
    counted by number: their tokens are known to the model's own processor only.

    Attributes:
        path: Dotted path of the list of messages.
    """

    path: str = "messages"

    @property
    def beside(self) -> str:
        """Path of the object that holds the messages, with a dot at its end; empty for the root."""
        return self.path[: self.path.rfind(".") + 1]


@dataclass(frozen=True, slots=True)
class Selector:
    """A set of entries; `|` joins two.

    Raises:
        ValueError: A path has an empty or more than 16 keys, leads to or through another one, or
            there are more than 32.
    """

    entries: tuple[Prompt | Messages, ...]
    native: JsonSelector = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "native", _native(self.entries))

    def __or__(self, other: "Selector") -> "Selector":
        return Selector(self.entries + other.entries)

    @property
    def prompts(self) -> "Selector":
        """Without the chats."""
        return Selector(tuple(entry for entry in self.entries if isinstance(entry, Prompt)))

    @property
    def chats(self) -> tuple[Messages, ...]:
        """The chats."""
        return tuple(entry for entry in self.entries if isinstance(entry, Messages))


def prompt(*paths: str, special: bool = True) -> Selector:
    """Prompts at these paths."""
    return Selector(tuple(Prompt(path, special) for path in paths))


def messages(*paths: str) -> Selector:
    """Chats at these paths; `messages` without any."""
    return Selector(tuple(Messages(path) for path in paths or ("messages",)))


def any_of(selectors: Sequence[Selector]) -> Selector:
    """All entries of all selectors."""
    return reduce(Selector.__or__, selectors, Selector(()))


def _native(entries: tuple[Prompt | Messages, ...]) -> JsonSelector:
    found: list[tuple[str, Literal["prompt", "messages", "tools"], bool]] = []
    for entry in entries:
        if isinstance(entry, Prompt):
            found.append((entry.path, "prompt", entry.special))
        else:
            found.append((entry.path, "messages", False))
            found.append((entry.beside + "tools", "tools", False))
    return JsonSelector(found)


# What a server with the APIs of OpenAI and TGI takes: completions, generate, chat.
USUAL = prompt("prompt", "inputs") | messages("messages")
