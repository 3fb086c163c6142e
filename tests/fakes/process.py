"""`python -m pyworker ...` as a real process: its lines as they come, and how it ended."""

import codecs
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import trio

import pyworker

# Real seconds; far above what a busy machine needs and below the limit of a test.
PATIENCE = 30.0

# Whichever package the tests import is the one that is run: the source tree's or the installed.
_PACKAGE_PARENT = str(Path(pyworker.__file__).parent.parent)


class Output:
    """What came out of one pipe.

    Attributes:
        text: All of it, as far as it came.
        ended: Whether the process has closed its end.
    """

    def __init__(self) -> None:
        self.text = ""
        self.ended = False
        self._changed = trio.Event()

    @property
    def lines(self) -> list[str]:
        """The lines that are not empty, a last one without its end included."""
        return [line for line in self.text.split("\n") if line]

    async def line(self, fragment: str) -> str:
        """The first line that holds `fragment`; waits for it."""
        with trio.move_on_after(PATIENCE):
            while True:
                whole, _, _ = self.text.rpartition("\n")
                for line in whole.split("\n"):
                    if fragment in line:
                        return line
                if self.ended:
                    break
                await self._changed.wait()
        raise AssertionError(f"no line with {fragment!r} in:\n{self.text}")

    async def end(self) -> None:
        """Wait until there will be no more."""
        while not self.ended:
            await self._changed.wait()

    async def drain(self, pipe: trio.abc.ReceiveStream) -> None:
        """Read to the end, so that the process is never held up by its own words."""
        decoder = codecs.getincrementaldecoder("utf-8")()  # a read may end within a character
        async with pipe:
            async for data in pipe:
                self.text += decoder.decode(data)
                self._tell()
        self.ended = True
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


class Process:
    """A running process.

    Attributes:
        out, err: What it wrote on its standard output and standard error.
    """

    def __init__(self, child: trio.Process) -> None:
        self.out = Output()
        self.err = Output()
        self.pid = child.pid
        self._child = child

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._child.send_signal(number)

    async def exit_code(self) -> int:
        """How it ended; waits for that and its last words. Negative for a signal."""
        with trio.move_on_after(PATIENCE):
            code = await self._child.wait()
            await self.out.end()
            await self.err.end()
            return code
        raise AssertionError(f"still running:\n{self.err.text}")


@asynccontextmanager
async def running(
    arguments: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str] | None = None,
    program: Sequence[str] = ("-m", "pyworker"),
    python: str = sys.executable,
) -> AsyncGenerator[Process]:
    """Run a command of the package; the end of the block is its end.

    Args:
        arguments: What follows `python -m pyworker`.
        folder: Its working directory, where it may leave files.
        environ: Its settings; nothing of ours is passed on to it but where Python is.
        program: What Python runs instead.
        python: The interpreter.
    """
    child = await trio.lowlevel.open_process(
        [python, *program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=_environ(environ or {}, folder),
    )
    assert child.stdout is not None
    assert child.stderr is not None
    process = Process(child)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(process.out.drain, child.stdout)
        nursery.start_soon(process.err.drain, child.stderr)
        try:
            yield process
        finally:
            if child.returncode is None:
                child.kill()
            with trio.CancelScope(shield=True):  # a killed child ends at once
                await child.wait()


async def finished(
    arguments: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str] | None = None,
    program: Sequence[str] = ("-m", "pyworker"),
) -> tuple[int, Process]:
    """Run a command to its end: its exit code, and the process with all that it wrote."""
    async with running(arguments, folder=folder, environ=environ, program=program) as process:
        code = await process.exit_code()
    return code, process


def _environ(settings: Mapping[str, str], folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "PYTHONPATH": _PACKAGE_PARENT,
        **settings,
    }
