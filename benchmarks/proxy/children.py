"""Child processes that are ended on every path, and questions about them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from benchmarks.proxy.errors import BenchmarkError
from benchmarks.proxy.spec import Result, Spec

REPOSITORY = Path(__file__).resolve().parents[2]

STOP_SECONDS = 10.0  # from SIGTERM to SIGKILL; a worker that drains needs well under one second
POLL_SECONDS = 0.002  # between two tries to connect; start-up is told in milliseconds

# A child starts from these alone, so that nothing set for a worker on this machine slips in.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")

Child = subprocess.Popen[bytes]

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def clean_environment() -> dict[str, str]:
    """The variables that every child gets."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _end_with_parent() -> None:
    # The case that no `finally` covers: this benchmark itself is killed.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@asynccontextmanager
async def running(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path
) -> AsyncGenerator[Child]:
    """A process for the time of the block; its output goes to `log`.

    Resource handling: standard input is a pipe that stays open; at the end the process gets
    SIGTERM, and SIGKILL when it does not end.
    """
    with log.open("ab") as output:
        # Not trio's open_process: it starts the child from a thread that ends when it is idle,
        # and the signal is sent when that thread ends, not when this process does.
        process = subprocess.Popen(  # noqa: ASYNC220 - milliseconds, and nothing runs beside it
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - no other thread holds a lock then
        )
    try:
        yield process
    finally:
        with trio.CancelScope(shield=True):
            process.terminate()
            await until_ended(process, STOP_SECONDS)
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


async def until_ended(process: Child, seconds: float) -> None:
    """Wait until the process has ended, but not longer than `seconds`."""
    if process.poll() is not None:
        return
    descriptor = os.pidfd_open(process.pid)
    try:
        with trio.move_on_after(seconds):
            await trio.lowlevel.wait_readable(descriptor)
    finally:
        os.close(descriptor)


async def until_listening(process: Child, port: int, seconds: float) -> float:
    """Wait until a connection to the port is accepted; the time when it was (trio's clock).

    Raises:
        BenchmarkError: the process ended or the time is over.
    """
    with trio.move_on_after(seconds):
        while process.poll() is None:
            with trio.socket.socket() as sock:
                try:
                    await sock.connect(("127.0.0.1", port))
                except ConnectionRefusedError:
                    await trio.sleep(POLL_SECONDS)
                else:
                    return trio.current_time()
        raise BenchmarkError(f"it ended with code {process.returncode} before it listened")
    raise BenchmarkError(f"nothing listens on port {port} after {seconds:.0f} s")


def log_tail(log: Path, lines: int = 15) -> str:
    """The last lines of a child's output, for an error message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


# What starting the load generator and checking its answers may take beside the case itself.
LOAD_SLACK = 20.0


async def run_load(spec: Spec) -> Result:
    """Run one case in a load generator of its own.

    Raises:
        BenchmarkError: it did not end in time or ended with an error.
    """
    seconds = spec.warm_up + spec.window + spec.timeout + LOAD_SLACK
    command = [sys.executable, "-m", "benchmarks.proxy.load"]
    what = "load generator"
    return Result.from_json(await run_child(command, spec.to_json(), seconds=seconds, what=what))


async def run_child(command: Sequence[str], text: str = "", *, seconds: float, what: str) -> bytes:
    """Run a command that ends by itself, with `text` as its input; its output.

    Raises:
        BenchmarkError: it took longer than `seconds` or ended with an error.
    """
    with trio.move_on_after(seconds):
        done = await trio.run_process(
            command,
            stdin=text.encode(),
            capture_stdout=True,
            capture_stderr=True,
            check=False,
            cwd=REPOSITORY,
        )
        if done.returncode:
            raise BenchmarkError(f"{what}: {done.stderr.decode(errors='replace')}")
        return done.stdout
    raise BenchmarkError(f"{what} did not end within {seconds:.0f} s")
