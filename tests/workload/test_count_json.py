"""count_json counts what a parser finds and a counter counts, without making the strings."""

import json
import re
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from pyworker._native import JsonError
from pyworker.workload.fallback import Reference
from pyworker.workload.json_count import TOKENS_PER_CHAT, TOKENS_PER_MESSAGE, JsonCount
from pyworker.workload.selector import USUAL, Messages, Prompt, Selector, any_of, messages, prompt
from pyworker.workload.tokens import TokenCounter

CORPUS = ["the cat sat on the mat and the dog sat on the cat", "{'a': [1, 2]} été 中文 \n\n  x"]


def trained() -> bytes:
    """A small byte-level BPE with a token that may stand in a text and one around each text."""
    tokenizer: Any = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=["<s>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS * 10, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 0)]
    )
    return cast("str", tokenizer.to_str()).encode()


TOKENIZER = trained()
COUNTERS = {
    "native": TokenCounter.from_bytes(TOKENIZER),
    "tokenizers": TokenCounter(Reference(TOKENIZER, whole=False), backend="tokenizers", source=""),
    "estimate": TokenCounter.estimate(),
}
EVERYTHING = prompt("prompt", "input.prompt") | prompt("plain", special=False) | messages()


@pytest.fixture(params=COUNTERS)
def counter(request: pytest.FixtureRequest) -> TokenCounter:
    """Each of the three backends, as itself."""
    counter = COUNTERS[request.param]
    assert counter.backend == request.param
    return counter


def test_a_prompt_is_counted_with_the_special_tokens_around_it(counter: TokenCounter) -> None:
    payload = b'{"prompt": ["the cat", "\\u00e9t\\u00e9"], "plain": "the cat"}'
    expected = counter.count("the cat") + counter.count("été") + counter.count("the cat", False)
    found = counter.count_json(payload, EVERYTHING)
    assert found == JsonCount(expected, counter.exact, 3, 0, 0, 0, 0, 0, 0, 0)


def test_a_long_text_with_escapes_counts_the_same_when_it_comes_again(
    counter: TokenCounter,
) -> None:
    # From 1 KiB on it is known by its bytes in the body, whose end is the first quote that counts.
    endings = ["\\", '"', '\\"', "\\\\", '"\\', "\U0001f600", "x"]
    texts = ["the cat\n\t" * 150 + ending for ending in endings]
    texts += ["the cat\n" * 200 + ending * 2 for ending in endings]
    chat = {"messages": [{"role": text, "name": "x", "content": text} for text in texts]}
    parts = [{"type": "text", "text": text} for text in texts]
    cases = [
        ({"prompt": texts}, sum(counter.count(text) for text in texts)),
        ({"plain": texts}, sum(counter.count(text, False) for text in texts)),
        (chat, sum(2 * counter.count(text, False) + counter.count("x", False) for text in texts)),
        (
            {"messages": [{"role": "x", "content": parts}]},
            sum(counter.count(text, False) for text in texts) + counter.count("x", False),
        ),
    ]
    for _ in range(2):
        for payload, tokens in cases:
            for ascii_only in (False, True):
                body = json.dumps(payload, ensure_ascii=ascii_only).encode()
                found = counter.count_json(body, EVERYTHING)
                assert found.tokens - found.overhead == tokens
                with pytest.raises(JsonError):
                    counter.count_json(body[:-3], EVERYTHING)


def test_token_ids_are_tokens(counter: TokenCounter) -> None:
    found = counter.count_json(b'{"prompt": [[1, 2], [3]], "plain": [4]}', EVERYTHING)
    assert (found.tokens, found.ids, found.strings, found.exact) == (4, 4, 0, counter.exact)


def test_a_chat_adds_the_stated_overhead_and_is_not_exact(counter: TokenCounter) -> None:
    payload = b"""{"messages": [
        {"role": "user", "content": [{"type": "text", "text": "the cat"}, {"type": "image_url"}]},
        {"role": "tool", "content": "sat<|im_end|>"}]}"""
    found = counter.count_json(payload, USUAL)
    overhead = 2 * TOKENS_PER_MESSAGE + TOKENS_PER_CHAT
    texts = ["user", "the cat", "tool", "sat<|im_end|>"]
    assert found.tokens == sum(counter.count(text, False) for text in texts) + overhead
    assert found[1:] == (False, 4, 0, 2, 1, 0, 0, 0, overhead)


