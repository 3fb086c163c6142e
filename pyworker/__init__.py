"""pyworker: the web server between the world and a model server on a rented GPU.

Importing this package is cheap and starts nothing. `python -m pyworker` runs workers; a worker
definition takes its parts from `pyworker.worker`; `pyworker.workload` counts on its own.
"""

from pkgutil import extend_path

# In a checkout, `python -m pyworker` finds this source tree before the installed package. The Rust
# extension is built into the installed one only, so it is looked for there as well.
__path__ = extend_path(__path__, __name__)


def __getattr__(name: str) -> str:
    """`__version__`, looked up when somebody asks: that costs more than all else here together."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - as above

    try:
        return version("pyworker")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+source"
