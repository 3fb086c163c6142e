"""`python -m pyworker count --selector`: payloads as a worker counts them, estimates told."""

import json
from pathlib import Path

import pytest
from fakes.tokenizers import words_tokenizer

pytest.importorskip("jinja2", reason="Jinja2 comes with the extra `chat`")

from pyworker.workload.count import main

Said = pytest.CaptureFixture[str]
PAYLOADS = (
    '{"prompt": "a cat"}\n{"messages": [{"role": "user", "content": "a cat"}]}\n'
    '{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}\n'
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    words_tokenizer(folder / "tokenizer.json")
    template = "{% for m in messages %}{{ m.role }} said {{ m.content }} {% endfor %}"
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    return folder


@pytest.fixture
def payloads(tmp_path: Path) -> str:
    path = tmp_path / "payloads.jsonl"
    path.write_text(PAYLOADS)
    return str(path)


def test_chats_are_rendered_with_the_template_beside_the_tokenizer(
    model: Path, payloads: str, capsys: Said
) -> None:
    command = ["--tokenizer", str(model), "--lines", "--selector", "usual"]
    assert main([*command, payloads]) == 0
    said, complained = capsys.readouterr()
    assert said == "2\n4\n2\n"
    assert complained == (
        "pyworker count: 1 of 3 payloads are estimated:"
        " they have more than texts, or the chat template refuses them\n"
    )
    assert main([*command, "--json", payloads]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["exact"], one["overhead"]) for one in told] == [(True, 0), (True, 0), (False, 0)]


def test_without_a_template_it_says_that_chats_are_estimated(
    model: Path, payloads: str, capsys: Said
) -> None:
    (model / "tokenizer_config.json").unlink()
    command = ["--tokenizer", str(model), "--lines", "--selector"]
    assert main([*command, "messages", payloads]) == 0
    said, complained = capsys.readouterr()
    assert said.splitlines()[1] == str(3 + 9)
    assert complained == (
        f"pyworker count: 2 of 3 payloads are estimated: {model}: there is no chat template\n"
    )
    assert main([*command, "prompt", payloads]) == 0
    assert capsys.readouterr().err == ""


def test_a_server_that_reads_chats_its_own_way_may_be_named(
    model: Path, payloads: str, capsys: Said
) -> None:
    command = ["--tokenizer", str(model), "--lines", "--selector", "usual", "--engine", "llama"]
    assert main([*command, payloads]) == 0
    said, complained = capsys.readouterr()
    assert said == "2\n4\n2\n"
    assert "2 of 3 payloads are estimated: llama-server uses" in complained


def test_a_path_that_leads_nowhere_is_told(model: Path, payloads: str, capsys: Said) -> None:
    command = ["--tokenizer", str(model), "--lines", "--selector", "promt,input.prompt", payloads]
    assert main(command) == 1
    said, complained = capsys.readouterr()
    assert said == "0\n0\n0\n"
    assert complained == f"pyworker count: {payloads}: nothing at promt, input.prompt\n"
