"""The modules that definitions of other generations import, as far as pyworker stands in for them.

`install` puts them in front of this process's imports, and nothing else does: `import vastai`
means the SDK everywhere but in a definition that `pyworker run` runs.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

_PAYLOAD = "pyworker.class_form.payload"
_HANDLER = "pyworker.class_form.handler"
_BACKEND = "pyworker.class_form.backend"
_SERVE = "pyworker.class_form.serve"
_WEB = "pyworker.class_form.web"
_SDK = "pyworker.compat.sdk"
_OLD = "pyworker.compat.older_names"
_HOSTED = "pyworker.compat.hosted"
_DEPLOYMENT = "pyworker.compat.deployment"
_LOAD = "pyworker.compat.load_test"

_DATA_TYPES = {
    "ApiPayload": _PAYLOAD,
    "JsonDataException": _PAYLOAD,
    "EndpointHandler": _HANDLER,
    "LogAction": _BACKEND,
    "AuthData": _OLD,
    "RequestMetrics": _OLD,
    "ApiPayload_T": _OLD,
}
_BACKEND_NAMES = {"Backend": _BACKEND, "LogAction": _BACKEND}
_SERVER = {"start_server": _SERVE, "start_server_async": _HOSTED}
_METRICS = {"get_url": _OLD, "Metrics": _BACKEND}
_WORKER: Mapping[str, str] = dict.fromkeys(
    ("Worker", "WorkerConfig", "HandlerConfig", "BenchmarkConfig", "LogActionConfig"), _SDK
)

# module: its names, each with the module of ours that has it.
SDK_MODULES: Mapping[str, Mapping[str, str]] = {
    "vastai": {**_WORKER, "Deployment": _DEPLOYMENT},
    "vastai.data": {},
    "vastai.data.query": {"": "pyworker.compat.hardware_query"},  # all of it
    "vastai.serverless": {},
    "vastai.serverless.remote": {"Deployment": _DEPLOYMENT, "Image": _DEPLOYMENT},
    "vastai.serverless.server": {},
    "vastai.serverless.server.worker": _WORKER,
    "vastai.serverless.server.lib": {},
    "vastai.serverless.server.lib.data_types": _DATA_TYPES,
    "vastai.serverless.server.lib.backend": _BACKEND_NAMES,
    "vastai.serverless.server.lib.server": _SERVER,
    "vastai.serverless.server.lib.metrics": _METRICS,
}
LIB_MODULES: Mapping[str, Mapping[str, str]] = {
    "lib": {},
    "lib.data_types": _DATA_TYPES,
    "lib.backend": _BACKEND_NAMES,
    "lib.server": _SERVER,
    "lib.metrics": _METRICS,
    "lib.test_utils": dict.fromkeys(("test_args", "test_load_cmd", "print_truncate_res"), _LOAD),
    "lib.test_harness": dict.fromkeys(("run", "test_args"), _LOAD),
}
_AIOHTTP_MODULES: Mapping[str, Mapping[str, str]] = {
    "aiohttp": {"ClientResponse": _OLD},
    "aiohttp.web": {"": _WEB},  # all of it
}
# A `lib` folder that holds none of these is the definition's own and nothing of PyWorker's.
_LIB_FILES = ("backend.py", "data_types.py", "server.py", "test_utils.py")


def install(root: Path | None) -> None:
    """Let this process's imports find the stand-ins.

    Args:
        root: The folder of a tree with `workers/` and perhaps `lib/` in it; None when the
            definition is a file on its own.
    """
    modules = dict(SDK_MODULES)
    paths: dict[str, list[str]] = {}
    folder = None if root is None else root / "lib"
    if folder is None or not folder.is_dir() or any((folder / f).is_file() for f in _LIB_FILES):
        modules |= LIB_MODULES
        # What else the tree has in its `lib` is found there.
        paths["lib"] = [] if folder is None else [str(folder)]
    if find_spec("aiohttp") is None:
        modules |= _AIOHTTP_MODULES
    sys.meta_path.insert(0, StandIns(modules, paths))


class StandIns(MetaPathFinder, Loader):
    """Finds and makes the modules of a table."""

    def __init__(
        self, modules: Mapping[str, Mapping[str, str]], paths: Mapping[str, list[str]]
    ) -> None:
        self._modules = modules
        self._paths = paths

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module of the table."""
        del path, target
        if fullname not in self._modules:
            return None
        inside = any(name.startswith(f"{fullname}.") for name in self._modules)
        spec = ModuleSpec(fullname, self, origin="pyworker", is_package=inside)
        if inside:
            spec.submodule_search_locations = self._paths.get(fullname, [])
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its names, each when it is asked for."""
        names = self._modules[module.__name__]
        whole = importlib.import_module(names[""]) if "" in names else None
        module.__doc__ = "A stand-in of pyworker's."

        def get(name: str) -> object:
            if name in names:
                value = getattr(importlib.import_module(names[name]), name)
            elif f"{module.__name__}.{name}" in self._modules:
                value = importlib.import_module(f"{module.__name__}.{name}")
            elif whole is not None:
                value = getattr(whole, name)
            elif self._paths.get(module.__name__):
                raise AttributeError(name)  # and Python looks for a file of the tree's own
            else:
                raise missing(module.__name__, name)
            setattr(module, name, value)
            return value

        module.__dict__["__getattr__"] = get
        module.__dict__["__all__"] = sorted(filter(None, names))


def missing(module: str, name: str) -> Exception:
    """What an import of a name without a stand-in gets."""
    if name.startswith("__"):  # Python itself asks for these, and takes none for an answer
        return AttributeError(name)
    if module.startswith("aiohttp"):
        return ImportError(f"{module}.{name}: for that, the aiohttp package must be installed")
    return ImportError(f"pyworker run stands in for a part of {module}, and {name} is not in it")
