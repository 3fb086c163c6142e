"""The file behind a path, through rotation: the old file is read to its end before the new one.
Blocking calls, no event loop; `follower.py` runs it.
"""

import contextlib
import logging
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from pyworker.model.logfile import LogFile, Read, identity_of, require_regular
from pyworker.reasons import reason_of

# A replaced file is left when nothing was written to it for this long: a writer that is told to
# reopen its log still writes a few lines to the old one.
LINGER_SECONDS = 1.0
# ... and at the latest after this long, when two processes write, one to each file.
MAX_LINGER_SECONDS = 10.0
# Rotations that may be under way at a time; more than one within LINGER_SECONDS is rare.
MAX_OPEN_FILES = 8
# How often a wait is said again. Often enough that a boot which hangs explains itself.
REMIND_SECONDS = 30.0

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """What one look at the log gave.

    Attributes:
        lines: Whole lines, ended by a line end; or nothing.
        unfinished: A last line whose writer rests within it; or nothing.
        more: There is more to read now.
    """

    lines: bytes = b""
    unfinished: bytes = b""
    more: bool = False


class LogTail:
    """Reads whatever file a path names, from the beginning of each, in the order of their lives.

    Resource handling: owns the open files; `close` releases them, also while `read` is stuck in
    another thread, which then closes them when it comes back.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: deque[LogFile] = deque()  # the one being read, then its successors
        self._succeeded_at: float | None = None  # when a successor held something
        self._missing = _Reminder(path)
        self._failing = _Reminder(path)
        self._lock = threading.Lock()
        self._closed = False

    def read(self, now: float) -> News:
        """Look at the path and read one block at most.

        Args:
            now: Seconds on any clock that does not go back.

        Raises:
            NotALogFile: The path names something that is not a regular file.
        """
        try:
            with self._lock:
                self._look(now)
                return self._read(now) if self._files else News()
        finally:
            if self._closed:
                self.close()

    def take_unfinished(self) -> None:
        """The unfinished line was understood: what follows it is a line of its own."""
        if self._files:
            self._files[0].finish()

    def close(self) -> None:
        """Close every file."""
        self._closed = True
        if self._lock.acquire(blocking=False):
            try:
                while self._files:
                    self._files.pop().close()
            finally:
                self._lock.release()

    def _look(self, now: float) -> None:
        try:
            status = self._path.stat()
            require_regular(self._path, status)
            known = self._files and self._files[-1].identity == identity_of(status)
            if known or len(self._files) >= MAX_OPEN_FILES:
                return
            self._files.append(LogFile(self._path, now))
        except FileNotFoundError:
            self._missing.say(now, logging.INFO, "waiting for the model log %s to be created")
        except OSError as error:
            # Permission, a parent that is not a directory, a network file system that is gone:
            # all of these are mended from outside while we wait.
            reason = f"waiting for the model log %s: {reason_of(error)}"
            self._missing.say(now, logging.WARNING, reason)
        else:
            self._missing.over()
            _logger.info("reading the model log %s", self._path)

    def _read(self, now: float) -> News:
        log = self._files[0]
        try:
            read = log.read(now)
            left = self._is_left(log, read, now)
        except OSError as error:
            reason = f"cannot read the model log %s: {reason_of(error)}"
            self._failing.say(now, logging.WARNING, reason)
            return self._after_failure(log)
        self._failing.over()
        if left:
            return News(lines=read.lines + self._leave(log), more=True)
        if read.lines or not read.at_end:
            return News(lines=read.lines, more=not read.at_end)
        return News(unfinished=log.unfinished(now))

    def _after_failure(self, log: LogFile) -> News:
        """A handle can stay dead when its network file system comes back: take a new one."""
        if len(self._files) > 1:
            return News(lines=self._leave(log))
        with contextlib.suppress(OSError):  # said already, and tried again at the next look
            log.reopen()
        return News()

    def _leave(self, log: LogFile) -> bytes:
        self._files.popleft().close()
        self._succeeded_at = None
        return log.finish()

    def _is_left(self, log: LogFile, read: Read, now: float) -> bool:
        """Whether a file has been read for the last time."""
        if len(self._files) == 1 or not read.at_end:
            return False
        if self._succeeded_at is None:
            # An empty successor says nothing yet; many a writer never reopens its log.
            successors = list(self._files)[1:]
            if not any(successor.holds_anything() for successor in successors):
                return False
            self._succeeded_at = now
        quiet_since = max(self._succeeded_at, log.grown_at)
        return now - quiet_since >= LINGER_SECONDS or now - self._succeeded_at >= MAX_LINGER_SECONDS


class _Reminder:
    """Says a sentence when it is new, and again every REMIND_SECONDS while it stays true."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._said = ""
        self._said_at = 0.0

    def say(self, now: float, level: int, sentence: str) -> None:
        if sentence == self._said and now - self._said_at < REMIND_SECONDS:
            return
        self._said, self._said_at = sentence, now
        _logger.log(level, sentence, self._path)

    def over(self) -> None:
        self._said = ""
