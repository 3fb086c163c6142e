"""While requests are served: probes decide, a line alone does not, and errors heal."""

from pathlib import Path

import pytest
import trio
from fakes.model_http import Answer, in_turn, raw, silent, whole
from fakes.watching import CRASHED, LOADED, watching

from pyworker.model.health import PROBE_SECONDS

SAID = f"the model's log says: {CRASHED}"
# Seconds after the line was written, which is 0.15 s before it is read.
OPINIONS = [0.15, 1.15, 2.15, 3.15, 4.15]
WELL, SICK = whole(), whole(status=500)


async def test_a_ready_model_is_probed_every_ten_seconds(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        ready = await worker.until_ready()
        await trio.sleep_until(65)
        probed = [asked.at for asked in worker.model.since(ready)]
    assert probed == [10, 20, 30, 40, 50, 60]
    assert worker.history == []


@pytest.mark.parametrize("failures", [1, 2])
async def test_a_failure_or_two_change_nothing(
    tmp_path: Path, autojump_clock: object, failures: int
) -> None:
    async with watching(tmp_path) as worker:
        await worker.until_ready()
        for _ in range(5):
            worker.model.answer = in_turn(*[SICK] * failures, WELL)
            await trio.sleep(60)
    assert worker.history == []


@pytest.mark.parametrize(
    ("failure", "told"),
    [(SICK, "answered 500"), (raw(b""), "disconnected"), (silent, "did not answer within 10 s")],
)
async def test_three_failures_in_a_row_are_an_error_and_two_successes_heal_it(
    tmp_path: Path, autojump_clock: object, failure: Answer, told: str
) -> None:
    async with watching(tmp_path) as worker:
        await worker.until_ready()
        worker.model.answer = in_turn(*[failure] * 5, WELL, SICK, WELL)
        await trio.sleep(200)
        [(broke, _, error), (_, healed, nothing)] = worker.history
        probed = [asked.at for asked in worker.model.since(10)]
    assert (healed, nothing) == ("ready", "")
    assert "health probe failed 3 times" in error
    assert told in error
    # The first failure at 10 s, then doubtful probes 2 s after each other's end; a single success
    # between two failures healed nothing.
    patience = 10 if failure is silent else 0
    assert broke == 14 + 3 * patience
    assert probed[1] - probed[0] == 2 + patience
    assert worker.history[1][0] >= broke + 3 * 2


async def test_a_line_alone_does_not_break_a_model_that_answers(
    tmp_path: Path, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with watching(tmp_path) as worker:
        ready = await worker.until_ready()
        worker.say(CRASHED)
        await trio.sleep(PROBE_SECONDS * 3)
        opinions = worker.model.since(ready, ready + 4.5)
    assert worker.history == []
    assert [round(asked.at - ready, 6) for asked in opinions if asked.at != 10] == OPINIONS
    assert f"answers its probe all the same; serving on after: {SAID}" in caplog.text


@pytest.mark.parametrize("well", [0, 1, 4])
async def test_a_line_and_a_failed_probe_are_an_error_at_once(
    tmp_path: Path, autojump_clock: object, well: int
) -> None:
    async with watching(tmp_path) as worker:
        ready = await worker.until_ready()
        await trio.sleep_until(20.6)
        worker.model.answer = in_turn(*[WELL] * well, SICK)
        worker.say(CRASHED)
        await trio.sleep(8)
        assert ready < 20
    [(at, phase, error)] = worker.history
    assert (at, phase) == (20.75 + well, "errored")
    assert error == f"{SAID} ({worker.model.url}/health answered 500)"


async def test_two_successes_heal_that_too_and_one_does_not(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        await worker.until_ready()
        await trio.sleep_until(60.6)  # many successes, which must not count
        worker.model.answer = in_turn(SICK, WELL, SICK, WELL)
        worker.say(CRASHED)
        await trio.sleep_until(200)
        broken, healed = worker.history
        probes = worker.model.since(broken[0], healed[0] + 0.1)
    assert (broken[1], healed[1]) == ("errored", "ready")
    # The one that broke it, a success, a failure, two successes.
    assert len(probes) == 5


async def test_without_a_probe_a_line_is_all_there_is(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path, probe=False) as worker:
        ready = await worker.until_ready()
        worker.say(CRASHED)
        await trio.sleep(1)
    assert worker.history == [(ready + 0.15, "errored", SAID)]


async def test_a_restart_after_an_error_is_confirmed_and_not_measured_again(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        await worker.until_ready()
        worker.model.answer = raw(b"")
        await trio.sleep_until(30.1)
        worker.say(LOADED)
        await trio.sleep_until(40.1)
        worker.model.answer = whole()
        await trio.sleep_until(100)
    assert [phase for _, phase in worker.phases] == ["errored", "confirming", "ready"]
    assert worker.phases[1:] == [(40.25, "confirming"), (40.25, "ready")]
    assert len(worker.throughput.began) == 1


async def test_failures_before_a_restart_are_not_held_against_it(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        await worker.until_ready()
        worker.model.answer = SICK
        await trio.sleep_until(14.6)
        assert worker.phases == [(14, "errored")]
        # Ready again between two probes of the watch, whose next one fails once.
        worker.model.answer = in_turn(WELL, WELL, SICK, WELL)
        worker.say(LOADED)
        await trio.sleep_until(100)
    assert worker.phases[1:] == [(14.75, "confirming"), (14.75, "ready")]


async def test_before_it_was_ready_probes_heal_nothing(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        worker.say(CRASHED)
        await trio.sleep_until(300)
        assert worker.model.asked == []
    assert worker.phases == [(0.25, "errored")]


async def test_many_error_lines_are_judged_one_after_the_other(
    tmp_path: Path, autojump_clock: object
) -> None:
    async with watching(tmp_path) as worker:
        ready = await worker.until_ready()
        for _ in range(200):
            worker.say(*[CRASHED] * 50)
            await trio.sleep(0.1)
        await trio.sleep(20)
        asked = worker.model.since(ready)
        assert worker.history == []
    # One probe a second and the watch's own; never one for each line.
    assert len(asked) < 40
    assert worker.model.most_at_once <= 2
