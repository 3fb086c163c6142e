"""A simulated server as this process, until it ends or a signal asks it to."""

import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import TextIO, cast

import trio

from pyworker.errors import CannotBind
from pyworker.sim.life import Server, Settings
from pyworker.sim.log import LogLost, LogWriter


def run(settings: Settings, make: Callable[[LogWriter, Callable[[str], None]], Server]) -> int:
    """Run a simulator as this process.

    Args:
        settings: Its command line.
        make: From its log, and who gets the two lines about its address, to the server.

    Returns:
        The exit code.
    """
    # The log may be what the reader of standard output parses; then the address goes to stderr.
    said_on = sys.stderr if settings.log is None else sys.stdout
    try:
        log = LogWriter(settings.log)
    except OSError as error:
        sys.stderr.write(f"pyworker sim: cannot write the log {settings.log}: {error.strerror}\n")
        return 2
    code = 1
    with log:
        try:
            code = trio.run(_run_until_signal, make, log, partial(_say, said_on))
        except* (CannotBind, LogLost) as group:
            error = _first(group)
            sys.stderr.write(f"pyworker sim: {error}\n")
            code = 2 if isinstance(error, CannotBind) else 1
    return code


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


async def _run_until_signal(
    make: Callable[[LogWriter, Callable[[str], None]], Server],
    log: LogWriter,
    say: Callable[[str], None],
) -> int:
    server = make(log, say)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_stop_on_signal, server)
        code = await server.serve()
        nursery.cancel_scope.cancel()
        return code
    raise AssertionError("unreachable: the nursery's block returns")


async def _stop_on_signal(server: Server) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            server.stop()  # a second signal ends what the first one still waits for


def _say(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()
