"""Tokens of a request's prompt, from the bytes of its JSON.

The texts are found and their escapes undone by the native reader whatever counts them, so that the
three backends see the same texts and report the same mistakes:

- native: counted where they stand, no Python string is made;
- the tokenizers package and the estimate: called with one text at a time.

A prompt is exact: what vLLM and TGI count for it. A chat is exact with the model's template
(`pyworker.workload.chat`). Without one the texts of its messages are counted, each by itself, and
what templates write around them is added as a number:

    template   around the texts of a message             around a chat
    ChatML     4: im_start, newline, im_end, newline     3: the head of the answer
    Llama-3    4: two of the header, newlines, eot       5: begin_of_text, and the head
    Mistral    2 or 1: [INST] and [/INST], or </s>       1: <s>

A system prompt that a template has of its own (Qwen2.5: 20 tokens) is known to it only.
"""

from typing import NamedTuple, Protocol

from pyworker._native import TokenCounter as NativeCounter
from pyworker._native import count_json_by
from pyworker.workload.chat import ChatTemplate, TemplateFailed
from pyworker.workload.selector import Selector

# See above: what most templates write around a message, and the most that one writes around all.
TOKENS_PER_MESSAGE = 4
TOKENS_PER_CHAT = 5

Span = tuple[int, int]


class JsonCount(NamedTuple):
    """What a payload holds.

    Attributes:
        tokens: Of the prompt as the engine counts it, `overhead` included. Parts that are no text
            add nothing.
        exact: Whether it is that to the last token: with a real tokenizer, no chat without a
            template, and no parts but texts.
        strings: Texts counted, those of all messages and tools.
        ids: Tokens that came as ids.
        messages: Messages of all chats.
        images, audio, video, other_parts: Parts of messages that are no text, by kind.
        overhead: Tokens within `tokens` that stand for a template that was not there.
    """

    tokens: int
    exact: bool
    strings: int
    ids: int
    messages: int
    images: int
    audio: int
    video: int
    other_parts: int
    overhead: int


class Counting(Protocol):
    """What counts a text; the native counter is one, told apart by its class."""

    def count(self, text: str, special: bool = True) -> int:
        """Tokens of `text`."""
        ...


def count_json(
    counting: Counting,
    payload: bytes,
    selector: Selector,
    *,
    exact: bool,
    span: Span | None = None,
    template: ChatTemplate | None = None,
) -> JsonCount:
    """Count the selected texts of a payload.

    Costs what counting the texts costs and about 0.5 ns a byte for finding them; with a template,
    `ChatTemplate.prompt` beside it. An event loop has it done in a thread from some 64 KiB on.

    Args:
        counting: What counts a text.
        payload: JSON, an object. Only `bytes`, which cannot change while it is read.
        selector: What is counted.
        exact: Whether `counting` is.
        span: Where the object stands in `payload`; all of it when None.
        template: The model's, for exact counts of chats.

    Raises:
        JsonError: The first mistake, with its offset in `payload`: broken JSON, or a selected value
            of a type that no engine takes.
        ValueError: `span` is not within `payload`.
    """
    if template is not None and selector.chats:
        templated = _with_template(counting, payload, selector, exact, span, template)
        if templated is not None:
            return templated
    if isinstance(counting, NativeCounter):
        counted = counting.count_json(payload, selector.native, span)
    else:
        counted = count_json_by(counting.count, payload, selector.native, span)
    tokens, strings, ids, messages, chats, images, audio, video, other = counted
    overhead = TOKENS_PER_MESSAGE * messages + TOKENS_PER_CHAT * chats
    return JsonCount(
        tokens=tokens + ids + overhead,
        exact=exact and chats == 0,
        strings=strings,
        ids=ids,
        messages=messages,
        images=images,
        audio=audio,
        video=video,
        other_parts=other,
        overhead=overhead,
    )


def _with_template(
    counting: Counting,
    payload: bytes,
    selector: Selector,
    exact: bool,
    span: Span | None,
    template: ChatTemplate,
) -> JsonCount | None:
    """The exact count; None when there is no chat, or none that the template takes."""
    # Types and depth are checked here, so that what renders sees a sound chat.
    _, strings, _, messages, chats, images, audio, video, other = count_json_by(
        None, payload, selector.native, span
    )
    if chats == 0:
        return None
    start, end = span or (0, len(payload))
    try:
        rendered = template.of_payload(payload[start:end], selector.chats)
    except TemplateFailed:
        # The engine refuses such a request, too; its cost is estimated like any other.
        return None
    rest = count_json(counting, payload, selector.prompts, exact=exact, span=span)
    tokens = sum(counting.count(chat.text, chat.special) for chat in rendered)
    media = images + audio + video + other
    return JsonCount(
        tokens=rest.tokens + tokens,
        exact=exact and media == 0 and all(chat.exact for chat in rendered),
        strings=strings,
        ids=rest.ids,
        messages=messages,
        images=images,
        audio=audio,
        video=video,
        other_parts=other,
        overhead=0,
    )
