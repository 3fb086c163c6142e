"""README.md says what the program does: its settings with their defaults, its workers, its tools."""

import re
from pathlib import Path

import pytest

from pyworker.cli import TOOLS, worker_names
from pyworker.settings import VARIABLES

README = Path(__file__).parent.parent / "README.md"
# | `NAME` | default | meaning |
_ROW = re.compile(r"\|\s*`([A-Z][A-Z0-9_]*(?:<[A-Z_]+>)?)`\s*\|([^|]*)\|([^|]*)\|")


def table() -> dict[str, tuple[str, str]]:
    """The rows of the settings table: default and meaning by name, plain text."""
    rows = [_ROW.fullmatch(line.strip()) for line in README.read_text().splitlines()]
    found = [row.groups() for row in rows if row is not None]
    assert len(found) == len({name for name, _, _ in found}), "a variable stands there twice"
    return {name: (_plain(default), _plain(meaning)) for name, default, meaning in found}


def _plain(markdown: str) -> str:
    return markdown.replace("`", "").strip()


def test_the_table_has_every_variable_in_the_programs_order_and_no_other() -> None:
    assert list(table()) == list(VARIABLES)


@pytest.mark.parametrize("name", VARIABLES)
def test_a_default_is_the_programs(name: str) -> None:
    default, _ = VARIABLES[name]
    assert table()[name][0] == _plain(default)


@pytest.mark.parametrize("name", VARIABLES)
def test_a_meaning_is_given(name: str) -> None:
    assert table()[name][1]


@pytest.mark.parametrize("name", [*TOOLS, *worker_names()])
def test_every_worker_and_command_is_shown_as_it_is_typed(name: str) -> None:
    assert f"python -m pyworker {name}" in README.read_text()


@pytest.mark.parametrize(
    "command",
    ["pip install . && python -m pyworker demo", "pip install '.[test]' && pytest"],
)
def test_the_two_commands_are_there_word_for_word(command: str) -> None:
    assert command in README.read_text()


def test_every_link_to_a_file_leads_somewhere() -> None:
    text = README.read_text()
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text)
    missing = [target for target in targets if not (README.parent / target).exists()]
    assert missing == []