def test_an_added_token_in_a_text_is_one_token() -> None:
    for name in ("native", "tokenizers"):
        found = COUNTERS[name].count_json(b'{"plain": "<|im_\\u0065nd|>"}', EVERYTHING)
        assert found.tokens == 1


def test_a_span_is_read_and_nothing_else(counter: TokenCounter) -> None:
    body = b'{"payload": {"plain": "the cat"}} and more'
    found = counter.count_json(body, EVERYTHING, span=(12, 32))
    assert found.tokens == counter.count("the cat", False)
    for span in ((3, 2), (0, 1000), (50, 60)):
        with pytest.raises(ValueError, match="is not within"):
            counter.count_json(body, EVERYTHING, span=span)


def test_a_mistake_has_its_place_in_the_body(counter: TokenCounter) -> None:
    body = b'{"payload": {"messages": [{"role": 5}]}}'
    with pytest.raises(JsonError) as caught:
        counter.count_json(body, EVERYTHING, span=(12, 39))
    error = caught.value
    assert (error.kind, error.position, error.path) == ("type", 35, "messages")
    assert str(error) == "messages: expected a string or null, found a number (byte 35)"
    with pytest.raises(JsonError, match="expected an object, found a string"):
        counter.count_json(b'"prompt"', EVERYTHING)


def test_what_counting_raises_is_raised() -> None:
    class Broken(Exception):
        pass

    class Counting:
        def count(self, text: str, special: bool = True) -> int:
            raise Broken(text)

    broken = TokenCounter(Counting(), backend="tokenizers", source="")  # pyright: ignore[reportArgumentType]
    with pytest.raises(Broken, match="first"):
        broken.count_json(b'{"prompt": ["first", "second"]}', EVERYTHING)


def test_selectors_join_and_refuse_what_cannot_be_meant() -> None:
    joined = any_of([prompt("a", "b.c"), prompt("d", special=False), messages("x.chat")])
    assert joined == Selector((Prompt("a"), Prompt("b.c"), Prompt("d", False), Messages("x.chat")))
    assert joined.chats == (Messages("x.chat"),)
    assert joined.prompts.entries == joined.entries[:3]
    for paths in (["a", "a"], ["a", "a.b"], ["a..b"], [""], [str(at) for at in range(33)]):
        with pytest.raises(ValueError, match=r"path"):
            prompt(*paths)
    with pytest.raises(ValueError, match="leads through"):
        _ = messages("a.chat") | prompt("a.tools")


def test_tools_stand_beside_their_messages(counter: TokenCounter) -> None:
    payload = b'{"tools": [{"out": 1}], "x": {"tools": [{"in": 1}], "chat": []}}'
    found = counter.count_json(payload, messages("x.chat"))
    assert found.tokens == counter.count('{"in": 1}', False) + TOKENS_PER_CHAT


# Text as clients send it: escapes of all kinds, pairs and halves of pairs, runs around the sizes
# at which the reader changes its step, and added tokens.
TEXT: st.SearchStrategy[str] = st.one_of(
    st.text(max_size=12),
    st.text(alphabet='"\\/\b\f\n\r\t\x00 aé中😀\ud83d\ude00', max_size=12),
    st.integers(0, 20).map(lambda n: "the cat " * n + "中"),
    st.sampled_from(["<s>", "a<|im_end|>b", " <s> "]),
)
PART: st.SearchStrategy[Any] = st.one_of(
    TEXT,
    st.fixed_dictionaries({"type": st.sampled_from(["text", "input_text"]), "text": TEXT}),
    st.fixed_dictionaries({"text": TEXT, "type": st.just("text"), "cache": st.booleans()}),
    st.fixed_dictionaries({"type": st.sampled_from(["image_url", "image"]), "text": TEXT}),
    st.just({"type": "text", "text": None}),
)
# Sent as JSON in a string, or as JSON.
JSON: st.SearchStrategy[Any] = st.dictionaries(
    TEXT, st.one_of(TEXT, st.integers(), st.none()), max_size=3
)
CALL: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"function": st.fixed_dictionaries({"arguments": st.one_of(TEXT, JSON), "name": TEXT})}
)
MESSAGE: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "content": st.one_of(TEXT, st.none(), st.lists(PART, max_size=4)),
        "role": TEXT,
        "name": st.one_of(TEXT, st.none()),
        "tool_calls": st.one_of(st.none(), st.lists(CALL, max_size=2)),
        "other": st.lists(TEXT, max_size=2),
    },
)
PROMPT: st.SearchStrategy[Any] = st.one_of(
    TEXT,
    st.none(),
    st.lists(TEXT, max_size=3),
    st.lists(st.integers(0, 1 << 40), max_size=5),
    st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=3),
)
PAYLOAD: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "messages": st.lists(MESSAGE, max_size=4),
        "prompt": PROMPT,
        "input": st.fixed_dictionaries({}, optional={"prompt": PROMPT, "x": TEXT}),
        "plain": PROMPT,
        "tools": st.lists(JSON, max_size=2),
        "max_tokens": st.integers(),
    },
)


