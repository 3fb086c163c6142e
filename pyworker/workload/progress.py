"""A bar on a terminal for what takes longer than a moment."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

# What is done sooner needs no bar; faster than ten times a second nobody reads one.
_FIRST_SECONDS = 0.5
_PERIOD_SECONDS = 0.1
_CELLS = 24
_CLEAR = "\r\x1b[K"
_MIB = 1024 * 1024
# What is counted in less than half a second by the slowest backend.
_QUICK_BYTES = _MIB


class Progress:
    """How far the reading is, in bytes.

    Args:
        out: The terminal.
        total: Bytes in all; 0 when nobody knows.
        shown: Whether anything is drawn.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        out: TextIO,
        total: int,
        *,
        shown: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._out = out
        self._total = total
        self._shown = shown
        self._done = 0
        self._drawn = False
        self._clock = clock
        self._began_at = clock()
        self._next_at = self._began_at + _FIRST_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()

    def add(self, size: int) -> None:
        """So many bytes more have been read."""
        self._done += size
        if self._shown and (now := self._clock()) >= self._next_at:
            self._next_at = now + _PERIOD_SECONDS
            self._draw(now - self._began_at)

    def counting(self, size: int) -> None:
        """A text of so many bytes has been read and is counted, which cannot tell how far it is."""
        if self._shown and size > _QUICK_BYTES:
            self._write(f"counting {size / _MIB:.1f} MiB")

    def clear(self) -> None:
        """Give the line back, for something else to be written; the next `add` draws anew."""
        if self._drawn:
            self._out.write(_CLEAR)
            self._out.flush()
            self._drawn = False

    def _draw(self, seconds: float) -> None:
        done, rate = self._done / _MIB, self._done / _MIB / seconds
        if self._total:
            share = min(self._done / self._total, 1.0)
            bar = "#" * round(share * _CELLS)
            shown = f"[{bar:<{_CELLS}}] {share:4.0%} of {self._total / _MIB:.1f} MiB"
        else:
            shown = f"{done:.1f} MiB"
        self._write(f"{shown}, {rate:.1f} MiB/s")

    def _write(self, line: str) -> None:
        self._out.write(_CLEAR + line)
        self._out.flush()
        self._drawn = True
