"""Follows the model's log for as long as the worker lives, and hands over whole lines as bytes.

What the file does to us is in `tail.py` and `logfile.py`; here is only when we look, and that a
file system which hangs does not hang the worker.
"""

from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NoReturn

import trio

from pyworker.model.tail import LogTail, News

# How long a line may lie unseen, against CPU time: measured in docs/decisions/0002.
POLL_SECONDS = 0.25


async def follow(
    path: Path,
    on_lines: Callable[[bytes], Awaitable[None]],
    on_unfinished: Callable[[bytes], Awaitable[bool]],
    *,
    poll_seconds: float = POLL_SECONDS,
    in_thread: bool = True,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> NoReturn:
    """Read the log from the beginning of the file and go on for ever.

    The file may be absent, unreadable, renamed, removed, created again or truncated; all of that
    is waited for or followed, and logged. Every complete line is handed over once, in order.

    Args:
        path: The log. A link is followed; another target is another file.
        on_lines: Takes a block of whole lines, at most 320 KiB, that ends with a line end. Nothing
            is read while it runs, so what a line sets off belongs in another task.
        on_unfinished: Takes a line whose writer has rested within it for some seconds: often the
            last words of a process that died, or half a buffer of one that lives. True says that
            it was understood, and the rest of the line will be a line of its own. False leaves it
            where it is: it comes again when it is complete, or longer.
        poll_seconds: Time between two looks while nothing is new.
        in_thread: Read in a thread, because a network file system may not answer for minutes and
            a busy disk for milliseconds. False reads on the event loop, for a virtual clock,
            which would jump while a thread works.
        task_status: Started after the first look, so that a wrong path fails `Nursery.start`.

    Raises:
        NotALogFile: The path names a pipe, a directory or a device.
    """
    # Of its own, so that other users of threads cannot make the log wait.
    limiter = trio.CapacityLimiter(1)
    with closing(LogTail(path)) as tail:
        started = False
        while True:
            look = partial(tail.read, trio.current_time())
            if in_thread:
                news: News = await trio.to_thread.run_sync(
                    look, abandon_on_cancel=True, limiter=limiter
                )
            else:
                await trio.lowlevel.checkpoint()
                news = look()
            if not started:
                started = True
                task_status.started()
            if news.lines:
                await on_lines(news.lines)
            if news.unfinished and await on_unfinished(news.unfinished):
                tail.take_unfinished()
            if not news.more:
                await trio.sleep(poll_seconds)
