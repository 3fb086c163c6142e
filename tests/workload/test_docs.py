"""docs/workload.md says what is: its examples run, and its commands print what they show."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.tokenizers import words_tokenizer

import pyworker

PAGE = Path(__file__).parent.parent.parent / "docs" / "workload.md"
PACKAGE = str(Path(pyworker.__file__).parent.parent)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the examples run: with the files that they name."""
    words_tokenizer(tmp_path / "tokenizer.json")
    (tmp_path / "text.txt").write_text("a cat sat\non the mat\n")
    (tmp_path / "payloads.jsonl").write_text('{"inputs": "a cat"}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path


def test_its_examples_are_true() -> None:
    text = PAGE.read_text()
    assert text.count(">>> ") > 20
    examples = doctest.DocTestParser().get_doctest(text, {}, "workload.md", str(PAGE), 0)
    told: list[str] = []
    results = doctest.DocTestRunner().run(examples, out=told.append)
    assert (results.failed, "".join(told)) == (0, "")


def commands() -> list[tuple[str, str]]:
    """Each command of the page with what it prints."""
    shown = "".join(re.findall(r"```console\n(.*?)```", PAGE.read_text(), re.DOTALL))
    return [
        (command, printed) for command, printed in re.findall(r"\$ (.*)\n((?:(?!\$ ).*\n)*)", shown)
    ]


def test_there_are_commands() -> None:
    assert len(commands()) == 4


@pytest.mark.parametrize(("command", "printed"), commands())
def test_its_commands_print_what_they_show(command: str, printed: str, folder: Path) -> None:
    python, *rest = shlex.split(command)
    assert python == "python"
    done = subprocess.run(
        [sys.executable, *rest],
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": PACKAGE},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (0, printed)
