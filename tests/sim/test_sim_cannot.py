"""What a simulator cannot do where it runs is one sentence and an exit code, not a traceback."""

from pathlib import Path

import pytest

from pyworker.sim import main


@pytest.mark.parametrize("server", ["llm", "openai", "image", "hello"])
def test_a_host_that_is_none(
    server: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([server, "--port", "5001", "--host", "a..b", "--log", "a.log"]) == 2
    told = capfd.readouterr().err
    assert told.startswith("pyworker sim: cannot listen on a..b:5001: ")
    assert told.count("\n") == 1


def test_a_full_disk(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["llm", "--port", "0", "--log", "/dev/full"]) == 1
    told = capfd.readouterr().err
    assert told == "pyworker sim: cannot write the log /dev/full: No space left on device\n"


def test_a_log_that_is_a_folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["llm", "--log", str(tmp_path)]) == 2
    told = f"pyworker sim: cannot write the log {tmp_path}: Is a directory\n"
    assert capfd.readouterr().err == told


def test_an_output_that_is_no_folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    output = tmp_path / "file" / "output"
    assert main(["image", "--port", "0", "--output", str(output)]) == 2
    told = f"pyworker sim: no images can be saved in {output}: Not a directory\n"
    assert capfd.readouterr().err == told
