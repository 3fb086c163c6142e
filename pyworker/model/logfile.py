"""One open log file, read as it grows; sees when it was truncated, also when it has since been
refilled. Blocking calls, no event loop.
"""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from pyworker.errors import SettingsError
from pyworker.model.lines import MAX_LINE_BYTES, LineBuffer

# One read. Small enough that the lines of one block are scanned within a millisecond, large
# enough that the cost of a read disappears beside the cost of its bytes.
BLOCK_BYTES = 256 * 1024
# A writer that rests within a line for this long may be dead, and its last words may be an error
# without a line end. Longer than the pause between two writes of one line by a living process.
UNFINISHED_SECONDS = 2.0
# Bytes by which a file is recognised. The first ones differ when the new content has another
# time stamp or banner; the ones just read differ when the same banner comes again.
_HEAD_BYTES = 256
_LATEST_BYTES = 256

_logger = logging.getLogger(__name__)

Identity = tuple[int, int]


class NotALogFile(SettingsError):
    """The path of the model's log names something that is not a regular file."""


@dataclass(frozen=True, slots=True)
class Read:
    """What one read gave.

    Attributes:
        lines: Whole lines, ended by a line end; or nothing.
        at_end: Everything that the file held has been read.
    """

    lines: bytes
    at_end: bool


def identity_of(status: os.stat_result) -> Identity:
    """What tells one file from another. An inode is not used again while the file is open."""
    return status.st_dev, status.st_ino


def require_regular(path: Path, status: os.stat_result) -> None:
    """Refuse what cannot be followed by offset.

    Raises:
        NotALogFile: It is a pipe, a directory, a device or a socket.
    """
    if not S_ISREG(status.st_mode):
        raise NotALogFile(
            f"the model log {path} is not a regular file: it is read from its beginning and read"
            " again after a restart, so let the model server write to a file"
        )


def _open(path: Path) -> tuple[int, Identity]:
    # Non-blocking, because opening a pipe would wait for its writer.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(fd)
        require_regular(path, status)
    except BaseException:
        os.close(fd)
        raise
    return fd, identity_of(status)


class LogFile:
    """An open file and how far it has been read.

    Resource handling: owns a file descriptor; `close` releases it.

    Raises:
        OSError: It cannot be opened.
        NotALogFile: It is not a regular file.
    """

    def __init__(self, path: Path, now: float) -> None:
        self.path = path
        self._fd, self.identity = _open(path)
        self.grown_at = now
        self._offset = 0
        self._modified_ns = -1
        self._head = b""
        self._latest = b""
        self._lines = LineBuffer()
        self._shown = False
        self._told_of_cut = False

    def close(self) -> None:
        """Close the file; once."""
        os.close(self._fd)

    def reopen(self) -> None:
        """Open the path again, going on at the same place if that still has the same content.

        Raises:
            OSError: It cannot be opened.
            NotALogFile: It is not a regular file any more.
        """
        fd, self.identity = _open(self.path)
        os.close(self._fd)
        self._fd = fd
        self._modified_ns = -1

    def holds_anything(self) -> bool:
        """Whether the file is not empty, as far as can be known without reading it."""
        try:
            return os.fstat(self._fd).st_size > 0
        except OSError:  # reading it will tell, and say why
            return True

    def read(self, now: float) -> Read:
        """Read one block at most.

        Args:
            now: Seconds on any clock that does not go back.

        Raises:
            OSError: The file system failed.
        """
        status = os.fstat(self._fd)
        if status.st_size == self._offset and status.st_mtime_ns == self._modified_ns:
            return Read(b"", at_end=True)
        # Starts before the offset: bytes that were read already must still be there.
        found = os.pread(
            self._fd, len(self._latest) + BLOCK_BYTES, self._offset - len(self._latest)
        )
        if not self._is_same_content(found):
            return self._restart(now)
        self._modified_ns = status.st_mtime_ns
        data = found[len(self._latest) :]
        if data:
            self._advance(data, now)
        lines = self._lines.feed(data)
        self._tell_of_cut()
        return Read(lines, at_end=self._offset >= status.st_size)

    def unfinished(self, now: float) -> bytes:
        """The last line without its end, once after each growth, when the writer rests in it."""
        if self._shown or now - self.grown_at < UNFINISHED_SECONDS:
            return b""
        self._shown = True
        return self._lines.rest

    def finish(self) -> bytes:
        """The unfinished line as a finished one; its continuation will be a line of its own."""
        return self._lines.finish()

    def _is_same_content(self, found: bytes) -> bool:
        # Shorter now, or other bytes where we have read. The head is read after the block, so that
        # a truncation in between is seen too.
        return (
            found.startswith(self._latest) and os.pread(self._fd, len(self._head), 0) == self._head
        )

    def _advance(self, data: bytes, now: float) -> None:
        self._offset += len(data)
        if len(self._head) < _HEAD_BYTES:
            self._head = (self._head + data)[:_HEAD_BYTES]
        self._latest = (self._latest + data[-_LATEST_BYTES:])[-_LATEST_BYTES:]
        self.grown_at = now
        self._shown = False

    def _restart(self, now: float) -> Read:
        _logger.info("the model log %s was truncated, reading it from its beginning", self.path)
        lines = self._lines.finish()
        self._offset = 0
        self._modified_ns = -1
        self._head = self._latest = b""
        self.grown_at = now
        return Read(lines, at_end=False)

    def _tell_of_cut(self) -> None:
        if self._lines.cuts and not self._told_of_cut:
            self._told_of_cut = True
            _logger.warning(
                "a line of the model log %s is longer than %d bytes: it is read in pieces, and a"
                " marker across a cut is not seen",
                self.path,
                MAX_LINE_BYTES,
            )
