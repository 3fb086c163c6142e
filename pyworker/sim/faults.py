"""Faults on demand: which ones are armed, and which request is hit by which.

A pure room. What a fault does to a request is in `generation.py` and `routes.py`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast


class FaultKind(StrEnum):
    """What can go wrong."""

    ERROR500 = "error500"  # 500 incomplete_generation; in a stream, the same as its last event
    CUT = "cut"  # TCP reset in the middle of the answer
    HANG = "hang"  # no further byte, connection open, slot taken
    CRASH = "crash"  # the shard dies, and the process with it, exit code 1
    SLOW = "slow"  # every token takes `factor` times as long
    UNHEALTHY = "unhealthy"  # GET /health answers 503
    REFUSE = "refuse"  # 429 "Model is overloaded", whatever the load


# Where in the answer a fault strikes when `after_tokens` is not given: in the middle, or at once.
_STRIKES_IN_THE_MIDDLE = frozenset({FaultKind.CUT, FaultKind.HANG})

# Characters of a wrong value that are told.
_SHOWN = 60


class FaultError(ValueError):
    """A fault that cannot be armed; `str()` is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One armed fault.

    Args:
        kind: What goes wrong.
        count: The requests it hits (`unhealthy`: the probes); None for all until it is cleared.
        after_tokens: Generated tokens before it strikes; None for the default of its kind. A
            `crash` without it happens at once, with it during the next request.
        factor: How many times slower `slow` is.
    """

    kind: FaultKind
    count: int | None = 1
    after_tokens: int | None = None
    factor: float = 10.0

    def strikes_at(self, max_new_tokens: int) -> int | None:
        """The number of tokens after which a request ends by this fault; None for never."""
        if self.kind is FaultKind.SLOW:
            return None
        if self.after_tokens is not None:
            return self.after_tokens
        return max_new_tokens // 2 if self.kind in _STRIKES_IN_THE_MIDDLE else 0


def fault_from_text(text: str) -> Fault:
    """The fault that `KIND[:name=value[,name=value]]` describes.

    Raises:
        FaultError: It is not of that form.
    """
    kind, _, rest = text.partition(":")
    values: dict[str, object] = {"kind": kind}
    for part in rest.split(",") if rest else []:
        name, equals, value = part.partition("=")
        if not equals:
            raise FaultError(f"a fault's options are name=value: {part}")
        values[name] = _number(value)
    fault = fault_from_json(values)
    if fault is None:
        raise FaultError("no fault can be armed as `none`")
    return fault


def _number(text: str) -> object:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def fault_from_json(value: object) -> Fault | None:
    """The fault that a JSON object describes; None for kind "none", which clears.

    Raises:
        FaultError: A member is missing, unknown, or of the wrong type.
    """
    if not isinstance(value, Mapping):
        raise FaultError("a fault is a JSON object with a `kind`")
    members = dict(cast("Mapping[str, object]", value))
    kind = members.pop("kind", None)
    count = _whole(members.pop("count", 1), "count", minimum=1)
    after_tokens = _whole(members.pop("after_tokens", None), "after_tokens", minimum=0)
    factor = _factor(members.pop("factor", 10.0))
    if members:
        unknown = _shown(next(iter(members)))
        raise FaultError(f"a fault has kind, count, after_tokens and factor, and no {unknown}")
    if kind == "none":
        return None
    if not isinstance(kind, str) or kind not in tuple(FaultKind):
        raise FaultError(f"`kind` must be none or one of {', '.join(FaultKind)}: {_shown(kind)}")
    return Fault(FaultKind(kind), count, after_tokens, factor)


def _whole(value: object, name: str, *, minimum: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise FaultError(f"`{name}` must be null or a whole number from {minimum}: {_shown(value)}")
    return value


def _shown(value: object) -> str:
    """A value as JSON has it, and no more of it than a sentence can hold."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _factor(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FaultError(f"`factor` must be a number: {_shown(value)}")
    if not (math.isfinite(value) and value > 0):
        raise FaultError(f"`factor` must be above 0: {value}")
    return float(value)


class FaultPlan:
    """The armed faults. At most one of each kind, so it cannot grow."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._armed: dict[FaultKind, Fault] = {}
        for fault in faults:
            self.arm(fault)

    def arm(self, fault: Fault) -> None:
        """Arm `fault` in place of an armed one of its kind, behind all others."""
        self._armed.pop(fault.kind, None)
        self._armed[fault.kind] = fault

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()

    def take_for_request(self) -> Fault | None:
        """The fault that hits the next request, spent by one."""
        for kind in self._armed:
            if kind is not FaultKind.UNHEALTHY:
                return self._spend(kind)
        return None

    def take_for_probe(self) -> bool:
        """Whether the next health probe finds the server unhealthy."""
        return self._spend(FaultKind.UNHEALTHY) is not None

    def armed(self) -> list[dict[str, object]]:
        """What is armed, for `GET /sim/state`."""
        return [
            {"kind": fault.kind.value, "count": fault.count, "after_tokens": fault.after_tokens}
            for fault in self._armed.values()
        ]

    def _spend(self, kind: FaultKind) -> Fault | None:
        fault = self._armed.get(kind)
        if fault is None or fault.count is None:
            return fault
        if fault.count == 1:
            del self._armed[kind]
        else:
            self._armed[kind] = Fault(kind, fault.count - 1, fault.after_tokens, fault.factor)
        return fault


def crashes_at_once(fault: Fault) -> bool:
    """Whether `fault` is a crash that waits for no request."""
    return fault.kind is FaultKind.CRASH and fault.after_tokens is None
