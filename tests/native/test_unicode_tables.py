"""The Unicode tables in Rust are what the reference says now, for all code points."""

import re
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest

NATIVE = Path(__file__).parents[2] / "native"


def script(name: str) -> ModuleType:
    spec = util.spec_from_file_location(name, NATIVE / "tables" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unformatted(source: str) -> str:
    """Without what rustfmt changes, and without the version of the reference."""
    return re.sub(r"//!.*|\s", "", source).replace(",]", "]")


@pytest.mark.parametrize(("name", "asked"), [("onig", "signs"), ("nfc", "classes")])
def test_the_reference_has_the_same_classes(name: str, asked: str) -> None:
    tables = script(name)
    written = (NATIVE / "src/tokens/unicode" / f"{name}.rs").read_text()
    assert unformatted(tables.rust(getattr(tables, asked)())) == unformatted(written)
