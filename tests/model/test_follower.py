"""Following a real file on a virtual clock: when it is looked at, and what is handed over.
Rotation is in test_rotation.py.
"""

# ruff: noqa: ASYNC240 -- the writer is the test itself: its small local files do not block

import logging
import os
import random
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path, PosixPath

import pytest
import trio

from pyworker.model.follower import POLL_SECONDS, follow
from pyworker.model.lines import MAX_LINE_BYTES, whole_lines
from pyworker.model.logfile import BLOCK_BYTES, UNFINISHED_SECONDS, NotALogFile

A_LOOK = 1.5 * POLL_SECONDS


@dataclass
class Reader:
    """Takes what the follower gives, and understands unfinished lines that hold `known`."""

    known: bytes = b"Error"
    text: bytes = b""
    unfinished: list[bytes] = field(default_factory=list[bytes])

    async def on_lines(self, block: bytes) -> None:
        await trio.lowlevel.checkpoint()
        assert block.endswith((b"\n", b"\r"))
        self.text += block

    async def on_unfinished(self, line: bytes) -> bool:
        await trio.lowlevel.checkpoint()
        self.unfinished.append(line)
        return self.known in line


@asynccontextmanager
async def following(path: Path) -> AsyncGenerator[Reader, None]:
    reader = Reader()
    async with trio.open_nursery() as nursery:

        async def run(task_status: trio.TaskStatus[None]) -> None:
            await follow(
                path,
                reader.on_lines,
                reader.on_unfinished,
                in_thread=False,
                task_status=task_status,
            )

        await nursery.start(run)
        yield reader
        nursery.cancel_scope.cancel()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "model.log"


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as writer:
        writer.write(data)


async def test_reads_what_is_there_and_what_comes(log: Path, autojump_clock: object) -> None:
    log.write_bytes(b"one\ntwo\n")
    async with following(log) as reader:
        await trio.lowlevel.checkpoint()
        append(log, b"three\n")
        await trio.sleep(A_LOOK)
        assert reader.text == b"one\ntwo\nthree\n"


