"""Texts from files and from standard input, read in pieces and within a limit."""

import errno
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

STDIN = "-"

# A text is one sequence to its tokenizer and is held whole. This is some hundred times the longest
# context of any model; what is larger is a collection of texts, for `lines`.
MAX_TEXT_BYTES = 256 * 1024 * 1024
# Enough for the disk, little enough to show how far it is.
_READ_BYTES = 1024 * 1024


class TextTooLong(ValueError):
    """A text is longer than MAX_TEXT_BYTES."""


class Text(NamedTuple):
    """One text and where it stands.

    Attributes:
        data: Its bytes.
        line: Number of its line from 1; None for a whole file.
    """

    data: bytes
    line: int | None = None


def read_texts(name: str, *, lines: bool, seen: Callable[[int], None]) -> Iterator[Text]:
    """The texts of one input.

    Args:
        name: Path of a file, or `-` for standard input.
        lines: Each line is a text, without its line ending (LF or CR LF); else the whole is one.
        seen: Called with each number of bytes that were read.

    Raises:
        OSError: It cannot be read.
        TextTooLong: Found before more than the limit is held.
    """
    with _opened(name) as file:
        if lines:
            yield from _lines(file, seen)
        else:
            yield Text(_whole(file, seen))


def _lines(file: BinaryIO, seen: Callable[[int], None]) -> Iterator[Text]:
    number = 0
    while data := file.readline(MAX_TEXT_BYTES + 1):
        number += 1
        if len(data) > MAX_TEXT_BYTES:
            raise TextTooLong(f"line {number} is longer than {MAX_TEXT_BYTES // 2**20} MiB")
        seen(len(data))
        yield Text(data.removesuffix(b"\n").removesuffix(b"\r"), number)


def _whole(file: BinaryIO, seen: Callable[[int], None]) -> bytes:
    data = bytearray()
    while piece := file.read(_READ_BYTES):
        data += piece
        if len(data) > MAX_TEXT_BYTES:
            raise TextTooLong(
                f"longer than {MAX_TEXT_BYTES // 2**20} MiB; with --lines each line is a text"
            )
        seen(len(piece))
    return bytes(data)


@contextmanager
def _opened(name: str) -> Generator[BinaryIO]:
    if name == STDIN:
        # Python has no such object where a process was started without it.
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]
            raise OSError(errno.EBADF, "standard input is closed")
        yield sys.stdin.buffer
    else:
        with open(name, "rb") as file:  # noqa: PTH123 - `-` and paths are one thing here
            yield file
