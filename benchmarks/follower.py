"""What following a log costs: CPU of an idle hour, and the speed of a 50 MB burst.

`python -m benchmarks.follower [--seconds 20]`; the figures are in docs/decisions/0002.
"""

# ruff: noqa: ASYNC110, ASYNC240 -- a bare timer is measured, and files are made between runs

import argparse
import ctypes
import math
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import trio

from pyworker.model.follower import follow
from pyworker.model.logfile import BLOCK_BYTES
from pyworker.model.markers import LogMarkers

BURST_BYTES = 50_000_000
LINE = (
    b"INFO 07-14 12:00:00 [loggers.py:123] Engine 000: Avg prompt throughput: 0.0 tokens/s,"
    b" Avg generation throughput: 24.1 tokens/s, Running: 1 reqs, Waiting: 0 reqs\n"
)
MARKERS = LogMarkers(
    on_error=["EngineCore failed to start.", "Engine core initialization failed.", "[Errno 98]"],
    on_load=["Application startup complete."],
    on_info=["Loading weights took"],
)
# <sys/inotify.h>: IN_MODIFY, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE
INOTIFY_MASK = 0x02 | 0x40 | 0x80 | 0x100 | 0x200


async def nothing_new(line: bytes) -> bool:
    """A whole log has no unfinished line."""
    raise AssertionError(line)


async def scan(block: bytes) -> None:
    """What the worker does with lines."""
    MARKERS.scan(block)


async def timer(path: Path, poll_seconds: float) -> None:
    """Wakes up and does nothing: what any poll costs before it looks at anything."""
    del path
    while True:
        await trio.sleep(poll_seconds)


async def poll(path: Path, poll_seconds: float, *, in_thread: bool) -> None:
    """The follower itself."""
    await follow(path, scan, nothing_new, poll_seconds=poll_seconds, in_thread=in_thread)


async def inotify(path: Path) -> None:
    """Waits for the kernel to report a change in the log's folder."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        libc.inotify_add_watch(handle, os.fsencode(path.parent), INOTIFY_MASK)
        while True:
            await trio.lowlevel.wait_readable(handle)
            os.read(handle, 65536)
    finally:
        os.close(handle)


async def cpu_of(wait: Callable[[], Awaitable[None]], seconds: float) -> float:
    """CPU seconds of one hour of `wait`."""
    with trio.move_on_after(1.0):  # what is paid once
        await wait()
    before = time.process_time()
    with trio.move_on_after(seconds):
        await wait()
    return (time.process_time() - before) / seconds * 3600


async def idle(path: Path, seconds: float) -> None:
    """One line for each way to wait."""
    path.write_bytes(LINE * 1000)
    ways: list[tuple[str, Callable[[], Awaitable[None]]]] = [("inotify", partial(inotify, path))]
    for every in (0.1, 0.25, 1.0):
        ways += [
            (f"timer alone, {every} s", partial(timer, path, every)),
            (f"poll on the loop, {every} s", partial(poll, path, every, in_thread=False)),
            (f"poll in a thread, {every} s", partial(poll, path, every, in_thread=True)),
        ]
    for name, wait in ways:
        print(f"{name:28} {await cpu_of(wait, seconds):6.2f} CPU s/hour", flush=True)


async def burst(path: Path, *, in_thread: bool, cached: bool) -> None:
    """One line for one way to read a large file, with the longest time that the loop was held."""
    if not cached:
        with path.open("rb+") as log:
            os.fsync(log.fileno())
            os.posix_fadvise(log.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    size = path.stat().st_size
    received = 0
    longest = 0.0

    async def on_lines(block: bytes) -> None:
        nonlocal received
        await scan(block)
        received += len(block)
        if received == size:
            nursery.cancel_scope.cancel()

    async def someone_else() -> None:
        nonlocal longest
        last = math.inf
        while True:
            now = time.perf_counter()
            longest = max(longest, now - last)
            last = now
            # A sleep and not a checkpoint: a task that never rests would measure itself.
            await trio.sleep(0.0005)

    wall, cpu = time.perf_counter(), time.process_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(someone_else)
        await follow(path, on_lines, nothing_new, in_thread=in_thread)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    where = "in a thread" if in_thread else "on the loop"
    kept = "cached" if cached else "from disk"
    print(
        f"{where}, {kept:10} {size / wall / 1e6:6.0f} MB/s  {cpu * 1000:5.0f} ms CPU"
        f"  longest hold of the loop {longest * 1000:5.1f} ms",
        flush=True,
    )


def steps(path: Path) -> None:
    """The cost of the single steps, hot."""
    descriptor = os.open(path, os.O_RDONLY)

    async def hops(count: int) -> None:
        for _ in range(count):
            await trio.to_thread.run_sync(os.fstat, descriptor)

    def each(count: int, what: Callable[[], object]) -> float:
        start = time.perf_counter()
        for _ in range(count):
            what()
        return (time.perf_counter() - start) / count * 1e6

    print(f"stat {each(10_000, path.stat):.1f} us", end=", ")
    print(f"pread of a block {each(1000, partial(os.pread, descriptor, BLOCK_BYTES, 0)):.0f} us")
    start = time.perf_counter()
    trio.run(hops, 2000)
    print(f"to a thread and back {(time.perf_counter() - start) / 2000 * 1e6:.0f} us")
    os.close(descriptor)


def main() -> None:
    """Print everything."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=20.0, help="of each idle measurement")
    seconds: float = arguments.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.log"
        trio.run(idle, path, seconds)
        path.write_bytes(LINE * (BURST_BYTES // len(LINE)))
        steps(path)
        for in_thread in (False, True):
            for cached in (False, True):
                trio.run(partial(burst, path, in_thread=in_thread, cached=cached))


if __name__ == "__main__":
    main()
