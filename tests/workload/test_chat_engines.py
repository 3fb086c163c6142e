"""A chat in a request is read as the engine that will answer it reads it."""

import json
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="Jinja2 comes with the extra `chat`")

from pyworker.workload.chat import TemplateFailed
from pyworker.workload.selector import Messages
from tests.workload.chat_requests import template, user
from tests.workload.chat_templates import LLAMA3, QWEN25, TOOLS

RENAMED = (
    "{% set l = messages[1:] %}{% set k = l | reverse %}{% for m in k %}"
    "{% for c in m.content %}{% endfor %}{% endfor %}"
)


def rendered(source: str, request: dict[str, Any], **options: Any) -> str:
    return template(source, **options).of_request(request, request["messages"]).text


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


def test_vllm_passes_an_effort_and_more_by_version() -> None:
    asking: dict[str, Any] = {
        **user("x"), "reasoning_effort": "low", "chat_template_kwargs": {"documents": ["k"]}
    }  # fmt: skip
    found = template("{{ reasoning_effort }} {{ documents }}").of_request(
        asking, asking["messages"]
    )
    assert (found.text, found.exact) == ("low ['k']", False)


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


def test_arguments_too_deep_to_parse_are_none() -> None:
    call = {"function": {"name": "f", "arguments": "[" * 100_000}}
    request = {"messages": [{"role": "assistant", "tool_calls": [call]}]}
    source = "{{ messages[0].tool_calls[0].function.arguments }}"
    assert rendered(source, request) == "{}"


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


def test_a_lone_surrogate_is_rendered_as_a_replacement() -> None:
    payload = b'{"messages": [{"role": "user", "content": "a\\ud800b"}]}'
    [found] = template("{{ messages[0].content }}").of_payload(payload, [Messages()])
    assert found.text == "a\ufffdb"
