import math

from hypothesis import given
from hypothesis import strategies as st

from pyworker.autoscaler.local.routing import Candidate, choose, expected_wait

_CANDIDATES = st.lists(
    st.builds(
        Candidate,
        id=st.integers(1, 50),
        load=st.sampled_from([0.0, 10.0, 100.0]) | st.floats(0, 1e6),
        max_perf=st.sampled_from([0.0, 10.0, 100.0]) | st.floats(0.1, 1e4),
        last_granted=st.integers(0, 20),
    ),
    unique_by=lambda candidate: candidate.id,
)


def _seconds(candidate: Candidate) -> float:
    wait = expected_wait(candidate.load, candidate.max_perf)
    return math.inf if wait is None else wait


def test_nobody_is_chosen_from_nobody():
    assert choose([]) is None


def test_the_wait_is_load_over_speed():
    assert expected_wait(300, 100) == 3.0
    assert expected_wait(0, 0) == 0.0
    assert expected_wait(300, 0) is None


def test_the_faster_worker_may_have_more_load():
    slow, fast = Candidate(1, 100, 10, 0), Candidate(2, 500, 100, 9)
    assert choose([slow, fast]) == 2


def test_of_equals_the_one_used_longest_ago_is_chosen():
    assert choose([Candidate(1, 0, 10, 5), Candidate(2, 0, 99, 3), Candidate(3, 0, 5, 4)]) == 2


def test_a_retry_goes_elsewhere_while_there_is_an_elsewhere():
    idle, busy = Candidate(1, 0, 10, 0), Candidate(2, 1e6, 10, 0)
    assert choose([idle, busy], avoid=1) == 2
    assert choose([idle], avoid=1) == 1


def test_workers_of_unknown_speed_come_last_when_they_have_work():
    assert choose([Candidate(1, 1, 0, 0), Candidate(2, 1e6, 1, 0)]) == 2
    assert choose([Candidate(1, 1, 0, 0), Candidate(2, 2, 0, 0)]) == 1
    assert choose([Candidate(1, 0, 0, 0), Candidate(2, 1, 100, 0)]) == 1


@given(_CANDIDATES)
def test_nobody_else_waits_less(candidates: list[Candidate]):
    chosen = next((c for c in candidates if c.id == choose(candidates)), None)
    if chosen is None:
        assert not candidates
        return
    assert _seconds(chosen) == min(map(_seconds, candidates))
    equals = [c for c in candidates if _seconds(c) == _seconds(chosen) < math.inf]
    assert not equals or chosen.last_granted == min(c.last_granted for c in equals)
    # The order in which they are looked at does not matter.
    assert choose(reversed(candidates)) == chosen.id


@given(_CANDIDATES, st.integers(1, 50))
def test_the_avoided_worker_is_the_last_resort(candidates: list[Candidate], avoid: int):
    chosen = choose(candidates, avoid=avoid)
    others = [candidate for candidate in candidates if candidate.id != avoid]
    assert chosen == (choose(others) if others else choose(candidates))
