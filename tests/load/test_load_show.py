"""What a load test shows while it goes on."""

import io
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from pyworker.client import Client, Direct
from pyworker.load.drive import Run
from pyworker.load.samples import Sample
from pyworker.load.show import head, picture, show_progress


class Terminal(io.StringIO):
    """Takes what a terminal is sent."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def run() -> Run:
    """A run of which three requests have ended, one of them badly."""
    run = Run(Client(Direct("http://127.0.0.1:1")))
    run.samples += [Sample(planned=float(n), total=0.5, first=0.1, gaps=[0.1]) for n in range(2)]
    run.samples.append(Sample(planned=2.0, total=0.1, error="status 429"))
    run.errors["status 429"] = 1
    run.started = 5
    return run


def test_one_line_says_how_far_it_is(run: Run) -> None:
    assert head(run, 12, 4.0) == (
        "[######..................] 3/12, 4 s, 2 in flight, 2 good (0.50/s), 1 failed"
    )
    assert "0.00/s" in head(run, 12, 0.0)


def test_the_picture_has_the_figures_and_what_fails(run: Run) -> None:
    lines = picture(run, 12, 4.0, lambda: os.terminal_size((120, 40)))
    text = "\n".join(lines)
    for words in ("3/12", "latency", "TTFT", "inter-token", "1   status 429"):
        assert words in text


@pytest.mark.parametrize(("columns", "rows"), [(40, 5), (1, 1), (0, 0)])
def test_it_fits_the_terminal(run: Run, columns: int, rows: int) -> None:
    lines = picture(run, 12, 4.0, lambda: os.terminal_size((columns, rows)))
    assert len(lines) <= max(rows - 1, 2)
    assert max(map(len, lines)) <= max(columns - 1, 20)


@asynccontextmanager
async def shown(run: Run, output: io.StringIO, marks: str, count: int) -> AsyncGenerator[None]:
    """Show a run until `marks` stands in the output `count` times; then the block, then its end."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(show_progress, run, 12, output)
        while output.getvalue().count(marks) < count:  # noqa: ASYNC110 - a file tells nobody
            await trio.sleep(0.5)
        yield
        nursery.cancel_scope.cancel()


async def test_a_terminal_is_drawn_over_and_left_as_it_was(
    run: Run, monkeypatch: pytest.MonkeyPatch, fast_clock: trio.testing.MockClock
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    async with shown(run, terminal, "[######", 2):
        pass
    _, first, second, *_ = terminal.getvalue().split("\x1b[J")
    lines = first.count("\n")
    assert first.startswith("[######")
    assert first.endswith(f"\x1b[{lines}F")
    assert second.startswith("[######")
    assert terminal.getvalue().endswith(f"\x1b[{lines}F\x1b[J")


async def test_a_log_gets_a_line_now_and_then(run: Run, fast_clock: trio.testing.MockClock) -> None:
    log = io.StringIO()
    async with shown(run, log, "\n", 2):
        pass
    assert all(line.startswith("[######....") for line in log.getvalue().splitlines())
