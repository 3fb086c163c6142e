"""What says that the model is loaded: a marker in its log, probes, or several of them. Data only.

`model/loading.py` asks. Users who had only the log ran side threads that wrote a marker into it
once a port answered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogMarker:
    """One of the definition's load markers stands in the log."""


@dataclass(frozen=True, slots=True)
class Answers:
    """An endpoint answers 200: a path at the model server, or a whole URL."""

    endpoint: str


@dataclass(frozen=True, slots=True)
class Listens:
    """A TCP port takes connections."""

    port: int
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class FileExists:
    """A file is there."""

    path: str


@dataclass(frozen=True, slots=True)
class Says:
    """A function of the definition: what is still waited for, empty when the model is loaded."""

    waiting: Callable[[], str]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part says so; asked in this order."""

    parts: "tuple[Loaded, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part says so; asked in this order."""

    parts: "tuple[Loaded, ...]"


Loaded = LogMarker | Answers | Listens | FileExists | Says | AllOf | AnyOf


def all_of(*parts: Loaded) -> Loaded:
    """Loaded when every part says so; without a part, at once."""
    return AllOf(parts)


def any_of(*parts: Loaded) -> Loaded:
    """Loaded when one part says so."""
    return AnyOf(parts)


def asks_log(loaded: Loaded) -> bool:
    """Whether a load marker has a say."""
    if isinstance(loaded, AllOf | AnyOf):
        return any(asks_log(part) for part in loaded.parts)
    return isinstance(loaded, LogMarker)


def loaded_by(setting: frozenset[str] | None, own: Loaded, health_endpoint: str) -> Loaded:
    """What the READINESS setting asks for; `own` when it is not set.

    Raises:
        ValueError: It asks for a health endpoint, and there is none.
    """
    if setting is None:
        return own
    if "healthcheck" not in setting:
        return LogMarker()
    if not health_endpoint:
        raise ValueError("READINESS names healthcheck, and the worker has no health endpoint")
    answers = Answers(health_endpoint)
    return all_of(LogMarker(), answers) if "logs" in setting else answers


def told(loaded: Loaded, markers: Sequence[str]) -> str:
    """What is asked, in words: `/ready answers 200, and the log says 'Connected'`."""
    match loaded:
        case LogMarker():
            return f"the log says {' or '.join(map(repr, markers)) or 'nothing: no marker is set'}"
        case Answers(endpoint):
            return f"{endpoint} answers 200"
        case Listens(port, host):
            return f"{host}:{port} takes connections"
        case FileExists(path):
            return f"the file {path} is there"
        case Says():
            return "a function of the definition says so"
        case AllOf(parts) | AnyOf(parts):
            both = isinstance(loaded, AllOf)
            words = (", and " if both else ", or ").join(_part(part, markers) for part in parts)
            return words or ("it starts" if both else "nothing is ever enough")


def _part(loaded: Loaded, markers: Sequence[str]) -> str:
    text = told(loaded, markers)
    return f"({text})" if isinstance(loaded, AllOf | AnyOf) else text
