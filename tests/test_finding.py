"""A worker's name leads to its definition: a folder here, a shipped one, an entry point."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyworker.errors import SettingsError
from pyworker.finding import find_worker, worker_names

DEFINE = "def define(settings):\n    return {name!r}\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder is the current one; what is imported from it is forgotten again."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.startswith("workers.")]:
        monkeypatch.delitem(sys.modules, name)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(folder: Path, name: str, text: str = DEFINE) -> None:
    worker = folder / "workers" / name
    worker.mkdir(parents=True)
    (worker / "worker.py").write_text(text.format(name=name))


def offer(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Another package, installed, with an entry point."""
    info = folder / "site" / "other-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pyworker.workers]\n{name} = {value}\n")
    (folder / "site" / "other_worker.py").write_text(DEFINE.format(name="other"))
    monkeypatch.setattr(sys, "path", [str(folder / "site"), *sys.path])


def test_shipped_ones_are_found_from_anywhere() -> None:
    assert {"tgi", "hello_world"} <= set(worker_names())
    assert find_worker("tgi") is not None
    assert find_worker("hello-world") is find_worker("hello_world")
    assert find_worker("nothing") is None


def test_a_folder_here_is_found_and_wins(tmp_path: Path) -> None:
    write(tmp_path, "my_model")
    write(tmp_path, "tgi")
    (tmp_path / "workers" / "my_model" / "__init__.py").touch()
    assert "my_model" in worker_names()
    mine, tgi = find_worker("my-model"), find_worker("tgi")
    assert mine is not None
    assert tgi is not None
    assert (mine(None), tgi(None)) == ("my_model", "tgi")


@pytest.mark.parametrize("name", ["other-one", "other_one"])
def test_another_package_offers_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(tmp_path, monkeypatch, "other-one", "other_worker:define")
    assert "other_one" in worker_names()
    define = find_worker(name)
    assert define is not None
    assert define(None) == "other"


def test_a_module_without_define_is_told(tmp_path: Path) -> None:
    write(tmp_path, "empty", "x = 1\n")
    with pytest.raises(SettingsError, match=r"workers/empty/worker\.py offers no function define"):
        find_worker("empty")


def test_what_is_no_worker_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / "workers" / "notes").mkdir(parents=True)
    (tmp_path / "workers" / "read.py").touch()
    assert not {"notes", "read"} & set(worker_names())
