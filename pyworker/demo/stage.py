"""The demo's processes: started one by one, watched, and ended on every path."""

import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

# How long a process may take from exec to its first words. Cold starts of Python on a loaded
# two-core machine take up to 5 s.
_START_SECONDS = 20.0
# Between SIGTERM and SIGKILL.
_STOP_SECONDS = 5.0
_TOLD_LINES = 15


class DemoFailed(Exception):
    """The demo cannot go on, or something did not add up; a sentence says what."""


@dataclass(slots=True)
class Actor:
    """One running process.

    Attributes:
        name: For people.
        process: The process.
        output: File with all it printed.
    """

    name: str
    process: trio.Process
    output: Path

    def last_words(self) -> str:
        """The end of what it printed."""
        lines = self.output.read_text(errors="replace").splitlines()
        return "\n".join(f"    {self.name}: {line}" for line in lines[-_TOLD_LINES:])

    async def says(self, pattern: str) -> str:
        """Wait until its output matches `pattern`; gives the first group.

        Raises:
            DemoFailed: It ended, or said nothing of the kind in time.
        """
        with trio.move_on_after(_START_SECONDS):
            while True:
                if found := re.search(pattern, self.output.read_text(errors="replace")):
                    return found.group(1)
                self.check()
                await trio.sleep(0.05)
        raise DemoFailed(f"{self.name} did not start in time:\n{self.last_words()}")

    def check(self) -> None:
        """Raise DemoFailed if it has ended."""
        code = self.process.poll()
        if code is not None:
            raise DemoFailed(f"{self.name} ended with exit code {code}:\n{self.last_words()}")


@asynccontextmanager
async def acting(
    name: str, arguments: list[str], folder: Path, environ: Mapping[str, str]
) -> AsyncGenerator[Actor]:
    """Run `python -m pyworker ARGUMENTS` in `folder` while the block runs.

    Resource handling: on leaving, the process gets SIGTERM and, if it does not end, SIGKILL.
    """
    output = folder / f"{name}.log"
    with output.open("wb") as sink:
        process = await trio.lowlevel.open_process(
            [sys.executable, "-m", "pyworker", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=folder,
            env=dict(environ),
        )
    try:
        yield Actor(name, process, output)
    finally:
        with trio.CancelScope(shield=True):
            process.terminate()
            with trio.move_on_after(_STOP_SECONDS):
                await process.wait()
            process.kill()
            await process.wait()