async def test_a_late_file_is_waited_for_and_the_wait_is_said(
    log: Path, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with following(log) as reader:
        await trio.sleep(95)
        said = [record.getMessage() for record in caplog.records]
        assert said == [f"waiting for the model log {log} to be created"] * 4  # 0, 30, 60, 90 s
        log.write_bytes(b"hello\n")
        await trio.sleep(A_LOOK)
        assert reader.text == b"hello\n"
        assert caplog.records[-1].getMessage() == f"reading the model log {log}"


async def test_a_missing_directory_is_waited_for(tmp_path: Path, autojump_clock: object) -> None:
    log = tmp_path / "not" / "yet" / "model.log"
    async with following(log) as reader:
        await trio.sleep(A_LOOK)
        log.parent.mkdir(parents=True)
        await trio.sleep(A_LOOK)
        log.write_bytes(b"hello\n")
        await trio.sleep(A_LOOK)
        assert reader.text == b"hello\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
async def test_permission_denied_is_said_and_retried(
    log: Path, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    log.write_bytes(b"hello\n")
    log.chmod(0)
    async with following(log) as reader:
        await trio.sleep(20)
        assert [record.getMessage() for record in caplog.records] == [
            f"waiting for the model log {log}: Permission denied"
        ]
        log.chmod(0o600)
        await trio.sleep(A_LOOK)
        assert reader.text == b"hello\n"


async def test_a_path_that_cannot_be_opened_is_said_and_retried(
    log: Path, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    log.symlink_to(log)  # refused to root too
    async with following(log) as reader:
        await trio.sleep(20)
        (record,) = caplog.records
        assert record.levelname == "WARNING"
        assert record.getMessage().startswith(f"waiting for the model log {log}: Too many levels")
        log.unlink()
        log.write_bytes(b"hello\n")
        await trio.sleep(A_LOOK)
        assert reader.text == b"hello\n"


@pytest.mark.parametrize("kind", ["fifo", "directory", "device"])
async def test_what_is_no_regular_file_is_refused(
    log: Path, autojump_clock: object, kind: str
) -> None:
    if kind == "fifo":
        os.mkfifo(log)
    elif kind == "directory":
        log.mkdir()
    else:
        log.symlink_to("/dev/null")
    reader = Reader()
    with pytest.raises(NotALogFile, match=f"{log} is not a regular file"):
        await follow(log, reader.on_lines, reader.on_unfinished, in_thread=False)


async def test_a_line_in_two_writes_is_one_line(log: Path, autojump_clock: object) -> None:
    log.write_bytes(b"BACKENDS_")
    async with following(log) as reader:
        await trio.sleep(60)
        append(log, b"READY: 3\n")
        await trio.sleep(A_LOOK)
        assert reader.text == b"BACKENDS_READY: 3\n"
        assert reader.unfinished == [b"BACKENDS_"]


async def test_last_words_without_a_line_end_are_seen_once(
    log: Path, autojump_clock: object
) -> None:
    log.write_bytes(b"loading\nError: ShardFailed")
    async with following(log) as reader:
        await trio.sleep(UNFINISHED_SECONDS - A_LOOK)
        assert reader.unfinished == []
        await trio.sleep(2 * A_LOOK)
        assert reader.unfinished == [b"Error: ShardFailed"]
        await trio.sleep(600)
        # Started again on the same log: its first line hangs on the old one's last words.
        append(log, b"restarted\n")
        await trio.sleep(60)
        assert reader.text == b"loading\nrestarted\n"
        assert reader.unfinished == [b"Error: ShardFailed"]


async def test_an_unfinished_line_is_shown_again_only_when_it_grew(
    log: Path, autojump_clock: object
) -> None:
    log.write_bytes(b"loading")
    async with following(log) as reader:
        await trio.sleep(60)
        append(log, b" weights")
        await trio.sleep(60)
        assert reader.unfinished == [b"loading", b"loading weights"]
        append(log, b": done\n")
        await trio.sleep(A_LOOK)
        assert reader.text == b"loading weights: done\n"


async def test_carriage_returns_end_lines(log: Path, autojump_clock: object) -> None:
    log.write_bytes(b"\r  0%\r 50%")
    async with following(log) as reader:
        append(log, b"\r100%\nready\n")
        await trio.sleep(A_LOOK)
        assert reader.text == b"\r  0%\r 50%\r100%\nready\n"


async def test_undecodable_bytes_are_harmless(log: Path, autojump_clock: object) -> None:
    log.write_bytes(b"\xff\xfe\n\xc3\n")
    async with following(log) as reader:
        append(log, b"Connected\n")
        await trio.sleep(A_LOOK)
        assert reader.text == b"\xff\xfe\n\xc3\nConnected\n"


async def test_a_line_without_end_is_cut_and_said(
    log: Path, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    log.write_bytes(b"x" * (2 * MAX_LINE_BYTES))
    async with following(log) as reader:
        append(log, b"x" * MAX_LINE_BYTES + b"\nnext\n")
        await trio.sleep(2 * A_LOOK)
        assert reader.text == (b"x" * MAX_LINE_BYTES + b"\n") * 3 + b"next\n"
    (record,) = caplog.records
    assert "is longer than 65536 bytes: it is read in pieces" in record.getMessage()


async def test_a_burst_of_50_mb_leaves_the_loop_free(log: Path, autojump_clock: object) -> None:
    line = b"INFO 07-14 12:00:00 [loggers.py:123] Avg prompt throughput: 1.0 tokens/s\n"
    lines = 50_000_000 // len(line)
    log.write_bytes(line * lines)
    turns = 0
    received = 0

    async def on_lines(block: bytes) -> None:
        nonlocal received
        assert len(block) <= BLOCK_BYTES + MAX_LINE_BYTES
        received += block.count(b"\n")
        if received == lines:
            nursery.cancel_scope.cancel()

    async def never(line: bytes) -> bool:
        raise AssertionError(line)

    async def someone_else() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(someone_else)
        await follow(log, on_lines, never, in_thread=False)
    assert received == lines
    assert turns >= 50_000_000 // BLOCK_BYTES - 2  # one a block, but for its start and its end


async def test_in_a_thread_on_the_real_clock(log: Path) -> None:
    log.write_bytes(b"one\n")
    send, receive = trio.open_memory_channel[bytes](10)

    async def never(line: bytes) -> bool:
        raise AssertionError(line)

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:

            async def run(task_status: trio.TaskStatus[None]) -> None:
                await follow(log, send.send, never, poll_seconds=0.001, task_status=task_status)

            await nursery.start(run)
            assert await receive.receive() == b"one\n"
            append(log, b"two\n")
            assert await receive.receive() == b"two\n"
            nursery.cancel_scope.cancel()


class StuckPath(PosixPath):
    """A path on a file system that does not answer. Looked at from a thread of Trio."""

    asked: trio.Event
    answer: threading.Event

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        trio.from_thread.run_sync(self.asked.set)
        self.answer.wait(10)
        return super().stat(follow_symlinks=follow_symlinks)


async def test_cancelled_while_the_file_system_is_stuck(log: Path) -> None:
    """A worker must go on serving, and be able to stop, beside a dead network file system."""
    stuck = StuckPath(log)
    stuck.asked, stuck.answer = trio.Event(), threading.Event()
    reader = Reader()
    try:
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(follow, stuck, reader.on_lines, reader.on_unfinished)
                await stuck.asked.wait()
                nursery.cancel_scope.cancel()
    finally:
        stuck.answer.set()


async def test_a_real_log_in_random_pieces_comes_whole(
    shared_dir: Path, log: Path, autojump_clock: object
) -> None:
    rng = random.Random(7)
    for sample in sorted((shared_dir / "logs").glob("*/*.log")):
        text = sample.read_bytes()
        log.unlink(missing_ok=True)
        async with following(log) as reader:
            start = 0
            while start < len(text):
                end = start + rng.choice([1, 80, 900, 5000])
                append(log, text[start:end])
                start = end
                await trio.sleep(rng.choice([0.01, POLL_SECONDS]))
            await trio.sleep(A_LOOK)
            assert reader.text == whole_lines(text)
