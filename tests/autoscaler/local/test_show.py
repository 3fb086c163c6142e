import json
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import trio

from pyworker.autoscaler.local.app import show_on
from pyworker.autoscaler.local.received import read_worker_status
from pyworker.autoscaler.local.show import Output, show_changes, show_table, show_url
from pyworker.autoscaler.local.state import Autoscaler, Endpoint

Report = Callable[..., dict[str, Any]]
Tell = Callable[..., None]


class _Memory(Output):
    """An output without a thread: the jumping clock does not wait for threads."""

    def __init__(self) -> None:
        self.text = ""

    async def write(self, text: str) -> None:
        await trio.lowlevel.checkpoint()
        self.write_now(text)

    def write_now(self, text: str) -> None:
        self.text += text


@pytest.fixture
def book() -> Autoscaler:
    return Autoscaler(Endpoint(1, "local", "local-key"), now=0.0, epoch=1e9, first_number=1)


@pytest.fixture
def tell(book: Autoscaler, report: Report) -> Tell:
    def tell(now: float, **changed: Any) -> None:
        book.accept_report(read_worker_status(json.dumps(report("C", **changed)).encode()), now)

    return tell


async def _run_for(seconds: float, show: Callable[[], Any]) -> None:
    with trio.move_on_after(seconds):
        await show()


async def test_the_line_that_scripts_wait_for():
    out = _Memory()
    await show_url(out, "http://127.0.0.1:8080")
    assert out.text == "autoscaler: listening on http://127.0.0.1:8080\n"


async def test_each_change_of_state_is_one_line(
    book: Autoscaler, tell: Tell, autojump_clock: object
):
    out = _Memory()
    tell(0.0)
    tell(0.1, max_perf=99.5)
    tell(0.2, max_perf=99.5, error_msg="out of\nmemory")
    await _run_for(40.5, partial(show_changes, book, out, "text"))
    known = "(version 1.1.0, max_perf 99.5/s, http://10.0.0.7:3000)"
    assert out.text.splitlines() == [
        f"autoscaler: worker 7: new -> loading {known}",
        f"autoscaler: worker 7: loading -> ready {known}",
        "autoscaler: worker 7: ready -> error (out of memory)",
        "autoscaler: worker 7: error -> silent (last report 31 s ago)",
    ]


async def test_changes_as_json(book: Autoscaler, tell: Tell, autojump_clock: object):
    out = _Memory()
    tell(0.0, max_perf=99.5)
    await _run_for(0.5, partial(show_changes, book, out, "json"))
    assert json.loads(out.text) == {
        "time": 1e9,
        "event": "worker_state",
        "worker": 7,
        "before": None,
        "after": "ready",
        "version": "1.1.0",
        "max_perf": 99.5,
        "error_msg": "",
        "url": "http://10.0.0.7:3000",
    }


async def test_the_table_is_drawn_every_second_and_the_screen_given_back(
    book: Autoscaler, autojump_clock: object
):
    out = _Memory()
    show = partial(
        show_table,
        book,
        out,
        url="http://127.0.0.1:8080",
        size=lambda: os.terminal_size((80, 24)),
        colour=False,
    )
    await _run_for(9.5, show)
    before, _, drawn = out.text.partition("\x1b[?1049h")
    assert before == ""
    assert drawn.count("\x1b[H") == 10  # at 0, 1, ..., 9 s
    drawn, _, after = drawn.rpartition("\x1b[?1049l")
    assert "\x1b[?25h" in drawn  # the cursor is back
    assert "no worker has reported yet" in after
    assert "\x1b" not in after


async def test_when_its_reader_leaves_it_stops_showing_and_nothing_else(book: Autoscaler):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as out:
        await show_on(out, table=False, log_format="text")(book, "http://127.0.0.1:8080")
    # Closing flushed what could not be written, without an error.
