"""The tokens of a chat: exact with its template, estimated where that does not reach."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="Jinja2 comes with the extra `chat`")

from pyworker.workload.chat import MOST_MESSAGES
from pyworker.workload.selector import messages, prompt
from pyworker.workload.tokens import TokenCounter
from tests.workload.chat_requests import CHATS, TOKENS, template, user
from tests.workload.chat_templates import CHAT, LLAMA3, MISTRAL, QWEN25, TOOLS


@pytest.fixture(scope="module")
def qwen(shared_dir: Path) -> TokenCounter:
    """The tokenizer that the template is of."""
    return TokenCounter.from_file(shared_dir / "data" / "tokenizers" / "qwen2.5" / "tokenizer.json")


def test_a_chat_with_its_template_is_exact(qwen: TokenCounter) -> None:
    chat = template(QWEN25)
    request = {"messages": CHAT, "tools": TOOLS, "prompt": "beside"}
    payload = json.dumps({"input": request}).encode()
    selector = messages("input.messages") | prompt("input.prompt")
    found = qwen.count_json(payload, selector, template=chat)
    expected = qwen.count(chat.render(CHAT, TOOLS), special=False)
    assert found.tokens == expected + qwen.count("beside")
    assert (found.exact, found.overhead, found.messages) == (True, 0, 4)


def test_the_overhead_stands_for_a_template(qwen: TokenCounter) -> None:
    payload = json.dumps({"messages": CHAT}).encode()
    without = qwen.count_json(payload, messages())
    found = qwen.count_json(payload, messages(), template=template(QWEN25))
    # ChatML has 4 tokens around a message and 3 at the end; the overhead is Llama-3's, with 5.
    assert without.tokens - found.tokens == 2
    assert (without.overhead, without.exact, found.exact) == (4 * 4 + 5, False, True)


def test_what_the_template_does_not_take_is_estimated(qwen: TokenCounter) -> None:
    chat = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    payload = json.dumps({"messages": chat}).encode()
    refused = qwen.count_json(payload, messages(), template=template(MISTRAL))
    assert refused == qwen.count_json(payload, messages())
    many = json.dumps({"messages": [{"role": "user"}] * (MOST_MESSAGES + 1)}).encode()
    assert not qwen.count_json(many, messages(), template=template(QWEN25)).exact


def test_parts_that_are_no_text_make_a_count_inexact(qwen: TokenCounter) -> None:
    payload = json.dumps(user([{"type": "image_url", "image_url": {"url": "u"}}])).encode()
    found = qwen.count_json(payload, messages(), template=template(QWEN25))
    assert (found.exact, found.images, found.overhead) == (False, 1, 0)


def test_an_estimate_stays_one_with_a_template() -> None:
    estimate = TokenCounter.estimate()
    found = estimate.count_json(
        json.dumps({"messages": CHAT}).encode(), messages(), template=template(LLAMA3)
    )
    assert (found.exact, found.overhead) == (False, 0)
    assert found.tokens == estimate.count(template(LLAMA3).render(CHAT))


def test_a_request_counts_as_transformers_encodes_it(shared_dir: Path) -> None:
    transformers: Any = pytest.importorskip("transformers", reason="transformers is not installed")
    file = shared_dir / "data" / "tokenizers" / "qwen2.5" / "tokenizer.json"
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(file), **TOKENS)
    counter = TokenCounter.from_file(file)
    for source in (QWEN25, LLAMA3):
        for given, tools in CHATS[:3]:
            chat = [{**message, "content": message.get("content") or ""} for message in given]
            request = {"messages": chat} | ({"tools": tools} if tools else {})
            expected = tokenizer.apply_chat_template(
                chat, tools=tools, chat_template=source, add_generation_prompt=True
            )["input_ids"]
            found = counter.count_json(
                json.dumps(request).encode(), messages(), template=template(source)
            )
            assert (found.tokens, found.exact) == (len(expected), True)
