"""Runs a definition's own file, where and as its author would have run it."""

import os
import runpy
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyworker.compat.names import install
from pyworker.errors import SettingsError
from pyworker.finding import enter_package


@dataclass(frozen=True, slots=True)
class Script:
    """A definition's file.

    Attributes:
        path: Absolute.
        root: The folder of the tree whose `workers/NAME/` it is in, or None for a file on its own.
    """

    path: Path
    root: Path | None

    @property
    def module(self) -> str:
        """Its name within its tree."""
        return f"workers.{self.path.parent.name}.{self.path.stem}"


def find_script(name: str) -> Script:
    """The script of a path.

    Raises:
        SettingsError: There is no such file.
    """
    path = Path(name).resolve()
    if not path.is_file():
        raise SettingsError(f"there is no file {name}")
    in_tree = path.parent.parent.name == "workers"
    return Script(path, path.parents[2] if in_tree else None)


def run_script(script: Script, arguments: Sequence[str]) -> None:
    """Run it to its end, as the main program, with the stand-ins installed.

    A file `workers/NAME/server.py` is run as that module, in the folder above `workers`, since
    such definitions import their neighbours and open files from there.
    """
    install(script.root)
    sys.argv = [str(script.path), *arguments]
    if script.root is None:
        sys.path.insert(0, str(script.path.parent))
        runpy.run_path(str(script.path), run_name="__main__")
        return
    _keep_relative("MODEL_LOG", "BENCHMARK_CACHE", "INSTANCE_CERT", "INSTANCE_KEY")
    os.chdir(script.root)
    sys.path.insert(0, str(script.root))
    # Not left to the path: our own `workers` would win over a folder without an __init__.py.
    for name in [n for n in sys.modules if n == "workers" or n.startswith("workers.")]:
        del sys.modules[name]
    enter_package("workers", script.root / "workers")
    runpy.run_module(script.module, run_name="__main__", alter_sys=True)


def _keep_relative(*names: str) -> None:
    """Let paths in the environment mean what they meant in the folder that we leave."""
    for name in names:
        if os.environ.get(name):
            os.environ[name] = str(Path(os.environ[name]).absolute())
