"""What lines mean: one event a line, error before load before info."""

import itertools
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.model.lines import LineBuffer, whole_lines
from pyworker.model.markers import MAX_EVENT_CHARACTERS, LogEvent, LogMarkers

TGI = LogMarkers(
    on_error=["Error: WebserverFailed", "Error: DownloadError", "Error: ShardCannotStart"],
    on_load=['"message":"Connected","target":"text_generation_router'],
    on_info=['"message":"Download'],
)


def test_one_event_a_line_in_the_order_of_the_lines() -> None:
    block = (
        b'{"level":"INFO","message":"Download file: model.safetensors"}\n'
        b"nothing\n"
        b'{"message":"Connected","target":"text_generation_router::server"}\n'
        b"Error: WebserverFailed\n"
    )
    assert TGI.scan(block) == [
        LogEvent(
            "info",
            '"message":"Download',
            '{"level":"INFO","message":"Download file: model.safetensors"}',
        ),
        LogEvent(
            "load",
            '"message":"Connected","target":"text_generation_router',
            '{"message":"Connected","target":"text_generation_router::server"}',
        ),
        LogEvent("error", "Error: WebserverFailed", "Error: WebserverFailed"),
    ]


def test_error_wins_over_load_in_the_same_line() -> None:
    markers = LogMarkers(on_load=["BACKENDS_READY"], on_error=["BACKENDS_READY_TIMEOUT"])
    assert [event.kind for event in markers.scan(b"BACKENDS_READY_TIMEOUT: 60\n")] == ["error"]
    assert [event.kind for event in markers.scan(b"BACKENDS_READY: 60\n")] == ["load"]


def test_load_wins_over_info_in_the_same_line() -> None:
    markers = LogMarkers(on_info=["startup"], on_load=["Application startup complete."])
    (event,) = markers.scan(b"INFO: Application startup complete.\n")
    assert (event.kind, event.marker) == ("load", "Application startup complete.")


def test_no_markers_find_nothing() -> None:
    assert LogMarkers().scan(b"Error\n") == []


def test_lines_that_end_with_cr_are_lines_of_their_own() -> None:
    markers = LogMarkers(on_error=["Error"], on_load=["ready"])
    events = markers.scan(b"\r  0%\rready\r100%\rError\r\n")
    assert [(event.kind, event.line) for event in events] == [("load", "ready"), ("error", "Error")]


def test_an_unfinished_line_can_be_scanned() -> None:
    assert [event.kind for event in TGI.scan(b"Error: DownloadError")] == ["error"]


def test_the_line_is_text_without_colours_and_controls() -> None:
    markers = LogMarkers(on_load=[": Connected"])
    line = (
        b"\x1b[2m2026-01-08T15:02:49Z\x1b[0m \x1b[32m INFO\x1b[0m router\xff: server.rs:2302"
        b": Connected\x1b]0;title\x07\x1b(B\x07\x7f\n"
    )
    (event,) = markers.scan(line)
    assert (
        event.line
        == "2026-01-08T15:02:49Z  INFO router\N{REPLACEMENT CHARACTER}: server.rs:2302: Connected"
    )


def test_a_long_line_is_bounded_and_shows_its_marker() -> None:
    markers = LogMarkers(on_error=["Error"])
    (early,) = markers.scan(b"Error: " + b"x" * 60_000 + b"\n")
    assert early.line == "Error: " + "x" * (MAX_EVENT_CHARACTERS - len("Error: "))
    (late,) = markers.scan(b"\x1b[2m" * 1000 + b"x" * 50_000 + b"Error: why\n")
    assert late.line == "x" * 200 + "Error: why"
    assert len(late.line) <= MAX_EVENT_CHARACTERS


def test_a_marker_in_another_script_is_found() -> None:
    markers = LogMarkers(on_load=["модель готова"])
    assert markers.scan("модель готова\n".encode()) == [
        LogEvent("load", "модель готова", "модель готова")
    ]


