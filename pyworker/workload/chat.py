"""A model's chat template: from the body of a request to the very text that its engine encodes.

    template = ChatTemplate.from_folder(folder)
    counter.count(template.render(messages, tools), special=False)

`special=False`, because a template writes the special tokens itself: transformers
(`apply_chat_template`), vLLM (`ChatCompletionRequest.add_special_tokens`, false unless the client
says so) and TGI (`try_into_generate`) all encode its text without adding any. Encoded with them,
Llama-3's text would begin with two `<|begin_of_text|>`.

Rendering costs about 80 us, 9 us a message and 1 ns a byte beside the counting; compiling, once,
10 to 100 ms. Needs Jinja2, the extra `chat`.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, Self, cast

import orjson

from pyworker.workload.chat_files import NoChatTemplate, in_folder
from pyworker.workload.chat_render import Renderer, TemplateFailed, compiled
from pyworker.workload.chat_request import Engine, Json, TemplateInput, read_request
from pyworker.workload.selector import Messages

__all__ = ["ChatTemplate", "Engine", "NoChatTemplate", "Rendered", "TemplateFailed"]

# Rendering is Python: from a thread, too, it keeps the event loop waiting, 5 ms at a time, and the
# parsing of 8 MiB did so for 26 ms in one go. The largest within these takes 10 ms; beyond them an
# estimate is within a token or two a message.
MOST_MESSAGES = 1024
MOST_BYTES = 2 * 1024 * 1024

# Half of a surrogate pair: an escape in JSON can write one, UTF-8 cannot.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# Not in any chat: the place where the last message ends, in what the template wrote. Its space is
# gone if the template trims messages.
_HERE = "\ue000ends-here\ue000 "


class Rendered(NamedTuple):
    """A request as text.

    Attributes:
        text: What the engine encodes.
        special: Whether it puts special tokens around that.
        exact: Whether it is that to the last byte.
    """

    text: str
    special: bool
    exact: bool


class ChatTemplate:
    """The templates of a model and the special tokens that they name. Safe from many threads."""

    def __init__(
        self,
        templates: Mapping[str, str],
        tokens: Mapping[str, object] | None = None,
        *,
        engine: Engine = "vllm",
    ) -> None:
        """From the templates themselves.

        Args:
            templates: By name. `tool_use` is taken for requests with tools, `default` otherwise.
            tokens: Variables for all of them, such as `bos_token`.
            engine: Whose way to read a request is taken.

        Raises:
            ImportError: Jinja2 is not installed.
            NoChatTemplate: There is no `default`, or one of them is no template.
        """
        if not templates:
            raise NoChatTemplate("there is no chat template")
        if "default" not in templates:
            names = ", ".join(sorted(templates))
            raise NoChatTemplate(f"no chat template is named default, only {names}")
        self.sources = dict(templates)
        self.tokens = dict(tokens or {})
        self.engine: Engine = engine
        try:
            # TGI compiles with the defaults of its engine, which leave blanks alone.
            self._renderers: dict[str, Renderer] = {
                name: compiled(source, trim=engine != "tgi")
                for name, source in self.sources.items()
            }
        except TemplateFailed as error:
            raise NoChatTemplate(str(error)) from error

    @classmethod
    def from_folder(cls, path: str | os.PathLike[str], *, engine: Engine = "vllm") -> Self:
        """The templates of a model's folder, found as transformers finds them.

        `chat_template.jinja` and `additional_chat_templates/*.jinja` come before the
        `chat_template` of tokenizer_config.json, and that before `chat_template.json`.

        Raises:
            OSError: A file is there and cannot be read.
            ImportError, NoChatTemplate: As the constructor.
        """
        templates, tokens = in_folder(path)
        return cls(templates, tokens, engine=engine)

    def render(
        self,
        messages: Sequence[Json],
        tools: Sequence[Json] | None = None,
        *,
        add_generation_prompt: bool = True,
        continue_final_message: bool = False,
        **variables: object,
    ) -> str:
        """A chat as text, as `apply_chat_template(..., tokenize=False)` of transformers gives it.

        Args:
            messages: The chat; keys whose value is None are left out, as transformers does.
            tools: JSON schemas of functions.
            add_generation_prompt: End with the head of the answer.
            continue_final_message: End within the last message, so that the model goes on with it.
            variables: More of them for the template, such as `documents`.

        Raises:
            TemplateFailed: The template does not take this chat.
        """
        chat = [{k: v for k, v in message.items() if v is not None} for message in messages]
        final = _marked(chat) if continue_final_message else None
        name = "tool_use" if tools is not None and "tool_use" in self._renderers else "default"
        text = self._renderers[name](
            {
                "documents": None,
                **self.tokens,
                **variables,
                "messages": chat,
                "tools": tools,
                "add_generation_prompt": add_generation_prompt and not continue_final_message,
            }
        )
        return text if final is None else _until_mark(text, final)

    def of_request(self, request: Json, messages: Iterable[Json]) -> Rendered:
        """What the engine makes of a request.

        Args:
            request: The body of a chat completion, parsed.
            messages: Its messages.

        Raises:
            TemplateFailed: The template does not take this chat.
        """
        given = self._given(request, messages)
        text = self.render(
            given.messages,
            given.tools,
            add_generation_prompt=given.add_generation_prompt,
            continue_final_message=given.continue_final_message,
            **given.variables,
        )
        if given.cut_after is not None:
            end = text.rfind(given.cut_after)
            # A template that trims it is not cut, there as here.
            text = text[: end + len(given.cut_after)].rstrip() if end >= 0 else text
        if not text.isascii():
            text = _LONE_SURROGATE.sub("\ufffd", text)
        return Rendered(text, given.special, given.exact)

    def of_payload(self, payload: bytes, chats: Sequence[Messages]) -> list[Rendered]:
        """What the engine makes of each chat in a payload that was checked before.

        Raises:
            TemplateFailed: The template does not take a chat, or one is beyond the limits.
        """
        if len(payload) > MOST_BYTES:
            raise TemplateFailed(f"more than {MOST_BYTES} bytes")
        body = _parsed(payload)
        rendered: list[Rendered] = []
        for chat in chats:
            *beside, name = chat.path.split(".")
            request = body
            for key in beside:
                request = _object(request.get(key))
            messages = request.get(name)
            if not isinstance(messages, list):
                continue
            messages = cast("list[Json]", messages)
            if len(messages) > MOST_MESSAGES:
                raise TemplateFailed(f"more than {MOST_MESSAGES} messages")
            try:
                rendered.append(self.of_request(request, messages))
            except TemplateFailed:
                raise
            except Exception as error:  # because what a client sends must not fail otherwise
                raise TemplateFailed(f"{type(error).__name__}: {error}") from error
        return rendered

    def _given(self, request: Json, messages: Iterable[Json]) -> TemplateInput:
        return read_request(self.engine, request, messages, parts=self.loops_over_parts)

    def prepare(self) -> None:
        """Do what the first request would wait for, some ms."""
        _ = self.loops_over_parts

    @cached_property
    def loops_over_parts(self) -> bool:
        """Whether the template takes content in parts; vLLM joins their texts for the others."""
        from pyworker.workload.chat_parts import loops_over_parts  # noqa: PLC0415 - needs Jinja2

        return loops_over_parts(self.sources["default"])


def _marked(chat: list[dict[str, object]]) -> str:
    """Marks the end of the last message's text, and returns that text."""
    if not chat:
        raise TemplateFailed("no message to continue")
    content = chat[-1].get("content")
    if isinstance(content, str):
        chat[-1]["content"] = content + _HERE
        return content
    if isinstance(content, list):
        parts = [dict(cast("Json", part)) for part in cast("list[object]", content)]
        for part in reversed(parts):
            if isinstance(text := part.get("text"), str):
                part["text"] = text + _HERE
                chat[-1]["content"] = parts
                return text
    raise TemplateFailed("the last message has no text to continue")


def _until_mark(text: str, final: str) -> str:
    end = text.rfind(_HERE.strip())
    if end < 0 or final.strip() not in text:
        raise TemplateFailed("the template leaves out the text to continue")
    return text[:end] if text.startswith(_HERE, end) else text[:end].rstrip()


def _object(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def _parsed(payload: bytes) -> Json:
    try:
        return _object(orjson.loads(payload))
    except orjson.JSONDecodeError:
        pass
    try:
        # Takes lone surrogates, as the engines that are written in Python do.
        return _object(json.loads(payload))
    except (ValueError, RecursionError) as error:
        raise TemplateFailed(f"{type(error).__name__}: {error}") from error
