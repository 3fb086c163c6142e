"""A chat is rendered as transformers renders it."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="Jinja2 comes with the extra `chat`")

from pyworker.workload.chat import ChatTemplate, NoChatTemplate, TemplateFailed
from tests.workload.chat_requests import CHATS, TOKENS, template
from tests.workload.chat_templates import CALLS, CHAT, EVERY_TRICK, LLAMA3, MISTRAL, QWEN25, TOOLS


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