@pytest.mark.parametrize(
    ("marker", "sentence"),
    [
        ("", "on_error has an empty marker '', which every line would match"),
        ("a\nb", r"on_error marker 'a\nb' has a line end, so no line can match it"),
        ("tqdm\r", r"on_error marker 'tqdm\r' has a line end, so no line can match it"),
        ("a\0b", r"on_error marker 'a\x00b' has a NUL, which is dropped from the log"),
        ("\ud800", r"on_error marker '\ud800' is not valid Unicode text"),
    ],
)
def test_a_marker_that_cannot_work_is_named(marker: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        LogMarkers(on_error=["fine", marker])


def test_a_text_in_place_of_a_list_is_named() -> None:
    """`on_load=("ready")` lacks a comma, and would look for each of its letters."""
    with pytest.raises(ValueError, match="on_load is the text 'ready', not a list of texts"):
        LogMarkers(on_load="ready")


def test_a_load_marker_that_can_never_win_is_named() -> None:
    with pytest.raises(ValueError, match="'BACKENDS_READY' contains on_error marker 'BACKENDS'"):
        LogMarkers(on_error=["BACKENDS"], on_load=["BACKENDS_READY"])


@given(
    st.lists(st.sampled_from([b"Error", b"Err", b"ready", b"info", b"\n", b"\r", b"\xff", b" "])),
    st.lists(st.integers(0, 80)),
)
def test_the_cuts_of_the_stream_change_no_event(words: list[bytes], cuts: list[int]) -> None:
    markers = LogMarkers(on_error=["Error"], on_load=["ready"], on_info=["info"])
    stream = b"".join(words)
    assert in_pieces(markers, stream, cuts) == markers.scan(stream)


def in_pieces(markers: LogMarkers, stream: bytes, cuts: list[int]) -> list[LogEvent]:
    lines = LineBuffer()
    events: list[LogEvent] = []
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    for start, end in itertools.pairwise(places):
        events += markers.scan(lines.feed(stream[start:end]))
    return events + markers.scan(lines.finish())


# All in one set, so that a marker of one server must not fire in the log of another.
EVERY_SERVER = LogMarkers(
    on_error=[
        "EngineCore failed to start.",
        "Engine core initialization failed.",
        "Failed to infer device type",
        "[Errno 98]",
        "exiting due to model loading error",
        "exiting due to HTTP server error",
        "Model path does not exist:",
        "Failed to load model from file:",
        "OSError: Repo id must be",
        "SafetensorError:",
        "BACKENDS_READY_TIMEOUT",
        "BACKEND_UNRECOVERABLE",
    ],
    on_load=[
        "Application startup complete.",
        "listening on http://",
        "Uvicorn running on http://",
        "To see the GUI go to: http://",
        "BACKENDS_READY: ",
    ],
)
STARTUP = ("load", "Application startup complete.")
UVICORN = ("load", "Uvicorn running on http://")
REAL_LOGS = {
    "vllm/startup.log": [STARTUP],
    "vllm/serve-no-gpu.log": [("error", "Failed to infer device type")],
    "vllm/fail-port-in-use.log": [("error", "[Errno 98]")],
    "vllm/serve-cpu-attempt.log": [
        ("error", "EngineCore failed to start."),
        ("error", "Engine core initialization failed."),
    ],
    "llama-server/startup.log": [("load", "listening on http://")],
    "llama-server/fail-missing-model.log": [("error", "exiting due to model loading error")],
    "llama-server/fail-truncated.log": [("error", "exiting due to model loading error")],
    "llama-server/fail-port-in-use.log": [("error", "exiting due to HTTP server error")],
    "llama-cpp-python/fail-missing-model.log": [("error", "Model path does not exist:")] * 2,
    "llama-cpp-python/fail-garbage.log": [("error", "Failed to load model from file:")] * 2,
    "transformers/startup.log": [STARTUP, UVICORN],
    "transformers/fail-missing-model.log": [("error", "OSError: Repo id must be")],
    "transformers/fail-corrupt-weights.log": [("error", "SafetensorError:")],
    "transformers/fail-port-in-use.log": [STARTUP, ("error", "[Errno 98]")],
    "comfyui/startup.log": [("load", "To see the GUI go to: http://")],
    "comfyui/fail-port-in-use.log": [("error", "[Errno 98]")],
    "comfy-wrapper/session1.log": [STARTUP, UVICORN, ("load", "BACKENDS_READY: ")],
    "comfy-wrapper/startup.log": [STARTUP, UVICORN],
}


@pytest.mark.parametrize("name", REAL_LOGS)
def test_a_real_log_says_what_it_should_in_any_pieces(shared_dir: Path, name: str) -> None:
    text = (shared_dir / "logs" / name).read_bytes()
    whole = EVERY_SERVER.scan(whole_lines(text))
    assert [(event.kind, event.marker) for event in whole] == REAL_LOGS[name]
    rng = random.Random(name)
    for _ in range(20):
        cuts = [rng.randrange(len(text)) for _ in range(rng.choice([1, 10, 500]))]
        assert in_pieces(EVERY_SERVER, text, cuts) == whole
