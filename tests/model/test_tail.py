"""The file behind a path, step by step: time is a number here."""

import itertools
import os
import shutil
import tempfile
import threading
from pathlib import Path, PosixPath

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from pyworker.model.lines import whole_lines
from pyworker.model.logfile import LogFile, NotALogFile
from pyworker.model.tail import LINGER_SECONDS, MAX_OPEN_FILES, LogTail

POLL = 0.25


def drain(tail: LogTail, now: float, seconds: float = 0.0) -> bytes:
    """Everything that looks of `seconds` find, the first at `now`."""
    found = b""
    for step in range(int(seconds / POLL) + 1):
        more = True
        while more:
            news = tail.read(now + step * POLL)
            found += news.lines
            more = news.more
    return found


def open_descriptors(path: Path) -> list[int]:
    found: list[int] = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            target = link.readlink()
        except FileNotFoundError:  # the descriptor of this very listing
            continue
        if target in (path, Path(f"{path} (deleted)")):
            found.append(int(link.name))
    return found


def kill(path: Path) -> None:
    """Reading the open file fails from now on, with EISDIR."""
    directory = os.open(path.parent, os.O_RDONLY)
    (descriptor,) = open_descriptors(path)
    os.dup2(directory, descriptor)
    os.close(directory)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "model.log"


def test_close_releases_every_file(log: Path) -> None:
    tail = LogTail(log)
    for name in ("a", "b", "c"):
        log.write_bytes(name.encode() + b"\n")
        tail.read(0.0)
        log.rename(log.with_suffix(f".{name}"))
    files = [log.with_suffix(f".{name}") for name in ("a", "b", "c")]
    assert [len(open_descriptors(file)) for file in files] == [1, 1, 1]
    tail.close()
    tail.close()
    assert [len(open_descriptors(file)) for file in files] == [0, 0, 0]


def test_a_finished_file_is_released(log: Path) -> None:
    tail = LogTail(log)
    log.write_bytes(b"old\n")
    tail.read(0.0)
    log.unlink()
    log.write_bytes(b"new\n")
    assert drain(tail, 1.0, 2.0) == b"new\n"
    assert len(open_descriptors(log)) == 1
    tail.close()


def test_a_large_old_file_is_read_to_its_end_however_long_it_takes(log: Path) -> None:
    old = b"x" * 999 + b"\n"
    log.write_bytes(old * 1000)
    tail = LogTail(log)
    found = tail.read(0.0).lines
    log.rename(log.with_suffix(".1"))
    log.write_bytes(b"new\n")
    for hour in range(10):
        found += tail.read(hour * 3600.0).lines
    assert found == old * 1000 + b"new\n"
    tail.close()


def test_a_pipe_that_takes_the_place_of_the_file_does_not_block(log: Path) -> None:
    os.mkfifo(log)
    with pytest.raises(NotALogFile):
        LogFile(log, 0.0)


class StuckPath(PosixPath):
    """A path on a file system that does not answer."""

    asked: threading.Event
    answer: threading.Event

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        self.asked.set()
        assert self.answer.wait(10)
        return super().stat(follow_symlinks=follow_symlinks)


def test_closed_while_the_file_system_is_stuck_releases_the_file_later(log: Path) -> None:
    log.write_bytes(b"line\n")
    stuck = StuckPath(log)
    stuck.asked, stuck.answer = threading.Event(), threading.Event()
    tail = LogTail(stuck)
    reader = threading.Thread(target=tail.read, args=(0.0,))
    reader.start()
    assert stuck.asked.wait(10)
    tail.close()
    stuck.answer.set()
    reader.join(10)
    assert open_descriptors(log) == []


