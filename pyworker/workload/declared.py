"""A workload that is counted from the fields of a payload that a handler declares."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyworker.errors import InvalidRequest

FieldValue = str | int | float | bool | bytes | None
Fields = Mapping[str, FieldValue]

# More than any model serves in a month: a larger workload is a mistake or an attack on the
# numbers that start and stop instances.
MAX_WORKLOAD = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One payload field that a handler needs to know.

    Attributes:
        path: Dotted path within the payload, such as `parameters.max_new_tokens`.
        kind: `str` or `int`.
        default: Value when the field is absent or null; None makes the field required.
        maximum: The largest integer that makes sense; None for no limit.
    """

    path: str
    kind: type[str] | type[int]
    default: str | int | None = None
    maximum: int | None = None

    def read(self, fields: Fields) -> str | int:
        """The field's value.

        Raises:
            InvalidRequest: It is missing and required, or of another type.
        """
        value = fields.get(self.path)
        if value is None:
            if self.default is None:
                raise bad_payload(self.path, "missing parameter")
            return self.default
        # bool is an int to Python, not to a client.
        if not isinstance(value, self.kind) or isinstance(value, bool):
            expected = "a string" if self.kind is str else "an integer"
            raise bad_payload(self.path, f"must be {expected}")
        if self.maximum is not None and isinstance(value, int) and value > self.maximum:
            raise bad_payload(self.path, f"must be at most {self.maximum}")
        return value


def bad_payload(path: str, problem: str) -> InvalidRequest:
    """The 422 that names a payload field, in the shape that clients of older workers read."""
    return InvalidRequest(f"payload.{path}: {problem}", detail={"payload": {path: problem}})


class Estimate(float):
    """A workload that was not counted exactly: the client and the log are told so."""

    __slots__ = ()


Values = Mapping[str, str | int]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """How a handler counts the cost of one request, in the unit of its benchmark.

    Attributes:
        fields: What is needed to count; read and checked before.
        count: From the values of `fields`, by path, to a workload of 0 or more; an `Estimate` if
            it is one.
        count_payload: Given instead of `count` by whoever also looks at the payload's bytes: called
            with the values, the bytes that hold the payload, and its offsets in them.
        heavy: Whether a payload of so many bytes takes milliseconds to count, so that it is done
            in a thread; None when none does.
    """

    fields: tuple[Field, ...]
    count: Callable[[Values], float] | None = None
    count_payload: Callable[[Values, bytes, Span], float] | None = None
    heavy: Callable[[int], bool] | None = None

    def __post_init__(self) -> None:
        if (self.count is None) == (self.count_payload is None):
            raise ValueError("a workload has one of count and count_payload")

    @property
    def paths(self) -> tuple[str, ...]:
        """The dotted paths of all fields."""
        return tuple(field.path for field in self.fields)

    def of(self, fields: Fields, body: bytes = b"", span: Span = (0, 0)) -> float:
        """The workload of a payload, an `Estimate` if it is one.

        Args:
            fields: Its declared fields, by path.
            body: The request body that it is in, for `count_payload`.
            span: Offsets of the payload in `body`, its braces included.

        Raises:
            InvalidRequest: A field is missing or wrong, or the result is not a sane number.
        """
        values = {field.path: field.read(fields) for field in self.fields}
        if self.count is not None:
            counted = self.count(values)
        else:
            assert self.count_payload is not None
            counted = self.count_payload(values, body, span)
        return sane_workload(counted, self.fields[0].path if self.fields else "")


def sane_workload(counted: float, path: str) -> float:
    """`counted`, if it can be a workload; `path` is the payload field it came from.

    Raises:
        InvalidRequest: It is negative, endless, or beyond MAX_WORKLOAD.
    """
    workload = counted if isinstance(counted, float) else float(counted)
    if not math.isfinite(workload) or workload < 0 or workload > MAX_WORKLOAD:
        raise bad_payload(path, f"gives a workload of {workload:g}, not one of 0 to 1e9")
    return workload
