"""TGI's log with --json-output, line by line.

The launcher nests the message in `fields`, the router has it at the top level with the file and
line that logged it, and the launcher passes the router's lines on unchanged. What the launcher
itself dies of comes last as plain text. Formats: TGI 3.3 (launcher/src/main.rs,
router/src/logging.rs) and captured logs of 1.4 and 3.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

Level = Literal["INFO", "WARN", "ERROR"]
Span = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Site:
    """The place in the router's source that logs a line."""

    target: str
    filename: str
    line_number: int


@dataclass(frozen=True, slots=True)
class JsonLine:
    """One line of the log.

    Args:
        message: Its text; may have several lines, which JSON keeps on one.
        level: Its level.
        site: Where in the router it comes from; None for the launcher.
        spans: The tracing spans it was logged in, the innermost last.
    """

    message: str
    level: Level = "INFO"
    site: Site | None = None
    spans: tuple[Span, ...] = ()

    def render(self, at: datetime) -> bytes:
        """The bytes of the line, newline included, logged at time `at`."""
        record: dict[str, Any] = {
            "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": self.level,
        }
        if self.site is None:
            record |= {
                "fields": {"message": self.message},
                "target": "text_generation_launcher",
            }
        else:
            record |= {
                "message": self.message,
                "target": self.site.target,
                "filename": self.site.filename,
                "line_number": self.site.line_number,
            }
        if self.spans:
            record |= {"span": self.spans[-1], "spans": self.spans}
        return orjson.dumps(record) + b"\n"


def rust_duration(seconds: float) -> str:
    """A duration as Rust's `{:?}` prints it: 1.5s, 11.232786ms, 686.203µs, 41ns."""
    nanoseconds = round(seconds * 1e9)
    for unit, size in (("s", 10**9), ("ms", 10**6), ("µs", 10**3)):
        if nanoseconds >= size:
            whole, rest = divmod(nanoseconds, size)
            digits = str(rest).zfill(len(str(size)) - 1).rstrip("0")
            return f"{whole}.{digits}{unit}" if digits else f"{whole}{unit}"
    return f"{nanoseconds}ns"
