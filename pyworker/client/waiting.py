"""What a person is told while a command waits for a worker, on standard error."""

import os
import shutil
from typing import NoReturn, TextIO

import trio

# Whoever has to wait no longer than this need not know; and so often a terminal's line is renewed.
_EVERY_SECONDS = 1.0
_LONGEST_LINE = 200  # characters, where there is no terminal with a width
_CLEAR_LINE = "\r\x1b[K"


class Waiting:
    """One line that is renewed on a terminal; elsewhere a line for each news.

    Args:
        output: Where it is told. It is written to without a thread: what a command says is short.
    """

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._terminal = output.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._news = ""
        self._since = 0.0
        self._drawn = ""

    def tell(self, news: str) -> None:
        """Something is waited for; empty for nothing any more, and the line is gone at once."""
        if news and not self._news:
            self._since = trio.current_time()
        self._news = news
        if not news:
            self._clear()

    async def show(self) -> NoReturn:
        """Show it until cancelled.

        Resource handling: a terminal is left as it was before.
        """
        try:
            while True:
                await trio.sleep(_EVERY_SECONDS)
                seconds = trio.current_time() - self._since
                if self._news and seconds >= _EVERY_SECONDS:
                    self._draw(seconds)
        finally:
            self._clear()

    def _draw(self, seconds: float) -> None:
        # What others have said may hold what a terminal takes for a command.
        news = "".join(sign if sign.isprintable() else " " for sign in self._news)
        if self._terminal:
            # The last column stays free: writing there scrolls some terminals.
            line = f"{seconds:.0f} s: {news}"[: max(shutil.get_terminal_size().columns - 1, 20)]
            self._write(f"{_CLEAR_LINE}{line}")
        elif news != self._drawn:
            self._write(f"pyworker: {news}"[:_LONGEST_LINE] + "\n")
        self._drawn = news

    def _clear(self) -> None:
        if self._drawn and self._terminal:
            self._write(_CLEAR_LINE)
        self._drawn = ""

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()
