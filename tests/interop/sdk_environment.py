"""An interpreter that has the real SDK, PyPI's `vastai`, of exactly the version that is tested.

It is an environment of its own, made once and kept in pytest's cache; PYWORKER_SDK_PYTHON names an
interpreter that has it already.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SDK = "vastai"
SDK_VERSION = "1.9.1"
# Making the environment downloads 60 MB and takes a minute on a slow machine.
INSTALL_SECONDS = 600

# What pip says when it has no way to an index, rather than trouble with what it found there.
_UNREACHABLE = ("from versions: none", "Could not fetch URL", "Connection", "timed out")


def python_with_sdk(cache: pytest.Cache) -> str:
    """The interpreter; skips the test where the SDK cannot be had."""
    named = os.environ.get("PYWORKER_SDK_PYTHON")
    if named:
        assert _installed_version(named) == SDK_VERSION
        return named
    folder = cache.mkdir(f"{SDK}-{SDK_VERSION}-py{sys.version_info[0]}.{sys.version_info[1]}")
    python = str(folder / "bin" / "python")
    if _installed_version(python) != SDK_VERSION:
        _install(folder, python)
    return python


def _installed_version(python: str) -> str:
    program = f"from importlib.metadata import version; print(version('{SDK}'))"
    try:
        done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def _install(folder: Path, python: str) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    install = [python, "-m", "pip", "install", "--quiet", f"{SDK}=={SDK_VERSION}"]
    done = subprocess.run(
        install, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
    )
    if done.returncode and any(words in done.stderr for words in _UNREACHABLE):
        pytest.skip(f"{SDK}=={SDK_VERSION} cannot be had: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
