"""Chats are exact when the served model's template is beside its tokenizer, else estimates."""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="Jinja2 comes with the extra `chat`")

from fakes.tokenizers import cached

from pyworker.errors import InvalidRequest
from pyworker.worker import Estimate, Field
from pyworker.workload.chat_request import Engine
from pyworker.workload.expressions import WorkloadExpression
from pyworker.workload.request import token_workload
from pyworker.workload.selector import messages, prompt
from pyworker.workload.served import ServedTokens
from pyworker.workload.tokens import TokenCounter
from tests.workload.chat_templates import CALLS, CHAT, LLAMA3, MISTRAL, QWEN25, TOOLS
from tests.workload.trained import trained

FILE = trained()["qwen2-marks"].data
COUNTER = TokenCounter.from_bytes(FILE, whole=True)
VLLM = json.dumps({"data": [{"id": "org/model", "owned_by": "vllm"}]}).encode()


def folder_with(path: Path, template: str | None = QWEN25, *, file: str = "config") -> Path:
    """A model's folder, its template where models have it."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "tokenizer.json").write_bytes(FILE)
    config: dict[str, object] = {"bos_token": "<s>", "eos_token": "</s>"}
    if template is not None:
        if file == "jinja":
            (path / "chat_template.jinja").write_text(template)
        elif file == "json":
            (path / "chat_template.json").write_text(json.dumps({"chat_template": template}))
        else:
            config["chat_template"] = template
    (path / "tokenizer_config.json").write_text(json.dumps(config))
    return path


def loaded(path: Path, engine: Engine | None = "vllm") -> ServedTokens:
    tokens = ServedTokens(str(path), auto=[], engine=engine)
    tokens.load()
    return tokens


def workload(tokens: ServedTokens, body: bytes) -> float:
    counted = token_workload(
        WorkloadExpression(prompt=1.0),
        prompt=messages() | prompt("prompt"),
        output=Field(path="max", kind=int, default=0),
        tokens=tokens,
    )
    return counted.of({}, body, (0, len(body)))


def of_chat(tokens: ServedTokens, **request: Any) -> float:
    return workload(tokens, json.dumps({"messages": CHAT, **request}).encode())


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


@pytest.mark.parametrize("file", ["config", "jinja", "json"])
@pytest.mark.parametrize("setting", ["folder", "file"])
def test_a_chat_is_what_the_template_writes(tmp_path: Path, setting: str, file: str) -> None:
    folder = folder_with(tmp_path, LLAMA3, file=file)
    tokens = loaded(folder / "tokenizer.json" if setting == "file" else folder)
    counted = of_chat(tokens)
    expected = "<s>" + "".join(
        f"<|start_header_id|>{m['role']}<|end_header_id|>\n\n{m['content'].strip()}<|eot_id|>"
        for m in CHAT
    )
    expected += "<|start_header_id|>assistant<|end_header_id|>\n\n"
    assert (counted, type(counted)) == (COUNTER.count(expected, special=False), float)
    assert tokens.as_json()["chats"] == {"exact": True, "reason": ""}


def test_tools_and_calls_are_exact_for_vllm(tmp_path: Path) -> None:
    tokens = loaded(folder_with(tmp_path))
    counted = of_chat(tokens, messages=CALLS, tools=TOOLS)
    assert not isinstance(counted, Estimate)
    template = tokens.loaded.chats.template
    assert template is not None
    chat = [{k: v or "" for k, v in message.items()} for message in CALLS]
    assert counted == COUNTER.count(template.render(chat, TOOLS), special=False)


def test_without_a_template_it_is_an_estimate_and_the_log_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = loaded(folder_with(tmp_path, None))
    texts = sum(COUNTER.count(m[key], special=False) for m in CHAT for key in ("role", "content"))
    for _ in range(5):
        counted = of_chat(tokens)
        # As many as `pyworker.workload.json_count` states: 4 a message, 5 a chat.
        assert (counted, type(counted)) == (texts + 4 * len(CHAT) + 5, Estimate)
    assert not isinstance(workload(tokens, b'{"prompt": "a cat"}'), Estimate)
    [message] = told(caplog)
    why = f"{tmp_path}: there is no chat template"
    assert message.endswith(why)
    assert message.startswith("token counts of chats are estimated, 4 tokens a message beside")
    assert tokens.as_json()["exact"] is True
    assert tokens.as_json()["chats"] == {"exact": False, "reason": why}


def test_without_jinja2_it_is_an_estimate_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # What importing it then does is what it does where it is not installed.
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert isinstance(of_chat(loaded(folder_with(tmp_path))), Estimate)
    [message] = told(caplog)
    assert message.endswith("Jinja2 is not installed; it comes with the extra `chat`")


@pytest.mark.parametrize("source", ["{% if", "{{ 1 + ", "{{ " + "(" * 5000])
def test_a_template_that_is_none_leaves_an_estimate(
    tmp_path: Path, source: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(of_chat(loaded(folder_with(tmp_path, source))), Estimate)
    assert "not a chat template" in told(caplog)[0]


def test_files_that_are_damaged_leave_an_estimate(tmp_path: Path) -> None:
    folder_with(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text("{")
    assert isinstance(of_chat(loaded(tmp_path)), Estimate)
    (tmp_path / "tokenizer_config.json").chmod(0)
    assert isinstance(of_chat(loaded(tmp_path)), Estimate)


def test_a_request_that_does_not_render_is_an_estimate_and_no_other_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = loaded(folder_with(tmp_path, MISTRAL))
    user = {"role": "user", "content": "a"}
    assert isinstance(of_chat(tokens, messages=[user, user]), Estimate)
    assert isinstance(of_chat(tokens, chat_template_kwargs={"messages": 1}), Estimate)
    assert not isinstance(of_chat(tokens, messages=[user]), Estimate)
    assert told(caplog) == []


def test_what_is_no_chat_is_still_a_422(tmp_path: Path) -> None:
    tokens = loaded(folder_with(tmp_path))
    for body in (b'{"messages": 5}', b'{"messages": ["a"]}', b"{}"):
        with pytest.raises(InvalidRequest, match="messages"):
            workload(tokens, body)


@pytest.mark.parametrize(
    ("engine", "exact", "why"),
    [
        ("vllm", True, ""),
        ("sglang", True, ""),
        ("llama", False, "llama-server uses the chat template in its model file"),
        ("unknown", False, "which model server it is is not known"),
    ],
)
def test_a_count_is_exact_for_servers_that_are_known_to_read_so(
    tmp_path: Path, engine: Engine, exact: bool, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = loaded(folder_with(tmp_path), engine)
    tokens.load_said([])
    assert isinstance(of_chat(tokens), Estimate) is not exact
    assert of_chat(tokens) == of_chat(loaded(tmp_path))
    messages = told(caplog)
    assert len(messages) == (0 if exact else 1)
    assert all(why in message for message in messages)
    state: Any = tokens.as_json()["chats"]
    assert state["exact"] is exact
    assert state["reason"].startswith(why)


def test_an_unknown_server_says_which_one_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    named = ServedTokens(
        str(folder_with(tmp_path / "named")), auto=[], ask=("/v1/models",), engine="unknown"
    )
    environ = {"HF_HUB_CACHE": str(tmp_path / "hub")}
    folder_with(cached(tmp_path / "hub", "org/model", FILE).parent)
    auto = ServedTokens(
        "auto", auto=["org/model"], ask=("/v1/models",), engine="unknown", environ=environ
    )
    for tokens in (named, auto):
        assert tokens.ask == ("/v1/models",)
        tokens.load()
        assert isinstance(of_chat(tokens), Estimate)
        tokens.load_said([b"", VLLM])
        assert not isinstance(of_chat(tokens), Estimate)
    assert told(caplog) == []


def test_chats_nobody_counts_need_no_template(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = loaded(folder_with(tmp_path, "{% if"), None)
    assert "chats" not in tokens.as_json()
    assert told(caplog) == []


def test_a_rendered_chat_is_for_a_thread_from_4_kib_on(tmp_path: Path) -> None:
    tokens = loaded(folder_with(tmp_path))
    assert tokens.heavy(4096, chats=True)
    assert not tokens.heavy(4095, chats=True)
    assert not tokens.heavy(4096)
    counted = token_workload(
        WorkloadExpression(prompt=1.0),
        prompt=messages(),
        output=Field(path="max", kind=int),
        tokens=tokens,
    )
    assert counted.heavy is not None
    assert counted.heavy(4096)
    # A template takes time, texts alone do not.
    assert not loaded(folder_with(tmp_path / "none", None)).heavy(4096, chats=True)


def test_a_published_tokenizer_with_its_template(shared_dir: Path, tmp_path: Path) -> None:
    file = shared_dir / "data" / "tokenizers" / "qwen2.5" / "tokenizer.json"
    (tmp_path / "tokenizer.json").symlink_to(file)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": QWEN25}))
    tokens = loaded(tmp_path)
    counted = of_chat(tokens, messages=[{"role": "user", "content": "Hi"}])
    # <|im_start|> 1 system 1 \n 1, the sentence 17, <|im_end|> 1 \n 1; user 3 + 1 + 2; assistant 3.
    assert counted == 30
    assert not isinstance(counted, Estimate)