def twin(payload: dict[str, Any], tight: bool) -> tuple[list[tuple[str, bool]], int]:
    """Every text in a parsed payload with its `special`, and the number of token ids."""
    texts: list[tuple[str, bool]] = []
    ids = 0
    nested = payload.get("input", {}).get("prompt")
    for value, special in [
        (payload.get("prompt"), True),
        (nested, True),
        (payload.get("plain"), False),
    ]:
        items = as_list(value)
        texts += [(item, special) for item in items if isinstance(item, str)]
        ids += sum(len(cast("list[int]", item)) for item in items if isinstance(item, list))
        ids += sum(isinstance(item, int) for item in items)
    for message in payload.get("messages", []):
        texts += [(text, False) for text in of_message(message, tight)]
    texts += [(as_json(tool, tight), False) for tool in payload.get("tools", [])]
    return [(re.sub("[\ud800-\udfff]", "\ufffd", text), special) for text, special in texts], ids


def as_list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def of_message(message: dict[str, Any], tight: bool) -> list[str]:
    texts: list[Any] = [message.get("role"), message.get("name")]
    content = message.get("content")
    for part in as_list(content):
        if isinstance(part, dict):
            fields = cast("dict[str, Any]", part)
            texts += [fields["text"]] if fields["type"] in ("text", "input_text") else []
        else:
            texts.append(part)
    calls: list[Any] = message.get("tool_calls") or []
    for call in calls:
        arguments = call["function"]["arguments"]
        texts.append(call["function"]["name"])
        texts.append(arguments if isinstance(arguments, str) else as_json(arguments, tight))
    return [text for text in texts if text is not None]


def spelled(value: object, tight: bool, ascii_only: bool = False) -> str:
    separators = (",", ":") if tight else (", ", ": ")
    return json.dumps(value, ensure_ascii=ascii_only, separators=separators)


def as_json(value: object, tight: bool) -> str:
    """JSON with the escapes in it undone, as if all of it were the inside of a string."""
    quoted = re.sub(r'\\.|"', lambda m: '\\"' if m[0] == '"' else m[0], spelled(value, tight))
    return cast("str", json.loads(f'"{quoted}"', strict=False))


@given(PAYLOAD, st.booleans(), st.booleans())
@settings(max_examples=150)
def test_it_counts_what_a_parser_finds(payload: Any, tight: bool, ascii_only: bool) -> None:
    try:
        body = spelled(payload, tight, ascii_only).encode()
    except UnicodeEncodeError:
        body = spelled(payload, tight, ascii_only=True).encode()
    # Parsed again: two halves of a pair that met in a text are one character now.
    texts, ids = twin(json.loads(body), tight)
    chat = TOKENS_PER_CHAT * ("messages" in payload)
    overhead = TOKENS_PER_MESSAGE * len(payload.get("messages", [])) + chat
    for counter in COUNTERS.values():
        found = counter.count_json(body, EVERYTHING)
        counted = sum(counter.count(text, special) for text, special in texts)
        assert (found.strings, found.ids, found.overhead) == (len(texts), ids, overhead)
        assert found.tokens == counted + ids + overhead
        assert found.exact == (counter.exact and not chat)


@given(PAYLOAD, st.data())
@settings(max_examples=60)
def test_a_cut_payload_is_refused_within_itself(payload: Any, data: st.DataObject) -> None:
    body = json.dumps(payload).encode()
    cut = data.draw(st.integers(0, len(body) - 1))
    for counter in COUNTERS.values():
        with pytest.raises(JsonError) as caught:
            counter.count_json(body[:cut], EVERYTHING)
        assert caught.value.position <= cut
        assert caught.value.kind == "json"


@given(st.binary(max_size=60))
@settings(max_examples=150)
def test_no_bytes_break_it(noise: bytes) -> None:
    for payload in (noise, b'{"messages":' + noise, b'{"prompt":"' + noise + b'"}'):
        for counter in COUNTERS.values():
            position = 0
            try:
                counter.count_json(payload, EVERYTHING)
            except JsonError as error:
                position = error.position
            assert 0 <= position <= len(payload)
