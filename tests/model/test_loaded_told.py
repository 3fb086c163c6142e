"""What says that a model is loaded, in the words of `python -m pyworker check`."""

import pytest

from pyworker.check import report
from pyworker.errors import SettingsError
from pyworker.model.loaded import (
    Answers,
    FileExists,
    Listens,
    Loaded,
    LogMarker,
    Says,
    all_of,
    any_of,
    told,
)
from pyworker.settings import read_settings
from workers.comfyui_json.worker import define as define_comfyui
from workers.null.worker import define as define_null


@pytest.mark.parametrize(
    ("loaded", "words"),
    [
        (LogMarker(), "the log says 'up' or 'ready '"),
        (Answers("/health"), "/health answers 200"),
        (Listens(8000), "127.0.0.1:8000 takes connections"),
        (FileExists("/tmp/done"), "the file /tmp/done is there"),
        (Says(str), "a function of the definition says so"),
        (all_of(), "it starts"),
        (any_of(), "nothing is ever enough"),
        (
            all_of(Answers("/a"), any_of(LogMarker(), Answers("/b"))),
            "/a answers 200, and (the log says 'up' or 'ready ', or /b answers 200)",
        ),
    ],
)
def test_each_probe_has_its_words(loaded: Loaded, words: str) -> None:
    assert told(loaded, ("up", "ready ")) == words


def test_a_marker_is_asked_for_and_none_is_set() -> None:
    assert told(LogMarker(), ()) == "the log says nothing: no marker is set"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "/health answers 200, and (the log says "),
        ({"READINESS": "healthcheck"}, "/health answers 200"),
        ({"READINESS": "logs", "MODEL_LOAD_LOG_MSG": "up"}, "the log says 'up'"),
    ],
)
def test_check_tells_it_with_the_settings(settings: dict[str, str], words: str) -> None:
    lines = report(define_comfyui, read_settings(settings), None)
    (line,) = [line for line in lines if line.startswith("is loaded when")]
    assert line.removeprefix("is loaded when").strip().startswith(words)


def test_check_refuses_a_health_endpoint_that_is_not_there() -> None:
    with pytest.raises(SettingsError, match="the worker has no health endpoint"):
        report(define_null, read_settings({"READINESS": "healthcheck"}), None)
