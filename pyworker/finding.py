"""Finds a worker by its name: in ./workers, among the shipped ones, or in another package.

A worker is a folder `workers/NAME` with a `worker.py` whose `define(settings)` gives its
`WorkerConfig`. Another package offers one as an entry point of the group `pyworker.workers`. A
folder here wins over a shipped one of the same name, and that over an entry point.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
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
    here = Path.cwd() / "workers" / name
    if (here / "worker.py").is_file():
        enter_package(f"workers.{name}", here)
    elif name not in _shipped():
        return _offered(name)
    module = importlib.import_module(f"workers.{name}.worker")
    return _callable(getattr(module, "define", None), f"workers/{name}/worker.py")


def _offered(name: str) -> Define | None:
    for entry in _entries():
        if _canonical(entry.name) == name:
            return _callable(entry.load(), f"the entry point {entry.value}")
    return None


def _folders() -> set[str]:
    return _shipped() | {file.parent.name for file in Path("workers").glob("*/worker.py")}


def _shipped() -> set[str]:
    import workers  # noqa: PLC0415 - not needed by tools

    return {module.name for module in pkgutil.iter_modules(workers.__path__) if module.ispkg}


def enter_package(package: str, folder: Path) -> None:
    """Make `package` the one in `folder`, with or without an __init__.py.

    A path entry would not do: a shipped package of the name wins over a folder without that file.
    """
    init = folder / "__init__.py"
    spec = ModuleSpec(package, None, is_package=True)
    if init.is_file():
        spec = spec_from_file_location(package, init) or spec
    spec.submodule_search_locations = [str(folder)]
    module = module_from_spec(spec)
    sys.modules[package] = module
    if spec.loader is not None:
        spec.loader.exec_module(module)


def _entries() -> Sequence[EntryPoint]:
    return list(entry_points(group=GROUP))


def _canonical(name: str) -> str:
    return name.replace("-", "_")


def _callable(value: object, where: str) -> Define:
    if not callable(value):
        raise SettingsError(f"{where} offers no function define(settings)")
    return value
