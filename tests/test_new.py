"""A new worker, as `python -m pyworker new` writes it: checked, tested, and run against the sim."""

import sys
from pathlib import Path

import pytest
from fakes.process import finished

from pyworker.new import FILES, main, written


async def test_it_is_written_and_its_own_test_passes(tmp_path: Path) -> None:
    code, process = await finished(["new", "my-model"], folder=tmp_path)
    assert (code, process.err.text) == (0, "")
    folder = tmp_path / "workers" / "my_model"
    assert {file.name for file in folder.iterdir()} == set(FILES)
    program = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "workers")
    code, process = await finished([], folder=tmp_path, program=program)
    assert code == 0, process.out.text
    assert "4 passed" in process.out.text


async def test_check_tells_what_it_is_and_what_its_markers_find(tmp_path: Path) -> None:
    await finished(["new", "my-model"], folder=tmp_path)
    log = "workers/my_model/sample.log"
    code, process = await finished(["check", "my-model", "--log", log], folder=tmp_path)
    assert code == 0
    said = process.out.text
    assert (
        "POST /generate -> /generate, any number at a time, waits at most 60 s, benchmarked" in said
    )
    assert f"in {log}: 1 load, 0 error, 6 info" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check", "nowhere"], "there is no worker 'nowhere'; there are ace, "),
        (["check", "tgi", "--log", "missing.log"], "No such file"),
    ],
)
async def test_check_refuses_with_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path
) -> None:
    code, process = await finished(arguments, folder=tmp_path)
    assert code == 2
    assert sentence in process.err.text
    assert process.err.text.count("\n") == 1


@pytest.mark.parametrize("name", ["My-Model", "../x", "tgi", "a b", "1st", "hello-world"])
def test_a_name_that_will_not_do(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, "--into", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("pyworker: ")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    assert main(["mine", "--into", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith(".py")])
def test_what_is_written_is_python_with_the_name_in_it(file: str) -> None:
    text = written(file, "my_model")
    compile(text, file, "exec", dont_inherit=True)
    assert "my_model" in text
    assert "$" not in text
    assert sys.version_info >= (3, 11)
