"""Where a simulated server logs: lines, each with one write, to a file or standard output."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from pyworker.errors import PyworkerError
from pyworker.reasons import reason_of


class LogLost(PyworkerError):
    """The log cannot be written any more; `str()` is one sentence that says why."""


class Line(Protocol):
    """One line of a log."""

    @property
    def message(self) -> str:
        """What it says."""
        ...

    def render(self, at: datetime) -> bytes:
        """Its bytes, newline included, logged at time `at`."""
        ...


@dataclass(frozen=True, slots=True)
class PlainLine:
    """A line that is its message and nothing else."""

    message: str

    def render(self, at: datetime) -> bytes:
        """See Line."""
        del at
        return self.message.encode() + b"\n"


class LogWriter:
    """Appends lines to a file or to standard output, each with one write.

    Resource handling: a context manager; owns the file, not standard output.

    Args:
        path: The file, created if missing; None for standard output.

    Raises:
        OSError: The file cannot be opened.
    """

    def __init__(self, path: Path | None) -> None:
        self._owned = path is not None
        self._named = "to standard output" if path is None else str(path)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = 1 if path is None else os.open(path, flags, 0o644)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._owned:
            os.close(self._descriptor)

    def write(self, line: Line) -> None:
        """Append `line`, stamped with the time of day.

        It blocks the event loop for the length of one write, as a real server's log does. A pipe
        that nobody reads stops the simulator, as it stops the real one.

        Raises:
            LogLost: The disk is full, or the reader of standard output is gone.
        """
        data = line.render(datetime.now(UTC))
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            told = f"cannot write the log {self._named}: {reason_of(error)}"
            raise LogLost(told) from error
