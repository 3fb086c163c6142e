"""The start, as a list of lines and times."""

from datetime import UTC, datetime

import pytest

from pyworker.sim.log import PlainLine
from pyworker.sim.tgi.boot import bind_failure, boot_steps, crash_lines, crashed_lines
from pyworker.sim.tgi.settings import FailStart, TgiSettings

AT = datetime(2026, 1, 8, tzinfo=UTC)

CONNECTED = b'"message":"Connected","target":"text_generation_router::server"'


def starts(message: str, settings: TgiSettings) -> list[float]:
    return [round(s.at, 3) for s in boot_steps(settings) if s.line.message.startswith(message)]


def test_a_good_start_in_the_order_of_the_real_one() -> None:
    settings = TgiSettings(load_seconds=10.0)
    steps = boot_steps(settings)
    wanted = [
        "Args {",
        "Using attention",
        "Default `max_batch_prefill_tokens`",
        "Using default cuda graphs",
        "Starting check and download process for",
        "Download file:",
        "Download: [1/2]",
        "Successfully downloaded weights for",
        "Starting shard",
        "Waiting for shard to be ready...",
        "Shard ready in",
        "Starting Webserver",
        "Warming up model",
        "Setting max batch total tokens to",
        "Using backend V3",
        "Connected",
    ]
    messages = iter(step.line.message for step in steps)
    for beginning in wanted:
        assert any(message.startswith(beginning) for message in messages), beginning
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert steps[-1].at == 10.0
    assert CONNECTED in steps[-1].line.render(AT)


def test_download_lines_match_the_info_marker_of_the_tgi_worker() -> None:
    lines = [step.line.render(AT) for step in boot_steps(TgiSettings())]
    relayed = [line for line in lines if b'"message":"Download' in line]
    assert len(relayed) == 6


def test_a_long_load_says_every_ten_seconds_that_it_waits() -> None:
    # The shard takes from 26 % to 75 %: 52 s to 150 s.
    waits = starts("Waiting for shard", TgiSettings(load_seconds=200.0))
    assert waits == [62.0, 72.0, 82.0, 92.0, 102.0, 112.0, 122.0, 132.0, 142.0]


@pytest.mark.parametrize(
    ("fail", "error", "cause"),
    [
        ("download", "Error: DownloadError", "Download encountered an error:"),
        ("shard", "Error: ShardCannotStart", "Shard 0 failed to start"),
        ("webserver", "Error: WebserverFailed", "Webserver Crashed"),
    ],
)
def test_a_failing_start_ends_with_its_plain_error(fail: FailStart, error: str, cause: str) -> None:
    steps = boot_steps(TgiSettings(load_seconds=10.0, fail_start=fail))
    assert isinstance(steps[-1].line, PlainLine)
    assert steps[-1].line.message == error
    assert any(step.line.message.startswith(cause) for step in steps)
    assert not any(step.line.message == "Connected" for step in steps)
    assert [step.at for step in steps] == sorted(step.at for step in steps)


def test_a_taken_port_is_found_after_connected() -> None:
    assert boot_steps(TgiSettings(fail_start="bind"))[-1].line.message == "Connected"
    messages = [line.message for line in bind_failure("0.0.0.0:5001", 98, "Address already in use")]
    assert messages[0] == "Failed to bind to 0.0.0.0:5001: Address already in use (os error 98)"
    assert messages[-1] == "Error: WebserverFailed"


def test_a_crash_has_the_markers_of_the_real_one() -> None:
    messages = [line.message for line in (*crash_lines(), *crashed_lines())]
    assert "Shard 0 crashed" in messages
    assert messages[-1] == "Error: ShardFailed"
