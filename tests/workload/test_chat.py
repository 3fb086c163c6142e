"""A chat is rendered as transformers renders it, and read as the engines read it."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="Jinja2 comes with the extra `chat`")

from pyworker.workload.chat import (
    MOST_MESSAGES,
    ChatTemplate,
    NoChatTemplate,
    TemplateFailed,
)
from pyworker.workload.selector import Messages, messages, prompt
from pyworker.workload.tokens import TokenCounter
from tests.workload.chat_templates import CALLS, CHAT, EVERY_TRICK, LLAMA3, MISTRAL, QWEN25, TOOLS

RENAMED = (
    "{% set l = messages[1:] %}{% set k = l | reverse %}{% for m in k %}"
    "{% for c in m.content %}{% endfor %}{% endfor %}"
)
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}


def template(source: str, **options: Any) -> ChatTemplate:
    return ChatTemplate({"default": source}, TOKENS, **options)


def rendered(source: str, request: dict[str, Any], **options: Any) -> str:
    return template(source, **options).of_request(request, request["messages"]).text


def user(content: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


def test_chatml_with_the_system_prompt_that_the_template_brings() -> None:
    assert template(QWEN25).render([{"role": "user", "content": "Hi"}]) == (
        "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful"
        " assistant.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )


def test_llama_3() -> None:
    chat = [{"role": "system", "content": " Be brief. "}, {"role": "user", "content": "Hi"}]
    assert template(LLAMA3).render(chat) == (
        "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )


def test_tools_and_calls_are_json_with_their_characters() -> None:
    text = template(QWEN25).render(CALLS, TOOLS)
    assert '"description": "The weather of a city; <b>now</b>"' in text
    assert '<tool_call>\n{"name": "weather", "arguments": {"city": "Köln"}}\n</tool_call>' in text
    assert "<|im_start|>user\n<tool_response>\nrain\n</tool_response><|im_end|>\n" in text


def test_a_template_may_refuse_a_chat() -> None:
    twice = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    with pytest.raises(TemplateFailed, match=r"^Conversation roles must alternate"):
        template(MISTRAL).render(twice)
    with pytest.raises(TemplateFailed, match="UndefinedError"):
        template("{{ messages[7].role.name }}").render(CHAT)


@pytest.mark.parametrize(
    "source",
    [
        "{{ messages.append(1) }}",
        "{{ messages.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{% for x in range(1000000000) %}{% endfor %}",
        "{{ '{0.__class__}'.format(messages) | length }}{{ raise_exception('refused') }}",
    ],
)
def test_a_template_is_kept_from_the_process(source: str) -> None:
    with pytest.raises(TemplateFailed):
        template(source).render(CHAT)


def test_the_last_message_is_continued() -> None:
    chat = [{"role": "user", "content": "Go"}, {"role": "assistant", "content": "One, two "}]
    text = template(QWEN25).render(chat, continue_final_message=True)
    assert text.endswith("<|im_start|>assistant\nOne, two ")
    # This one trims what is said.
    text = template(LLAMA3).render(chat, continue_final_message=True)
    assert text.endswith("<|start_header_id|>assistant<|end_header_id|>\n\nOne, two")
    with pytest.raises(TemplateFailed, match="no text to continue"):
        template(LLAMA3).render([{"role": "user"}], continue_final_message=True)
    with pytest.raises(TemplateFailed, match="no message"):
        template(LLAMA3).render([], continue_final_message=True)
    with pytest.raises(TemplateFailed, match="leaves out"):
        template("nothing").render(chat, continue_final_message=True)


def test_vllm_joins_parts_unless_the_template_loops_over_them() -> None:
    parts = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "x"}},
        "b",
        {"type": "refusal", "refusal": "c"},
        {"type": "text", "text": None},
    ]
    assert rendered("{{ messages[0].content }}", user(parts)) == "a\nb\nc"
    assert rendered("{{ messages[0].content }}", user(None)) == ""
    looping = (
        "{% for m in messages[0:] %}{% for p in m.content | list %}{{ p }}{% endfor %}{% endfor %}"
    )
    assert rendered(looping, user(parts)) == (
        "{'type': 'text', 'text': 'a'}{'type': 'image'}"
        "{'type': 'text', 'text': 'b'}{'type': 'text', 'text': 'c'}"
    )


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("{% for m in messages %}{{ m.content }}{% endfor %}", False),
        ("{% for m in messages %}{% for c in m.content %}{% endfor %}{% endfor %}", True),
        ("{% for m in messages %}{% for c in m['content'] %}{% endfor %}{% endfor %}", True),
        (RENAMED, True),
        (
            "{% for m in messages %}{% set t = m.content %}{% for c in t %}{% endfor %}{% endfor %}",
            False,
        ),
        ("{% for m in tools %}{% for c in m.content %}{% endfor %}{% endfor %}", False),
    ],
)
def test_what_vllm_takes_for_a_loop_over_parts(source: str, parts: bool) -> None:
    assert template(source).loops_over_parts is parts


def test_vllm_parses_arguments_and_completes_tools() -> None:
    call = {"id": "1", "function": {"name": "f", "arguments": '{"a": [1, "é"]}'}}
    broken = {"function": {"name": "g", "arguments": "{"}}
    request: dict[str, Any] = {
        "messages": [{"role": "assistant", "tool_calls": [call, broken]}],
        "tools": [{"function": {"strict": True, "name": "f"}, "type": "function"}],
    }
    source = "{% for c in messages[0].tool_calls %}{{ c.function.arguments | tojson }}{% endfor %}"
    assert rendered(source, request) == '{"a": [1, "é"]}{}'
    assert rendered("{{ tools | tojson }}", request) == (
        '[{"type": "function", "function":'
        ' {"name": "f", "description": null, "parameters": null, "strict": true}}]'
    )


def test_vllm_passes_what_a_request_says_to_its_template() -> None:
    source = "{{ thinking }}|{{ add_generation_prompt }}|{{ documents }}"
    request = user("x") | {"chat_template_kwargs": {"thinking": False}, "documents": ["d"]}
    assert rendered(source, request) == "False|True|['d']"
    assert rendered(source, user("x") | {"add_generation_prompt": False}) == "|False|None"
    loaded = template(source)
    asking: dict[str, Any] = {**user("x"), "add_special_tokens": True, "chat_template": "own"}
    found = loaded.of_request(asking, asking["messages"])
    assert (found.special, found.exact) == (True, False)
    assert loaded.of_request(user("x"), user("x")["messages"])[1:] == (False, True)


def test_tgi_joins_parts_and_continues_the_assistant() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}, "b"]
    assert rendered("{{ messages[0].content }}", user(parts), engine="tgi") == "a![](u)b"
    chat: dict[str, Any] = user("b")
    chat["messages"].append({"role": "assistant", "content": "b"})
    assert rendered(LLAMA3, chat, engine="tgi").endswith("assistant<|end_header_id|>\n\nb")
    chat["messages"][1]["content"] = "b "
    assert rendered(QWEN25, chat, engine="tgi").endswith("<|im_start|>assistant\nb")
    # The template trims it, so that TGI does not find it and cuts nothing.
    assert rendered(LLAMA3, chat, engine="tgi").endswith("assistant<|end_header_id|>\n\n")
    # TGI's own engine leaves the newline after a block.
    assert rendered("{% if true %}\nx{% endif %}", user("a"), engine="tgi") == "\nx"
    assert rendered("{% if true %}\nx{% endif %}", user("a")) == "x"
    tools = user("a") | {"tools": TOOLS}
    assert not template(LLAMA3, engine="tgi").of_request(tools, tools["messages"]).exact


@pytest.mark.parametrize(
    ("change", "exact"),
    [
        ({}, True),
        ({"chat_template_kwargs": {"enable_thinking": False}, "tools": None}, True),
        ({"tools": TOOLS}, False),
        ({"add_generation_prompt": False}, False),
        ({"reasoning_effort": "low"}, False),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}, False),
        ({"messages": [{"role": "assistant", "content": "a"}]}, False),
        ({"messages": [{"role": "user", "content": "a", "name": "b"}]}, False),
        ({"messages": []}, False),
    ],
)
def test_sglang_reads_plain_chats_as_vllm_does(change: dict[str, Any], exact: bool) -> None:
    request: dict[str, Any] = {**user("x"), **change}
    found = template(LLAMA3, engine="sglang").of_request(request, request["messages"])
    assert found.exact is exact
    if exact:
        assert found == template(LLAMA3).of_request(request, request["messages"])
    for engine in ("llama", "unknown"):
        assert not template(LLAMA3, engine=engine).of_request(request, request["messages"]).exact


def test_vllm_passes_an_effort_and_more_by_version() -> None:
    asking: dict[str, Any] = {
        **user("x"), "reasoning_effort": "low", "chat_template_kwargs": {"documents": ["k"]}
    }  # fmt: skip
    found = template("{{ reasoning_effort }} {{ documents }}").of_request(
        asking, asking["messages"]
    )
    assert (found.text, found.exact) == ("low ['k']", False)


@pytest.mark.parametrize(
    "change",
    [
        {"chat_template_kwargs": {"messages": 1}},
        {"chat_template_kwargs": {"self": 1, "tools": 2}},
        {"chat_template_kwargs": {"bos_token": {"a": 1}}},
        {"continue_final_message": True, "messages": []},
    ],
)
def test_whatever_else_fails_in_a_request_is_a_template_that_failed(change: dict[str, Any]) -> None:
    payload = json.dumps({**user("x"), **change}).encode()
    with pytest.raises(TemplateFailed):
        template(LLAMA3).of_payload(payload, [Messages()])


def test_what_a_client_can_make_of_a_template_is_bounded() -> None:
    source = "{% for tool in tools %}{{ tool | tojson(indent=4) }}{% endfor %}"
    loaded = template(source)
    small = {"function": {"name": "f", "parameters": json.loads("[" * 60 + "]" * 60)}}
    assert json.loads(loaded.render(CHAT, [small])) == small
    deep = {"function": {"name": "f", "parameters": json.loads("[" * 900 + "]" * 900)}}
    with pytest.raises(TemplateFailed, match="more than 64 levels"):
        loaded.render(CHAT, [deep])
    wide = {"function": json.loads("[" * 60 + "1,1" + ",1" * 20_000 + "]" * 60)}
    with pytest.raises(TemplateFailed, match="more than 4194304 characters"):
        loaded.render(CHAT, [wide])
    repeating = "{% for m in messages %}{{ messages[0].content }}{% endfor %}"
    with pytest.raises(TemplateFailed, match="more than 4194304 characters"):
        template(repeating).render([{"content": "x" * 100_000}] * 50)


def test_arguments_too_deep_to_parse_are_none() -> None:
    call = {"function": {"name": "f", "arguments": "[" * 100_000}}
    request = {"messages": [{"role": "assistant", "tool_calls": [call]}]}
    source = "{{ messages[0].tool_calls[0].function.arguments }}"
    assert rendered(source, request) == "{}"


def test_templates_are_found_as_transformers_finds_them(tmp_path: Path) -> None:
    with pytest.raises(NoChatTemplate, match="there is no chat template"):
        ChatTemplate.from_folder(tmp_path)
    chat = [{"role": "user", "content": "Hi"}]

    (tmp_path / "chat_template.json").write_text('{"chat_template": "processor"}')
    assert ChatTemplate.from_folder(tmp_path).render(chat) == "processor"

    config = tmp_path / "tokenizer_config.json"
    named = [
        {"name": "default", "template": "{{ bos_token }}{{ eos_token }}{{ sep_token }}"},
        {"name": "tool_use", "template": "{{ tools | length }} tools"},
    ]
    tokens = {"bos_token": {"content": "<b>", "lstrip": False}, "eos_token": "<e>"}
    config.write_text(json.dumps({"chat_template": named, **tokens, "sep_token": None}))
    (tmp_path / "special_tokens_map.json").write_text('{"eos_token": "<old>", "sep_token": "|"}')
    assert ChatTemplate.from_folder(tmp_path).render(chat) == "<b><e>|"
    assert ChatTemplate.from_folder(tmp_path).render(chat, TOOLS) == "1 tools"

    (tmp_path / "chat_template.jinja").write_text("file of {{ bos_token }}")
    assert ChatTemplate.from_folder(tmp_path).render(chat, TOOLS) == "file of <b>"
    (tmp_path / "additional_chat_templates").mkdir()
    (tmp_path / "additional_chat_templates" / "tool_use.jinja").write_text("with tools")
    assert ChatTemplate.from_folder(tmp_path).render(chat, TOOLS) == "with tools"


def test_files_that_are_none_are_told(tmp_path: Path) -> None:
    config = tmp_path / "tokenizer_config.json"
    config.write_text("{")
    with pytest.raises(NoChatTemplate, match=r"tokenizer_config\.json"):
        ChatTemplate.from_folder(tmp_path)
    config.write_text("[" * 100_000)
    with pytest.raises(NoChatTemplate, match=r"tokenizer_config\.json"):
        ChatTemplate.from_folder(tmp_path)
    config.write_bytes(b'{"chat_template": "\xff"}')
    with pytest.raises(NoChatTemplate, match="utf-8"):
        ChatTemplate.from_folder(tmp_path)
    config.write_text(json.dumps({"chat_template": "{{ 1 + " + "(" * 10_000}))
    with pytest.raises(NoChatTemplate, match="not a chat template"):
        ChatTemplate.from_folder(tmp_path)
    for odd in ([1, {"name": "default"}, {"name": 1, "template": "x"}], 5, {"default": "x"}):
        config.write_text(json.dumps({"chat_template": odd}))
        with pytest.raises(NoChatTemplate, match="there is no chat template"):
            ChatTemplate.from_folder(tmp_path)
    config.write_text('{"chat_template": [{"name": "tool_use", "template": ""}]}')
    with pytest.raises(NoChatTemplate, match="named default, only tool_use"):
        ChatTemplate.from_folder(tmp_path)
    config.write_text('{"chat_template": "{% if"}')
    with pytest.raises(NoChatTemplate, match="not a chat template"):
        ChatTemplate.from_folder(tmp_path)


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


def test_a_lone_surrogate_is_rendered_as_a_replacement() -> None:
    payload = b'{"messages": [{"role": "user", "content": "a\\ud800b"}]}'
    [found] = template("{{ messages[0].content }}").of_payload(payload, [Messages()])
    assert found.text == "a\ufffdb"


CHATS: list[tuple[list[dict[str, Any]], list[dict[str, Any]] | None]] = [
    (CHAT, None),
    (CALLS, TOOLS),
    (CHAT[:1], TOOLS),
    ([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"}]}] * 4, None),
    ([{"role": "skip", "content": []}, {"role": "user", "content": [], "name": None}], None),
]


@pytest.mark.parametrize("source", [QWEN25, LLAMA3, MISTRAL, EVERY_TRICK])
@pytest.mark.parametrize("add_generation_prompt", [True, False])
def test_it_renders_what_transformers_renders(source: str, add_generation_prompt: bool) -> None:
    transformers: Any = pytest.importorskip(
        "transformers.utils.chat_template_utils", reason="transformers is not installed"
    )
    for given, tools in CHATS:
        chat = [{k: v for k, v in message.items() if v is not None} for message in given]
        options: Any = {"tools": tools, "add_generation_prompt": add_generation_prompt}
        try:
            expected = transformers.render_jinja_template(
                conversations=[chat], chat_template=source, **options, **TOKENS
            )[0][0]
        except Exception:  # noqa: BLE001 - whatever it was, ours is one error
            with pytest.raises(TemplateFailed):
                template(source).render(chat, **options)
        else:
            assert template(source).render(chat, **options) == expected


def test_it_continues_what_transformers_continues() -> None:
    transformers: Any = pytest.importorskip(
        "transformers.utils.chat_template_utils", reason="transformers is not installed"
    )
    for source in (QWEN25, LLAMA3):
        for final in ("One", "One, two ", "One\n\n"):
            chat = [{"role": "user", "content": "Go"}, {"role": "assistant", "content": final}]
            expected = transformers.render_jinja_template(
                conversations=[chat], chat_template=source, continue_final_message=True, **TOKENS
            )[0][0]
            assert template(source).render(chat, continue_final_message=True) == expected


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
