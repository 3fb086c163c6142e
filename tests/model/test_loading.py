"""What says that the model is loaded: each kind of probe against the real thing, and combined."""

from pathlib import Path

import pytest
import trio
from fakes.model import FakeModel, replies

from pyworker.model.loaded import (
    Answers,
    FileExists,
    Listens,
    Loaded,
    LogMarker,
    Says,
    all_of,
    any_of,
    loaded_by,
)
from pyworker.model.loading import Model, missing

LOG = Path("/log")


async def told(loaded: Loaded, *, url: str = "http://127.0.0.1:9", marker: bool = False) -> str:
    return await missing(loaded, Model(url, LOG, probe_timeout=1.0), marker_seen=marker)


async def test_a_marker() -> None:
    assert await told(LogMarker()) == "a load marker in /log"
    assert await told(LogMarker(), marker=True) == ""


async def test_an_endpoint(nursery: trio.Nursery) -> None:
    model = FakeModel()
    await nursery.start(model.serve)
    model.script(replies(503, b"loading"), replies(200, b"ok"))
    assert await told(Answers("/health"), url=model.url) == f"{model.url}/health answered 503"
    assert await told(Answers("/health"), url=model.url) == ""


async def test_a_port() -> None:
    listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
    port = listener.socket.getsockname()[1]
    async with listener:
        assert await told(Listens(port)) == ""
    assert await told(Listens(port)) == f"127.0.0.1:{port} to listen (Connection refused)"


async def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ready"
    assert await told(FileExists(str(path))) == f"the file {path}"
    path.touch()
    assert await told(FileExists(str(path))) == ""


async def test_a_function_of_the_definition() -> None:
    waiting = ["its weights", ""]
    assert await told(Says(lambda: waiting.pop(0))) == "its weights"
    assert await told(Says(lambda: waiting.pop(0))) == ""


@pytest.mark.parametrize("marker", [False, True])
@pytest.mark.parametrize("there", [False, True])
async def test_parts_combined(marker: bool, there: bool, tmp_path: Path) -> None:
    path = tmp_path / "ready"
    if there:
        path.touch()
    file = FileExists(str(path))
    assert (not await told(all_of(LogMarker(), file), marker=marker)) is (marker and there)
    assert (not await told(any_of(LogMarker(), file), marker=marker)) is (marker or there)


async def test_what_any_of_them_waits_for_is_all_named() -> None:
    nested = any_of(all_of(LogMarker(), FileExists("/a")), FileExists("/nowhere"))
    assert await told(nested) == "a load marker in /log or the file /nowhere"


def test_the_setting_replaces_the_definitions_own() -> None:
    own = FileExists("/x")
    assert loaded_by(None, own, "/health") is own
    assert loaded_by(frozenset({"logs"}), own, "") == LogMarker()
    assert loaded_by(frozenset({"healthcheck"}), own, "/health") == Answers("/health")
    both = loaded_by(frozenset({"logs", "healthcheck"}), own, "/health")
    assert both == all_of(LogMarker(), Answers("/health"))
    with pytest.raises(ValueError, match="READINESS"):
        loaded_by(frozenset({"healthcheck"}), own, "")
