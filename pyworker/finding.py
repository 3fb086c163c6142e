"""Finds a worker by its name: in ./workers, among the shipped ones, or in another package.

A worker is a folder `workers/NAME` with a `worker.py` whose `define(settings)` gives its
`WorkerConfig`. Another package offers one as an entry point of the group `pyworker.workers`. A
folder here wins over a shipped one of the same name, and that over an entry point.
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from pyworker.errors import SettingsError

GROUP = "pyworker.workers"

# From the settings to a worker. Not imported here: naming a type must not load the settings.
Define = Callable[[Any], Any]


def worker_names() -> list[str]:
    """The names of all workers there are, as their folders are named."""
    return sorted({*_folders(), *(_canonical(entry.name) for entry in _entries())})


def find_worker(name: str) -> Define | None:
    """The definition of a worker, or None when there is none of that name.

    Args:
        name: As typed; hyphen and underscore are the same.

    Raises:
        SettingsError: There is one, and it offers no `define`.
    """
    name = _canonical(name)
    if name in _folders():
        module = importlib.import_module(f"workers.{name}.worker")
        return _callable(getattr(module, "define", None), f"workers/{name}/worker.py")
    for entry in _entries():
        if _canonical(entry.name) == name:
            return _callable(entry.load(), f"the entry point {entry.value}")
    return None


def _folders() -> set[str]:
    import workers  # noqa: PLC0415 - not needed by tools

    path: list[str] = list(workers.__path__)
    here = str(Path.cwd() / "workers")
    if here not in path and Path(here).is_dir():
        # First, so that a folder here wins.
        path.insert(0, here)
        workers.__path__ = path
    found = {module.name for module in pkgutil.iter_modules(path) if module.ispkg}
    # A folder without an __init__.py will do, too.
    return found | {file.parent.name for file in Path(here).glob("*/worker.py")}


def _entries() -> Sequence[EntryPoint]:
    return list(entry_points(group=GROUP))


def _canonical(name: str) -> str:
    return name.replace("-", "_")


def _callable(value: object, where: str) -> Define:
    if not callable(value):
        raise SettingsError(f"{where} offers no function define(settings)")
    return value
