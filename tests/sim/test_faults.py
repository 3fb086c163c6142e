"""Which fault hits which request."""

import pytest

from pyworker.sim.faults import (
    Fault,
    FaultError,
    FaultKind,
    FaultPlan,
    fault_from_json,
    fault_from_text,
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("cut", Fault(FaultKind.CUT)),
        ("hang:count=3", Fault(FaultKind.HANG, count=3)),
        ("cut:count=2,after_tokens=5", Fault(FaultKind.CUT, count=2, after_tokens=5)),
        ("slow:factor=2.5", Fault(FaultKind.SLOW, factor=2.5)),
    ],
)
def test_a_fault_can_be_written_on_the_command_line(text: str, fault: Fault) -> None:
    assert fault_from_text(text) == fault


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("explode", "`kind` must be"),
        ("none", "no fault can be armed"),
        ("cut:count", "name=value"),
        ("cut:count=0", "`count` must be"),
        ("cut:count=x", "`count` must be"),
        ("cut:after_tokens=-1", "`after_tokens` must be"),
        ("cut:speed=1", "and no speed"),
        ("slow:factor=0", "`factor` must be"),
        ("slow:factor=fast", "`factor` must be"),
    ],
)
def test_a_wrong_fault_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(FaultError, match=reason):
        fault_from_text(text)


@pytest.mark.parametrize(
    "value", [None, [], "cut", {}, {"kind": 1}, {"kind": "cut", "count": True}]
)
def test_json_that_is_no_fault_is_refused(value: object) -> None:
    with pytest.raises(FaultError):
        fault_from_json(value)


def test_none_and_endless_counts() -> None:
    assert fault_from_json({"kind": "none"}) is None
    assert fault_from_json({"kind": "cut", "count": None}) == Fault(FaultKind.CUT, count=None)


def test_a_fault_hits_as_many_requests_as_it_counts() -> None:
    plan = FaultPlan((Fault(FaultKind.CUT, count=2, after_tokens=7),))
    hits = [plan.take_for_request() for _ in range(3)]
    assert [hit and hit.kind for hit in hits] == [FaultKind.CUT, FaultKind.CUT, None]
    assert all(hit is None or hit.after_tokens == 7 for hit in hits)


def test_faults_hit_in_the_order_in_which_they_were_armed() -> None:
    plan = FaultPlan((Fault(FaultKind.HANG), Fault(FaultKind.CUT)))
    plan.arm(Fault(FaultKind.HANG))  # again: now it is the last
    kinds = [fault.kind for fault in (plan.take_for_request(), plan.take_for_request()) if fault]
    assert kinds == [FaultKind.CUT, FaultKind.HANG]


def test_a_fault_without_a_count_stays_until_it_is_cleared() -> None:
    plan = FaultPlan((Fault(FaultKind.REFUSE, count=None),))
    assert all(plan.take_for_request() for _ in range(100))
    plan.clear()
    assert plan.take_for_request() is None


def test_probes_and_requests_do_not_take_each_others_faults() -> None:
    plan = FaultPlan((Fault(FaultKind.UNHEALTHY, count=1), Fault(FaultKind.CUT)))
    request = plan.take_for_request()
    assert request is not None
    assert request.kind is FaultKind.CUT
    assert plan.armed() == [{"kind": "unhealthy", "count": 1, "after_tokens": None}]
    assert [plan.take_for_probe(), plan.take_for_probe()] == [True, False]


@pytest.mark.parametrize(
    ("fault", "tokens"),
    [
        (Fault(FaultKind.CUT), 50),
        (Fault(FaultKind.HANG), 50),
        (Fault(FaultKind.ERROR500), 0),
        (Fault(FaultKind.CUT, after_tokens=3), 3),
        (Fault(FaultKind.SLOW, after_tokens=3), None),
    ],
)
def test_when_a_fault_strikes(fault: Fault, tokens: int | None) -> None:
    assert fault.strikes_at(100) == tokens
