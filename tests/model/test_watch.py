"""From the model's log to ready, and what comes between, on a virtual clock."""

import logging
from pathlib import Path

import pytest
import trio
from fakes.model_http import in_turn, raw, silent, whole
from fakes.watching import CRASHED, INFO, LOADED, watching

from pyworker.model.logfile import NotALogFile
from pyworker.model.markers import LogMarkers
from pyworker.model.readiness import Phase, Readiness
from pyworker.model.watch import ModelWatch

SAID = f"the model's log says: {CRASHED}"


async def test_load_line_health_benchmark_health_key_ready(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path, key=False) as worker:
        healthy = f"200 from {worker.model.url}/health"
        assert worker.readiness.phase is Phase.LOADING
        assert worker.readiness.waits_for == f"a load marker in {worker.log}"
        worker.model.answer = whole(status=503)
        worker.say("loading", LOADED, "listening")
        await trio.sleep_until(4.1)
        assert worker.readiness.waits_for == healthy
        worker.model.answer = whole()
        await trio.sleep_until(5.5)
        worker.model.answer = whole(status=503)
        await trio.sleep_until(12.1)
        assert worker.readiness.waits_for == healthy
        assert worker.readiness.max_perf == 99.5
        worker.model.answer = whole()
        await trio.sleep_until(15)
        assert worker.readiness.waits_for == "the autoscaler's public key"
        worker.key.set()
        await trio.sleep_until(16)
    assert worker.history == [
        (4.25, "benchmarking", ""),
        (9.25, "confirming", ""),
        (15, "ready", ""),
    ]
    assert worker.readiness.load_time == 15
    assert worker.readiness.waits_for == ""


async def test_without_a_probe_it_is_ready_when_measured(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path, probe=False) as worker:
        worker.say(LOADED)
        await trio.sleep_until(20)
        assert worker.model.asked == []
    assert worker.phases == [(0.25, "benchmarking"), (5.25, "confirming"), (5.25, "ready")]


async def test_a_line_of_a_run_before_the_worker_counts(
    tmp_path: Path, autojump_clock: object
) -> None:
    (tmp_path / "model.log").write_text(f"{LOADED}\n")
    async with watching(tmp_path) as worker:
        await trio.sleep_until(6)
        assert worker.readiness.ready


