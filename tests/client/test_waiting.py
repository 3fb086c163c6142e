"""What is told while a command waits for a worker: on standard error, and in time."""

import io
import shutil
from os import terminal_size
from pathlib import Path

import orjson
import pytest
import trio
from fakes.model import Call, FakeModel, replies
from fakes.process import running

from pyworker.client import Autoscaler, Client
from pyworker.client.waiting import Waiting

NONE_YET = b'{"status": "1 worker: 1 loading", "request_idx": 9}'
CLEAR = "\r\x1b[K"


class Terminal(io.StringIO):
    """What is written to it."""

    def isatty(self) -> bool:
        return True

    @property
    def pieces(self) -> list[str]:
        return self.getvalue().split(CLEAR)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """One of 40 columns."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: terminal_size((40, 24)))
    return Terminal()


async def test_a_terminal_has_one_line_that_is_renewed_each_second(
    terminal: Terminal, nursery: trio.Nursery, autojump_clock: object
) -> None:
    waiting = Waiting(terminal)
    nursery.start_soon(waiting.show)
    await trio.sleep(5)
    waiting.tell("1 loading")
    await trio.sleep(0.9)
    assert terminal.getvalue() == ""
    await trio.sleep(2)
    waiting.tell("2 loading, and\x1b[2J more than fits into its width")
    await trio.sleep(1)
    assert terminal.pieces == [
        "",
        "1 s: 1 loading",
        "2 s: 1 loading",
        "3 s: 2 loading, and [2J more than fits "[:39],
    ]
    waiting.tell("")
    assert terminal.getvalue().endswith(CLEAR)
    await trio.sleep(10)
    assert terminal.pieces[4:] == [""]


async def test_a_line_is_gone_when_the_command_is_cancelled(
    terminal: Terminal, autojump_clock: object
) -> None:
    waiting = Waiting(terminal)
    waiting.tell("1 loading")
    with trio.move_on_after(1.5):
        await waiting.show()
    assert terminal.pieces == ["", "1 s: 1 loading", ""]


async def test_without_a_terminal_only_news_are_told(
    nursery: trio.Nursery, autojump_clock: object
) -> None:
    log = io.StringIO()
    waiting = Waiting(log)
    nursery.start_soon(waiting.show)
    for news in ("no worker", "no worker", "1 loading", ""):
        waiting.tell(news)
        await trio.sleep(2.5)
    assert log.getvalue() == "pyworker: no worker\npyworker: 1 loading\n"


@pytest.fixture
async def worker(nursery: trio.Nursery) -> FakeModel:
    """What stands where a worker does."""
    worker = FakeModel()
    await nursery.start(worker.serve)
    return worker


@pytest.fixture
async def autoscaler(nursery: trio.Nursery) -> FakeModel:
    """Answers /route/."""
    autoscaler = FakeModel()
    await nursery.start(autoscaler.serve)
    return autoscaler


async def test_a_client_tells_what_it_waits_for_and_when_that_is_over(
    autoscaler: FakeModel, worker: FakeModel, autojump_clock: object
) -> None:
    grant = orjson.dumps({"url": worker.url, "request_idx": 9})
    autoscaler.script(replies(200, NONE_YET), replies(200, grant))
    worker.script(replies(503, b"not ready"), replies(200, b"ok"))
    told: list[str] = []
    route_by = Autoscaler(url=autoscaler.url)
    async with Client(route_by, attempts=2, tell=told.append) as client:
        assert await client.request("/generate", {}) == b"ok"
    assert told == [
        "waiting for a worker; the autoscaler says: 1 worker: 1 loading",
        "",
        "attempt 1 of 2: answered 503: not ready",
        "",
    ]


async def test_the_command_tells_it_on_standard_error(
    autoscaler: FakeModel, worker: FakeModel, tmp_path: Path
) -> None:
    seen = trio.Event()

    async def when_it_was_told(call: Call) -> None:
        await seen.wait()
        await replies(200, orjson.dumps({"url": worker.url}))(call)

    autoscaler.script(replies(200, NONE_YET), when_it_was_told)
    worker.script(replies(200, b"answer"))
    arguments = ["call", "local", "/generate", "{}", "--autoscaler", autoscaler.url]
    async with running(arguments, folder=tmp_path) as process:
        line = await process.err.line("waiting")
        seen.set()
        assert await process.exit_code() == 0
    assert line == "pyworker: waiting for a worker; the autoscaler says: 1 worker: 1 loading"
    assert (process.out.text, process.err.lines) == ("answer", [line])
