"""The two JSON forms of TGI's log, byte for byte, and how they reach the file."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pyworker.sim.log import LogWriter, PlainLine
from pyworker.sim.tgi.log import JsonLine, Site, rust_duration

AT = datetime(2026, 1, 8, 15, 2, 49, 12, tzinfo=UTC)
CONNECTED = JsonLine(
    "Connected", site=Site("text_generation_router::server", "router/src/server.rs", 2302)
)


def test_the_launcher_nests_its_message() -> None:
    assert JsonLine("Starting Webserver").render(AT) == (
        b'{"timestamp":"2026-01-08T15:02:49.000012Z","level":"INFO",'
        b'"fields":{"message":"Starting Webserver"},"target":"text_generation_launcher"}\n'
    )


def test_the_launcher_names_its_spans() -> None:
    line = JsonLine("Shard 0", "ERROR", spans=({"rank": 0, "name": "shard-manager"},))
    assert line.render(AT).endswith(
        b'"target":"text_generation_launcher","span":{"rank":0,"name":"shard-manager"},'
        b'"spans":[{"rank":0,"name":"shard-manager"}]}\n'
    )


def test_the_router_is_flat_and_carries_the_markers_that_workers_look_for() -> None:
    line = CONNECTED.render(AT)
    assert line == (
        b'{"timestamp":"2026-01-08T15:02:49.000012Z","level":"INFO","message":"Connected",'
        b'"target":"text_generation_router::server","filename":"router/src/server.rs",'
        b'"line_number":2302}\n'
    )
    assert b'"message":"Connected","target":"text_generation_router::server"' in line


def test_times_are_utc_whatever_the_zone() -> None:
    east = AT.astimezone(timezone(timedelta(hours=2)))
    assert CONNECTED.render(east) == CONNECTED.render(AT)


def test_a_message_of_several_lines_stays_on_one() -> None:
    assert JsonLine("a\nb").render(AT).count(b"\n") == 1


def test_the_last_words_are_plain() -> None:
    assert PlainLine("Error: ShardFailed").render(AT) == b"Error: ShardFailed\n"


def test_lines_are_appended_to_what_the_file_has(tmp_path: Path) -> None:
    path = tmp_path / "infer.log"
    path.write_bytes(b"older\n")
    with LogWriter(path) as log:
        log.write(PlainLine("one"))
        assert path.read_bytes() == b"older\none\n", "visible at once"
        log.write(PlainLine("two"))
    assert path.read_bytes() == b"older\none\ntwo\n"


def test_a_log_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LogWriter(tmp_path / "missing" / "infer.log")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (18.016616627, "18.016616627s"),
        (1.5, "1.5s"),
        (2.0, "2s"),
        (0.011232786, "11.232786ms"),
        (0.000686203, "686.203µs"),
        (41e-9, "41ns"),
        (0.0, "0ns"),
    ],
)
def test_durations_are_written_as_rust_does(seconds: float, text: str) -> None:
    assert rust_duration(seconds) == text