def test_a_handle_that_died_is_replaced_at_the_same_place(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a restart of a network file system's server."""
    tail = LogTail(log)
    log.write_bytes(b"one\nhal")
    assert drain(tail, 0.0) == b"one\n"
    kill(log)
    with log.open("ab") as writer:
        writer.write(b"f\ntwo\n")
    assert drain(tail, 1.0, 1.0) == b"half\ntwo\n"
    assert "cannot read the model log" in caplog.text
    tail.close()


def test_a_handle_that_died_after_a_rotation_is_left_for_the_next_file(log: Path) -> None:
    """Opened again at the same path it would be the new file, whose lines would come twice."""
    tail = LogTail(log)
    log.write_bytes(b"one\nhal")
    assert drain(tail, 0.0) == b"one\n"
    old = log.with_suffix(".1")
    log.rename(old)
    log.write_bytes(b"two\n")
    kill(old)
    assert drain(tail, 1.0, 5.0) == b"hal\ntwo\n"
    tail.close()


def test_more_rotations_than_files_kept_open_are_bounded(log: Path) -> None:
    tail = LogTail(log)
    found = b""
    for number in range(20):
        log.write_bytes(b"%d\n" % number)
        found += tail.read(number * 0.01).lines
        log.rename(log.with_suffix(f".{number}"))
    files = [log.with_suffix(f".{number}") for number in range(20)]
    assert sum(len(open_descriptors(file)) for file in files) == MAX_OPEN_FILES
    found += drain(tail, 1.0, 20.0)
    assert found == b"".join(b"%d\n" % number for number in range(MAX_OPEN_FILES))
    tail.close()


class Log(RuleBasedStateMachine):
    """A writer, a rotator and a truncator against one tail.

    Every line that was written comes once, in order. The promise ends where the bytes are gone
    before a look could see them: content truncated unread, and a file rotated away unseen. So
    those two look first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "model.log"
        self.tail = LogTail(self.path)
        self.now = 0.0
        self.found = b""
        self.done = b""  # lines of contents that have ended
        self.contents: list[bytearray] = []  # files that may still be written to, oldest first
        self.writers: list[int] = []
        self.replaced_at = 0.0
        self.ids = itertools.count(1)
        self.modified = itertools.count(1_000_000_000, 1_000_000)
        self.rotations = 0

    def teardown(self) -> None:
        self.drain()
        expected = self.done
        for content in self.contents[:-1]:
            expected += whole_lines(bytes(content))
        for content in self.contents[-1:]:  # its last line may be unfinished, and comes later
            expected += content[: max(content.rfind(b"\n"), content.rfind(b"\r")) + 1]
        assert self.found == expected
        self.tail.close()
        for writer in self.writers:
            os.close(writer)
        shutil.rmtree(self.folder)

    def look(self, seconds: float) -> None:
        self.now += seconds
        more = True
        while more:
            news = self.tail.read(self.now)
            self.found += news.lines
            more = news.more

    def drain(self) -> None:
        for _ in range(2 * MAX_OPEN_FILES):
            self.look(LINGER_SECONDS)
        self.rotations = 0

    def put(self, index: int, data: bytes) -> None:
        os.write(self.writers[index], data)
        self.contents[index] += data
        self.touch(index)

    def touch(self, index: int) -> None:
        # A kernel's clock for files may be coarser than two steps of this test.
        tick = next(self.modified)
        os.utime(self.writers[index], ns=(tick, tick))

    def create(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self.writers.append(os.open(self.path, flags, 0o644))
        self.contents.append(bytearray())
        self.put(len(self.writers) - 1, b"content %d\n" % next(self.ids))

    @rule(seconds=st.sampled_from([0.0, 0.1, 0.25, 0.9, 1.0, 3.0, 20.0]))
    def time_passes(self, seconds: float) -> None:
        self.look(seconds)

    @precondition(lambda self: not self.writers)
    @rule()
    def start(self) -> None:
        self.create()

    @precondition(lambda self: self.writers)
    @rule(data=st.lists(st.sampled_from([b"ab", b"c", b"\n", b"\r", b"\r\n", b"\xff"]), min_size=1))
    def write(self, data: list[bytes]) -> None:
        self.put(-1, b"".join(data) + b"%d" % next(self.ids))

    @precondition(lambda self: self.writers)
    @rule()
    def end_line(self) -> None:
        self.put(-1, b"\n")

    @precondition(lambda self: self.writers)
    @rule(removed=st.booleans())
    def rotate(self, *, removed: bool) -> None:
        self.rotations += 1
        if self.rotations > MAX_OPEN_FILES // 2:
            self.drain()
        self.look(0.0)
        if removed:
            self.path.unlink()
        else:
            self.path.rename(self.folder / f"model.log.{next(self.ids)}")
        self.replaced_at = self.now
        self.create()

    @precondition(lambda self: len(self.writers) > 1)
    @rule()
    def write_to_the_old_file(self) -> None:
        if self.now - self.replaced_at < LINGER_SECONDS:
            self.put(-2, b"late %d\n" % next(self.ids))

    @precondition(lambda self: self.writers)
    @rule(refill=st.integers(0, 40))
    def truncate(self, refill: int) -> None:
        self.drain()
        for content in self.contents:
            self.done += whole_lines(bytes(content))
        while len(self.writers) > 1:
            os.close(self.writers.pop(0))
        self.contents = [bytearray()]
        os.ftruncate(self.writers[0], 0)
        if refill:
            self.put(0, b"content %d " % next(self.ids) + b"x" * refill + b"\n")
        else:
            self.touch(0)


TestLog = Log.TestCase
TestLog.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
