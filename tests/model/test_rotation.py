"""Rotation, removal and truncation of a real file, step by step: time is a number here."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from pyworker.model.lines import MAX_LINE_BYTES
from pyworker.model.tail import LINGER_SECONDS, MAX_LINGER_SECONDS, LogTail

POLL = 0.25
A_LOOK = 1.5 * POLL


class Reader:
    """Looks at a log as the follower does: every POLL seconds, and at once when there is more."""

    def __init__(self, path: Path) -> None:
        self.text = b""
        self._tail = LogTail(path)
        self._now = 0.0
        self._next_look = 0.0

    def __enter__(self) -> Self:
        self.look_for(0.0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tail.close()

    def look_for(self, seconds: float) -> None:
        """Let the time pass."""
        self._now += seconds
        while self._next_look <= self._now:
            news = self._tail.read(self._next_look)
            self.text += news.lines
            if not news.more:
                self._next_look += POLL

    def take(self) -> bytes:
        """What came since the last call."""
        text, self.text = self.text, b""
        return text


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "model.log"


def test_a_renamed_file_is_read_to_its_end_first(log: Path) -> None:
    log.write_bytes(b"1\n")
    with Reader(log) as reader:
        with log.open("ab") as old:
            old.write(b"2\n3\n")
            old.flush()
            log.rename(log.with_suffix(".1"))
            log.write_bytes(b"7\n")
            reader.look_for(LINGER_SECONDS / 2)
            old.write(b"4\n5")  # late lines, by a writer that has not reopened yet
            old.flush()
            reader.look_for(LINGER_SECONDS / 2)
            old.write(b"\n6")
        reader.look_for(LINGER_SECONDS + 3 * A_LOOK)
        assert reader.text == b"1\n2\n3\n4\n5\n6\n7\n"


def test_a_file_that_was_quiet_before_is_given_its_time_too(log: Path) -> None:
    log.write_bytes(b"1\n")
    with Reader(log) as reader, log.open("ab", buffering=0) as old:
        reader.look_for(60)
        log.rename(log.with_suffix(".1"))
        log.write_bytes(b"3\n")
        reader.look_for(LINGER_SECONDS / 2)
        old.write(b"2\n")
        reader.look_for(LINGER_SECONDS + 2 * A_LOOK)
        assert reader.text == b"1\n2\n3\n"


def test_a_writer_that_never_reopens_is_followed(log: Path) -> None:
    log.write_bytes(b"1\n")
    with Reader(log) as reader, log.open("ab") as old:
        log.rename(log.with_suffix(".1"))
        log.touch()
        reader.look_for(2 * MAX_LINGER_SECONDS)
        old.write(b"2\n")
        old.flush()
        reader.look_for(A_LOOK)
        assert reader.text == b"1\n2\n"


def test_two_writers_do_not_hold_the_new_file_back_for_ever(log: Path) -> None:
    log.write_bytes(b"old\n")
    with Reader(log) as reader:
        with log.open("ab", buffering=0) as old:
            log.rename(log.with_suffix(".1"))
            log.write_bytes(b"new\n")
            for _ in range(int(MAX_LINGER_SECONDS) * 2 + 2):
                old.write(b"old\n")
                reader.look_for(0.5)
        assert reader.text.endswith(b"old\nnew\n")
        assert reader.text.count(b"old\n") >= 2 * MAX_LINGER_SECONDS


def test_two_rotations_in_a_row_lose_nothing(log: Path) -> None:
    with Reader(log) as reader:
        for number in range(4):
            log.write_bytes(b"%d\n" % number)
            reader.look_for(A_LOOK)
            log.rename(log.with_suffix(f".{number}"))
        reader.look_for(10)
        assert reader.text == b"0\n1\n2\n3\n"


def test_a_file_removed_and_created_again(log: Path) -> None:
    log.write_bytes(b"old\n")
    with Reader(log) as reader:
        reader.look_for(A_LOOK)
        log.unlink()
        reader.look_for(60)
        log.write_bytes(b"new\n")
        reader.look_for(LINGER_SECONDS + 2 * A_LOOK)
        assert reader.text == b"old\nnew\n"


def test_an_inode_number_is_not_mistaken_for_the_old_file(log: Path) -> None:
    """Many file systems give the number of a removed file to the next one."""
    with Reader(log) as reader:
        for number in range(5):
            log.write_bytes(b"the same length %d\n" % number)
            reader.look_for(LINGER_SECONDS + 3 * A_LOOK)
            log.unlink()
        assert reader.text == b"".join(b"the same length %d\n" % number for number in range(5))


def test_a_link_with_a_new_target_is_a_new_file(log: Path, tmp_path: Path) -> None:
    (tmp_path / "monday").write_bytes(b"mon\n")
    (tmp_path / "tuesday").write_bytes(b"tue\n")
    log.symlink_to("monday")
    with Reader(log) as reader:
        log.unlink()
        log.symlink_to("tuesday")
        reader.look_for(LINGER_SECONDS + 3 * A_LOOK)
        assert reader.text == b"mon\ntue\n"


def test_truncated_in_place(log: Path) -> None:
    log.write_bytes(b"a long line of the old content\n")
    with Reader(log) as reader:
        reader.look_for(A_LOOK)
        reader.take()
        log.write_bytes(b"new\n")
        reader.look_for(2 * A_LOOK)
        assert reader.text == b"new\n"


@pytest.mark.parametrize("same", ["nothing", "banner", "end"])
@pytest.mark.parametrize("extra", [b"", b"more\n" * 1000])
def test_truncated_and_refilled_between_two_looks(log: Path, same: str, extra: bytes) -> None:
    banner, end = b"= model server 1.0 =\n" * 20, b"GET /health 200\n" * 20
    old = banner + b"pid 1\n" + end
    new = (
        (banner if same == "banner" else banner.replace(b"1.0", b"1.1"))
        + b"pid 2\n"
        + (end if same == "end" else end.replace(b"GET", b"PUT"))
        + extra
    )
    log.write_bytes(old)
    with Reader(log) as reader:
        reader.look_for(A_LOOK)
        assert reader.take() == old
        log.write_bytes(new)
        later = log.stat().st_mtime_ns + 10**9  # the kernel's clock for files may be coarse
        os.utime(log, ns=(later, later))
        reader.look_for(2 * A_LOOK)
        assert reader.text == new


def test_an_unfinished_line_ends_with_its_content(log: Path) -> None:
    log.write_bytes(b"loading weights: Err")
    with Reader(log) as reader:
        reader.look_for(A_LOOK)
        log.write_bytes(b"or\n")
        reader.look_for(2 * A_LOOK)
        assert reader.text == b"loading weights: Err\nor\n"


def test_a_writer_that_keeps_its_offset_leaves_a_hole(log: Path) -> None:
    """`server > model.log` without O_APPEND, and something truncates the log."""
    with log.open("wb", buffering=0) as writer:
        writer.write(b"x" * (3 * MAX_LINE_BYTES) + b"\n")
        with Reader(log) as reader:
            reader.look_for(A_LOOK)
            reader.take()
            os.truncate(log, 0)
            writer.write(b"Error: ShardFailed\n")
            reader.look_for(2 * A_LOOK)
            assert reader.text == b"Error: ShardFailed\n"
