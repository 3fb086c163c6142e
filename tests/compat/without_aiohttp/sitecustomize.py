"""Read by Python at its start where this folder is on PYTHONPATH: aiohttp is not installed then."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class _Without(PathFinder):
    @classmethod
    def find_spec(
        cls,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] == "aiohttp":
            return None
        return super().find_spec(fullname, path, target)


sys.meta_path[:] = [_Without if finder is PathFinder else finder for finder in sys.meta_path]
