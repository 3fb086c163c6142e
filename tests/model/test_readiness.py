"""The phases: which way leads where, what is told on the way, and that nothing leaves draining."""

import logging
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.model.readiness import Phase, Readiness

# To each phase by the call that leads there.
ENTER: dict[Phase, Callable[[Readiness], None]] = {
    Phase.LOADING: lambda readiness: readiness.loading("its log"),
    Phase.BENCHMARKING: lambda readiness: readiness.benchmarking(),
    Phase.CONFIRMING: lambda readiness: readiness.confirming(99.5, "its probe"),
    Phase.READY: lambda readiness: readiness.serve(),
    Phase.ERRORED: lambda readiness: readiness.fail("broken"),
    Phase.DRAINING: lambda readiness: readiness.drain(),
}
# A way from the start to each phase.
WAYS: dict[Phase, list[Phase]] = {
    Phase.STARTING: [],
    Phase.LOADING: [Phase.LOADING],
    Phase.BENCHMARKING: [Phase.LOADING, Phase.BENCHMARKING],
    Phase.CONFIRMING: [Phase.LOADING, Phase.BENCHMARKING, Phase.CONFIRMING],
    Phase.READY: [Phase.LOADING, Phase.BENCHMARKING, Phase.CONFIRMING, Phase.READY],
    Phase.ERRORED: [Phase.ERRORED],
    Phase.DRAINING: [Phase.DRAINING],
}
LEGAL = {
    (Phase.STARTING, Phase.LOADING),
    (Phase.STARTING, Phase.CONFIRMING),
    (Phase.LOADING, Phase.BENCHMARKING),
    (Phase.LOADING, Phase.CONFIRMING),
    (Phase.BENCHMARKING, Phase.CONFIRMING),
    (Phase.CONFIRMING, Phase.READY),
    (Phase.ERRORED, Phase.BENCHMARKING),
    (Phase.ERRORED, Phase.CONFIRMING),
    (Phase.ERRORED, Phase.READY),
}
ALWAYS = {Phase.ERRORED, Phase.DRAINING}
WELL = [Phase.LOADING, Phase.BENCHMARKING, Phase.CONFIRMING, Phase.READY]


class Watched:
    """A readiness with a clock to set, and how often it told of a change."""

    def __init__(self) -> None:
        self.now = 100.0
        self.changes = 0
        self.readiness = Readiness(clock=lambda: self.now, on_change=self._count)

    def _count(self) -> None:
        self.changes += 1


def in_phase(phase: Phase) -> Watched:
    now = Watched()
    for step in WAYS[phase]:
        ENTER[step](now.readiness)
    assert now.readiness.phase is phase
    now.changes = 0
    return now


def test_it_starts_with_nothing_to_show() -> None:
    readiness = Readiness()
    assert readiness.phase is Phase.STARTING
    assert not readiness.ready
    assert (readiness.error, readiness.max_perf, readiness.load_time) == ("", 0, 0)


@pytest.mark.parametrize(("before", "after"), sorted(LEGAL, key=str))
def test_each_legal_step_is_taken_and_told_once(before: Phase, after: Phase) -> None:
    now = in_phase(before)
    ENTER[after](now.readiness)
    assert now.readiness.phase is after
    assert now.changes == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (before, after)
        for before in Phase
        for after in WELL
        if (before, after) not in LEGAL and before is not Phase.DRAINING
    ],
)
def test_each_other_step_towards_ready_raises_and_changes_nothing(
    before: Phase, after: Phase
) -> None:
    now = in_phase(before)
    with pytest.raises(ValueError, match=f"no way from {before.value} to {after.value}"):
        ENTER[after](now.readiness)
    assert now.readiness.phase is before
    assert now.changes == 0


@pytest.mark.parametrize("before", [phase for phase in Phase if phase is not Phase.DRAINING])
def test_every_phase_can_fail_and_drain(before: Phase) -> None:
    now = in_phase(before)
    now.readiness.fail("the GPU fell off the bus")
    assert now.readiness.phase is Phase.ERRORED
    assert now.readiness.error == "the GPU fell off the bus"
    assert not now.readiness.ready
    now.readiness.drain()
    assert now.readiness.phase is Phase.DRAINING
    assert now.changes == 2


