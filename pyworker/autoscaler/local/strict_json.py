"""Reading a JSON body strictly: each member is taken by name and type, and what is wrong is
refused with the name of the member. Pure: bytes in, values or `Refused` out.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, cast

from pyworker.errors import RequestError

# Above 2^53 a float no longer tells n from n + 1, so sums of such amounts say nothing; below it
# every whole number also survives any JSON reader.
MOST = 2**53
# Most characters of a text member that is kept; a URL or token longer than this is a mistake.
# Precedent: nginx large_client_header_buffers 8 KiB.
TEXT_MOST = 8192
# Characters of a foreign name that an answer repeats.
_QUOTED_MOST = 60


class Refused(RequestError):
    """A body that is not what its sender's version sends.

    Args:
        field: The member that is wrong, such as `requests[2].status`, or `body`.
        reason: What is wrong with it, without repeating its value.
    """

    status = 400
    code = "refused"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}", detail={"field": field})
        self.field = field
        self.reason = reason
        self.worker_id: int | None = None


def read_object(body: bytes) -> dict[str, object]:
    """The members of the JSON object that `body` is.

    `NaN` and `Infinity` are read here and refused by whoever takes the member, so that the
    refusal can name it.

    Raises:
        Refused: Not UTF-8, not JSON, not an object, a member given twice, or nested too deeply.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Refused("body", f"is not UTF-8 at byte {error.start}") from None
    try:
        value = json.loads(text, object_pairs_hook=_members)
    except json.JSONDecodeError as error:
        raise Refused("body", f"is not JSON at character {error.pos}: {error.msg}") from None
    except RecursionError:
        raise Refused("body", "is nested too deeply") from None
    except ValueError:  # a whole number with more digits than int() takes
        raise Refused("body", "has a number that is too long") from None
    if not isinstance(value, dict):
        raise Refused("body", f"must be a JSON object, not {_kind(value)}")
    return cast("dict[str, object]", value)


class Fields:
    """The members of one JSON object, each taken once.

    Every method takes the member `name` and raises `Refused` when it is missing or wrong.

    Args:
        members: The object.
        where: What stands before a member's name in a refusal, such as `requests[2].`.
    """

    def __init__(self, members: Mapping[str, object], where: str = "") -> None:
        self._members = members
        self._where = where
        self._taken: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def refuse(self, name: str, reason: str) -> Refused:
        """The refusal of member `name`, to be raised by the caller."""
        return Refused(f"{self._where}{name}", reason)

    def text(self, name: str, *, most: int = TEXT_MOST) -> str:
        """A text of at most `most` characters that UTF-8 can carry."""
        value = self._take(name)
        if not isinstance(value, str):
            raise self.refuse(name, f"must be a string, not {_kind(value)}")
        if len(value) > most:
            raise self.refuse(name, f"is {len(value)} characters long; the limit is {most}")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self.refuse(name, "has half a surrogate pair") from None
        return value

    def truth(self, name: str) -> bool:
        """A truth value, and not 0 or 1."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise self.refuse(name, f"must be true or false, not {_kind(value)}")
        return value

    def whole(self, name: str) -> int:
        """A whole number from 0 to MOST, written without a point."""
        return self._checked_whole(name, self._take(name))

    def wholes(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers."""
        items = self._list(name)
        return tuple(self._checked_whole(f"{name}[{i}]", item) for i, item in enumerate(items))

    def amount(self, name: str) -> int | float:
        """A finite number from 0 to MOST, as it was written: 100 stays an int."""
        value = self._number(name)
        if value < 0:
            raise self.refuse(name, "must not be negative")
        return value

    def change(self, name: str) -> int | float:
        """A finite number of either sign."""
        return self._number(name)

    def objects(self, name: str) -> list["Fields"]:
        """A list of objects."""
        found: list[Fields] = []
        for i, item in enumerate(self._list(name)):
            if not isinstance(item, dict):
                raise self.refuse(f"{name}[{i}]", f"must be an object, not {_kind(item)}")
            members = cast("dict[str, object]", item)
            found.append(Fields(members, f"{self._where}{name}[{i}]."))
        return found

    def nothing_else(self) -> None:
        """Refuse members that nobody took."""
        for name in self._members:
            if name not in self._taken:
                raise self.refuse(_shown(name), "is unknown")

    def _take(self, name: str) -> object:
        if name not in self._members:
            raise self.refuse(name, "is missing")
        self._taken.add(name)
        return self._members[name]

    def _list(self, name: str) -> list[object]:
        value = self._take(name)
        if not isinstance(value, list):
            raise self.refuse(name, f"must be a list, not {_kind(value)}")
        return cast("list[object]", value)

    def _checked_whole(self, name: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.refuse(name, f"must be a whole number, not {_kind(value)}")
        if not 0 <= value <= MOST:
            raise self.refuse(name, f"must be from 0 to {MOST}")
        return value

    def _number(self, name: str) -> int | float:
        value = self._take(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(name, f"must be a number, not {_kind(value)}")
        if isinstance(value, float) and not math.isfinite(value):
            raise self.refuse(name, f"must be a finite number, not {value!r}")
        if abs(value) > MOST:
            raise self.refuse(name, f"must be at most {MOST}")
        return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Refused(_shown(name), "is given twice")
            seen.add(name)
    return members


def _shown(name: str) -> str:
    """A foreign name as every log and terminal can show it."""
    return name.encode("ascii", "backslashreplace").decode()[:_QUOTED_MOST]


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, float):
        return "a fraction"
    for kind, name in ((int, "a number"), (str, "a string"), (list, "a list")):
        if isinstance(value, kind):
            return name
    return "an object"
