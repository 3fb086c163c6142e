"""The command line: what runs what, and what is said to those who ask for something else."""

import importlib
import inspect
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from fakes.process import finished

import workers
from pyworker import __version__
from pyworker.cli import TOOLS, main, usage, worker_names

BAD = {"WORKER_PORT": "x"}  # lets a worker come as far as its settings
SENTENCE = "pyworker: WORKER_PORT must be a port number from 0 to 65535, not 'x'\n"


@pytest.mark.parametrize("asked", ["-h", "--help", "help"])
def test_help_names_every_worker_and_command(
    asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([asked]) == 0
    said, complained = capsys.readouterr()
    assert (said, complained) == (usage(), "")
    for name in (*worker_names(), *TOOLS):
        assert f"\n  {name}" in said


def test_nothing_asked_for_is_an_error_with_the_same_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 2
    assert usage() in "".join(capsys.readouterr())


@pytest.mark.parametrize("asked", ["-V", "--version"])
def test_the_version_is_the_packages(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([asked]) == 0
    assert capsys.readouterr() == (f"pyworker {__version__}\n", "")


@pytest.mark.parametrize("name", ["tgi2", "", "worker", "../tgi", "tgi.worker", "__pycache__"])
def test_an_unknown_name_is_told_with_what_there_is(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name]) == 2
    said, complained = capsys.readouterr()
    assert said == ""
    first, _, rest = complained.partition("\n")
    assert first == f"pyworker: there is no worker or command {name!r}"
    assert rest == "\n" + usage()


def test_a_worker_takes_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tgi", "--port", "3000"]) == 2
    assert capsys.readouterr() == (
        "",
        "pyworker: tgi takes no arguments; its settings are environment variables\n",
    )


def test_every_folder_of_workers_that_has_a_definition_is_a_worker() -> None:
    [folder] = workers.__path__
    defined = sorted(path.parent.name for path in Path(folder).glob("*/worker.py"))
    assert worker_names() == defined
    assert {"tgi", "hello_world"} <= set(defined)


@pytest.mark.parametrize("name", ["tgi", "hello_world", "hello-world"])
async def test_a_worker_is_run_by_its_name(name: str, tmp_path: Path) -> None:
    code, process = await finished([name], folder=tmp_path, environ=BAD)
    assert (code, process.err.text) == (2, SENTENCE)


@pytest.mark.parametrize("tool", TOOLS)
def test_every_command_has_a_main_that_takes_the_rest(tool: str) -> None:
    module, what = TOOLS[tool]
    assert what
    assert len(inspect.signature(importlib.import_module(module).main).parameters) == 1


@pytest.mark.parametrize("tool", [name for name in TOOLS if name != "sim"])
async def test_every_command_has_help(tool: str, tmp_path: Path) -> None:
    code, process = await finished([tool, "--help"], folder=tmp_path)
    assert (code, process.err.text) == (0, "")
    assert f"pyworker {tool}" in process.out.text


async def test_an_option_of_a_command_that_there_is_not_is_an_error(tmp_path: Path) -> None:
    code, process = await finished(["sim", "llm", "--no-such-option"], folder=tmp_path)
    assert (code, process.out.text) == (2, "")
    assert "--no-such-option" in process.err.text


def test_the_console_script_is_the_same_command() -> None:
    scripts = [s for s in entry_points(group="console_scripts") if s.name == "pyworker"]
    if not scripts:
        pytest.skip("pyworker is not installed, only on the path")
    assert scripts[0].load() is main