@given(steps=st.lists(st.sampled_from(sorted(ENTER, key=str))))
def test_nothing_leaves_draining(steps: list[Phase]) -> None:
    now = in_phase(Phase.DRAINING)
    for step in steps:
        ENTER[step](now.readiness)
        assert now.readiness.phase is Phase.DRAINING
    assert now.changes == 0


def test_an_error_that_was_there_is_kept_while_draining() -> None:
    now = in_phase(Phase.ERRORED)
    now.readiness.drain()
    assert now.readiness.error == "broken"


@given(steps=st.lists(st.sampled_from(sorted(ENTER, key=str))))
def test_whatever_is_called_only_legal_steps_happen(steps: list[Phase]) -> None:
    now = Watched()
    readiness = now.readiness
    for step in steps:
        before, now.changes = readiness.phase, 0
        with suppress(ValueError):
            ENTER[step](readiness)
        after = readiness.phase
        assert now.changes == (after is not before)
        assert after is before or (before, after) in LEGAL or after in ALWAYS
        assert readiness.ready == (after is Phase.READY)
        assert after in ALWAYS or not readiness.error
        assert after is not Phase.ERRORED or readiness.error


@pytest.mark.parametrize("after", [Phase.BENCHMARKING, Phase.CONFIRMING, Phase.READY])
def test_an_error_heals(after: Phase) -> None:
    now = in_phase(Phase.ERRORED)
    ENTER[after](now.readiness)
    assert now.readiness.error == ""


def test_the_same_error_again_is_no_news_and_another_one_is() -> None:
    now = in_phase(Phase.ERRORED)
    now.readiness.fail("broken")
    assert now.changes == 0
    now.readiness.fail("broken otherwise")
    assert now.changes == 1
    assert now.readiness.error == "broken otherwise"


def test_an_error_without_a_sentence_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="an error needs a sentence"):
        Readiness().fail("")


@pytest.mark.parametrize("max_perf", [0.0, -1.0, float("nan")])
def test_nobody_is_ready_with_no_throughput(max_perf: float) -> None:
    now = in_phase(Phase.BENCHMARKING)
    with pytest.raises(ValueError, match="throughput"):
        now.readiness.confirming(max_perf, "")
    assert now.readiness.phase is Phase.BENCHMARKING
    assert now.readiness.max_perf == 0


def test_the_throughput_stays_when_the_model_breaks() -> None:
    now = in_phase(Phase.READY)
    now.readiness.fail("broken")
    assert now.readiness.max_perf == 99.5


def test_the_load_time_is_that_of_the_first_time() -> None:
    now = Watched()
    for step in WAYS[Phase.CONFIRMING]:
        now.now += 10
        ENTER[step](now.readiness)
    assert now.readiness.load_time == 0
    now.now += 3.5
    now.readiness.serve()
    assert now.readiness.load_time == 33.5
    now.now += 100
    now.readiness.fail("broken")
    now.readiness.serve()
    assert now.readiness.load_time == 33.5


def test_how_long_a_phase_holds_begins_with_each_change() -> None:
    now = Watched()
    now.now += 5
    assert now.readiness.seconds_in_phase == 5
    now.readiness.loading("its log")
    assert now.readiness.seconds_in_phase == 0
    now.now += 2
    assert now.readiness.as_json()["seconds_in_phase"] == 2


@pytest.mark.parametrize("phase", list(Phase))
def test_each_phase_has_a_sentence_and_is_told_as_json(phase: Phase) -> None:
    readiness = in_phase(phase).readiness
    told = readiness.as_json()
    assert phase.sentence.endswith(".")
    assert told["phase"] == phase.value
    assert told["ready"] == (phase is Phase.READY)
    assert told["message"] == ("broken" if phase is Phase.ERRORED else phase.sentence)
    assert set(told) == {
        "ready",
        "phase",
        "message",
        "waits_for",
        "seconds_in_phase",
        "max_perf",
        "load_time",
    }


def test_a_change_is_logged_with_what_it_waits_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    readiness = Readiness(clock=lambda: 0.0)
    readiness.loading("a load marker in model.log")
    readiness.fail("broken")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        (
            "INFO",
            (
                "starting -> loading after 0.0 s: The model server loads its model."
                " Waits for a load marker in model.log."
            ),
        ),
        ("ERROR", "loading -> errored after 0.0 s: broken"),
    ]