async def test_an_error_before_the_load_line_is_told_at_once(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        await trio.sleep_until(1.1)
        worker.say(f"ERROR {CRASHED} at layer 7")
        await trio.sleep_until(60)
        assert worker.model.asked == []
    assert worker.history == [
        (1.25, "errored", f"the model's log says: ERROR {CRASHED} at layer 7")
    ]
    assert worker.throughput.began == []


async def test_last_words_without_a_line_end_are_understood(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        worker.say(CRASHED, end="")
        await trio.sleep_until(4)
        worker.say(" at layer 7")
        await trio.sleep_until(8)
    [(at, phase, error)] = worker.history
    assert (phase, error) == ("errored", SAID)
    assert at <= 3


async def test_a_long_line_is_cut_for_the_report(tmp_path: Path, autojump_clock: object) -> None:
    async with watching(tmp_path) as worker:
        worker.say(f"{CRASHED} {'x' * 5000}")
        await trio.sleep_until(1)
        assert worker.readiness.error.startswith(SAID)
        assert len(worker.readiness.error) < 350


async def test_an_error_during_the_benchmark_is_seen_at_once_and_ends_it(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        worker.throughput.seconds = 300
        worker.say(LOADED)
        await trio.sleep_until(60.1)
        worker.say(CRASHED)
        await trio.sleep_until(400)
    assert worker.history == [(0.25, "benchmarking", ""), (60.25, "errored", SAID)]
    assert worker.throughput.cancelled == [60.25]


async def test_an_error_while_confirming_ends_that(tmp_path: Path, autojump_clock: object) -> None:
    async with watching(tmp_path) as worker:
        worker.model.answer = in_turn(whole(), whole(status=503))
        worker.say(LOADED)
        await trio.sleep_until(20.1)
        worker.say(CRASHED)
        worker.model.answer = whole()
        await trio.sleep_until(400)
    assert worker.history[2:] == [(20.25, "errored", SAID)]


@pytest.mark.parametrize("line", [f"{LOADED} {CRASHED}", f"{CRASHED} {LOADED}"])
async def test_error_and_load_on_one_line_is_an_error(
    tmp_path: Path, autojump_clock: object, line: str
) -> None:
    async with watching(tmp_path) as worker:
        worker.say(line)
        await trio.sleep_until(60)
    assert worker.phases == [(0.25, "errored")]
    assert worker.throughput.began == []


async def test_a_load_line_before_an_error_speaks_of_what_has_crashed(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        worker.say(LOADED, CRASHED)
        await trio.sleep_until(60)
    assert worker.history == [(0.25, "errored", SAID)]
    assert worker.throughput.began == []


async def test_a_load_line_after_an_error_heals_it(tmp_path: Path, autojump_clock: object) -> None:
    async with watching(tmp_path) as worker:
        worker.say(CRASHED, LOADED)
        await trio.sleep_until(20)
    assert worker.history == [
        (0.25, "errored", SAID),
        (0.25, "benchmarking", ""),
        (5.25, "confirming", ""),
        (5.25, "ready", ""),
    ]


async def test_a_crash_and_a_restart_within_one_benchmark_measures_anew(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        worker.say(LOADED)
        await trio.sleep_until(3.1)
        worker.say(CRASHED, LOADED)
        await trio.sleep_until(20)
    assert worker.throughput.began == [0.25, 3.25]
    assert worker.throughput.cancelled == [3.25]
    assert worker.phases[-1] == (8.25, "ready")


async def test_a_repeated_load_line_measures_nothing_again(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        for second in range(20):
            worker.say(LOADED, LOADED)
            await trio.sleep_until(second)
        assert worker.readiness.waits_for == ""
    assert worker.phases == [(0.25, "benchmarking"), (5.25, "confirming"), (5.25, "ready")]
    assert worker.throughput.began == [0.25]
    assert worker.readiness.load_time == 5.25


async def test_what_was_measured_once_is_only_confirmed_after_a_restart(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path, probe=False) as worker:
        ready = await worker.until_ready()
        worker.say(CRASHED)
        await trio.sleep(1)
        worker.say(LOADED)
        await trio.sleep(60)
    assert worker.phases == [
        (ready + 0.15, "errored"),
        (ready + 1.15, "confirming"),
        (ready + 1.15, "ready"),
    ]
    assert len(worker.throughput.began) == 1


async def test_a_failed_benchmark_is_an_error_and_is_tried_again_less_and_less(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        worker.throughput.results = [*["the model answered 500"] * 6, 99.5]
        worker.say(LOADED)
        await trio.sleep_until(1100)
    # 5 s each, then pauses of 30, 60, 120, 240 and at most 300 s.
    assert worker.throughput.began == [0.25, 35.25, 100.25, 225.25, 470.25, 775.25, 1080.25]
    assert worker.history[:3] == [
        (0.25, "benchmarking", ""),
        (5.25, "errored", "the model answered 500"),
        (35.25, "benchmarking", ""),
    ]
    assert worker.history[-2:] == [(1085.25, "confirming", ""), (1085.25, "ready", "")]


@pytest.mark.parametrize("answers", [0, 1])
async def test_a_probe_that_stays_unwell_after_the_load_line_is_an_error_after_five_minutes(
    tmp_path: Path, autojump_clock: object, answers: int
) -> None:
    """Before the benchmark, and after it alike."""
    async with watching(tmp_path) as worker:
        worker.model.answer = in_turn(*[whole()] * answers, whole(status=503))
        worker.say(LOADED)
        await trio.sleep_until(320.1)
        at, phase, error = worker.history[-1]
        assert (phase, error) == (
            "errored",
            f"the model is loaded, but {worker.model.url}/health answered 503",
        )
        assert 300 <= at - 5 * answers <= 302
        worker.model.answer = whole()
        await trio.sleep_until(330)
    assert worker.history[-1][1:] == ("ready", "")
    assert worker.throughput.began == [0.25 if answers else 320.25]


async def test_a_crash_while_the_probe_is_waited_for_ends_that(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        worker.model.answer = whole(status=503)
        worker.say(LOADED)
        await trio.sleep_until(20.1)
        worker.say(CRASHED)
        worker.model.answer = whole()
        await trio.sleep_until(400)
    assert worker.history == [(20.25, "errored", SAID)]
    assert worker.throughput.began == []


async def test_a_key_that_is_late_is_an_error_after_five_minutes_and_heals(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path, key=False) as worker:
        worker.say(LOADED)
        await trio.sleep_until(1000)
        worker.key.set()
        await trio.sleep_until(1001)
    assert worker.history[2:] == [
        (305.25, "errored", "the autoscaler's public key could not be fetched"),
        (1000, "ready", ""),
    ]


@pytest.mark.parametrize("_", range(6), ids=str)  # Trio picks the order of a tick at random
async def test_an_error_in_the_tick_in_which_the_benchmark_ends_is_not_lost(
    tmp_path: Path, autojump_clock: object, _: int
) -> None:
    async with watching(tmp_path) as worker:
        worker.say(LOADED)
        await trio.sleep_until(5.1)
        worker.say(CRASHED)  # seen at 5.25, when the benchmark ends
        await trio.sleep_until(60)
    assert worker.history[-1] == (5.25, "errored", SAID)


@pytest.mark.parametrize("_", range(6), ids=str)  # Trio picks the order of a tick at random
async def test_an_error_in_the_tick_in_which_the_key_comes_is_not_lost(
    tmp_path: Path, autojump_clock: object, _: int
) -> None:
    async with watching(tmp_path, probe=False, key=False) as worker:
        worker.say(LOADED)
        await trio.sleep_until(10.1)
        worker.say(CRASHED)
        await trio.sleep_until(10.25)
        worker.key.set()
        await trio.sleep_until(60)
    assert worker.history[-1] == (10.25, "errored", SAID)


async def test_draining_is_for_good(tmp_path: Path, autojump_clock: object) -> None:
    async with watching(tmp_path) as worker:
        worker.say(LOADED)
        await trio.sleep_until(2)
        worker.readiness.drain()
        worker.model.answer = silent
        worker.say(CRASHED, LOADED)
        await trio.sleep_until(400)
    assert worker.phases == [(0.25, "benchmarking"), (2, "draining")]


async def test_info_lines_are_relayed_to_our_log(
    tmp_path: Path, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with watching(tmp_path) as worker:
        worker.say(f"{INFO} 50 %", "noise")
        await trio.sleep_until(1)
    assert f"model: {INFO} 50 %" in [record.getMessage() for record in caplog.records]
    assert "noise" not in caplog.text


async def test_a_log_that_is_none_ends_the_watch(tmp_path: Path, autojump_clock: object) -> None:
    async def never() -> float:
        await trio.sleep_forever()
        raise AssertionError("unreachable")

    watch = ModelWatch(
        Readiness(),
        log_path=tmp_path,
        markers=LogMarkers([], ["x"]),
        measure=never,
        probe=None,
        key_available=never,
        in_thread=False,
    )
    with pytest.RaisesGroup(NotALogFile, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            await nursery.start(watch.serve)


async def test_garbage_in_the_log_does_not_matter(tmp_path: Path, autojump_clock: object) -> None:
    async with watching(tmp_path) as worker:
        worker.model.answer = raw(bytes(range(256)))
        worker.log.write_bytes(bytes(range(256)) * 4096 + b"\n" + LOADED.encode() + b"\xff\xfe\n")
        await trio.sleep_until(5.5)
        worker.model.answer = whole()
        await trio.sleep_until(12)
        assert worker.readiness.ready


async def test_probes_can_say_that_it_is_loaded(tmp_path: Path, autojump_clock: object) -> None:
    waits_for = "the file /ready"

    async def loading(marker_seen: bool) -> str:
        await trio.lowlevel.checkpoint()
        return "a marker" if not marker_seen else waits_for

    async with watching(tmp_path, loading=loading) as worker:
        await trio.sleep_until(2.1)
        assert worker.readiness.waits_for == "a marker"
        worker.say(LOADED)
        await trio.sleep_until(4.1)
        assert worker.readiness.waits_for == "the file /ready"
        waits_for = ""
        await trio.sleep_until(30)
        assert worker.phases == [(5, "benchmarking"), (10, "confirming"), (10, "ready")]
        # An error that its probe agrees with heals by the same way as it came up.
        worker.model.answer = whole(status=503)
        worker.say(CRASHED)
        await trio.sleep_until(40)
        assert worker.readiness.phase is Phase.ERRORED
        worker.model.answer = whole()
        await trio.sleep_until(60)
        assert worker.readiness.ready
