"""Asks whether the model is loaded, as its definition says (`model/loaded.py`)."""

from dataclasses import dataclass
from pathlib import Path

import trio

from pyworker.model.health import HealthProbe
from pyworker.model.loaded import (
    AllOf,
    Answers,
    AnyOf,
    FileExists,
    Listens,
    Loaded,
    LogMarker,
    Says,
)
from pyworker.reasons import reason_of

# For a TCP connection to a process on this machine or its neighbour.
_CONNECT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Model:
    """What is asked about.

    Attributes:
        url: Base URL for endpoints that are paths.
        log_path: The followed log, to name it.
        probe_timeout: Seconds for one HTTP probe.
    """

    url: str
    log_path: Path
    probe_timeout: float


async def missing(loaded: Loaded, model: Model, *, marker_seen: bool) -> str:
    """Empty when the model is loaded, else what is waited for.

    Args:
        loaded: What says so.
        model: The model server.
        marker_seen: Whether a load marker was read since the last start of the model.
    """
    if not isinstance(loaded, AllOf | AnyOf):
        return await _missing(loaded, model, marker_seen=marker_seen)
    waited_for: list[str] = []
    for part in loaded.parts:
        told = await missing(part, model, marker_seen=marker_seen)
        if bool(told) == isinstance(loaded, AllOf):
            return told
        waited_for.append(told)
    return " or ".join(told for told in waited_for if told)


async def _missing(
    probe: LogMarker | Answers | Listens | FileExists | Says, model: Model, *, marker_seen: bool
) -> str:
    match probe:
        case LogMarker():
            return "" if marker_seen else f"a load marker in {model.log_path}"
        case Answers(endpoint):
            return await HealthProbe(model.url, endpoint, timeout=model.probe_timeout).ask()
        case Listens(port, host):
            return await _connecting(host, port)
        case FileExists(path):
            return "" if await trio.Path(path).exists() else f"the file {path}"
        case Says(waiting):
            return waiting()


async def _connecting(host: str, port: int) -> str:
    with trio.move_on_after(_CONNECT_SECONDS):
        try:
            stream = await trio.open_tcp_stream(host, port)
        except OSError as error:
            return f"{host}:{port} to listen ({reason_of(error)})"
        await stream.aclose()
        return ""
    return f"{host}:{port} to take a connection within {_CONNECT_SECONDS:.0f} s"
