"""The life of a simulated TGI: take the port, load, say Connected, listen, serve, stop or crash."""

import errno
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import TextIO, cast

import trio

from pyworker.http.server import HttpServer
from pyworker.sim.boot import (
    bind_failure,
    boot_steps,
    crash_lines,
    crashed_lines,
    stop_lines,
    stopped_lines,
)
from pyworker.sim.engine import Engine
from pyworker.sim.faults import FaultPlan
from pyworker.sim.model import Model
from pyworker.sim.routes import Routes, crashes_at_once
from pyworker.sim.settings import LlmSettings
from pyworker.sim.shares import FairShare
from pyworker.sim.tgi_log import Line, LogWriter
from pyworker.sim.tgi_validation import Limits

# A burst of 1024 streams must not be refused; Linux caps it at net.core.somaxconn.
_BACKLOG = 4096
# What the router says of a request whose shard is gone, as captured from a TGI that crashed.
_SHARD_GONE = "Server error: transport error"


def run(settings: LlmSettings) -> int:
    """Run the simulator as this process.

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
    with log:
        return trio.run(partial(_run_until_signal, settings, log, said_on))


async def _run_until_signal(settings: LlmSettings, log: LogWriter, said_on: TextIO) -> int:
    server = LlmServer(settings, log, partial(_say, said_on))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_stop_on_signal, server)
        code = await server.serve()
        nursery.cancel_scope.cancel()
        return code
    raise AssertionError("unreachable: the nursery's block returns")


async def _stop_on_signal(server: "LlmServer") -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            server.stop()  # a second signal ends what the first one still waits for


def _say(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()


class LlmServer:
    """One simulated TGI in this event loop.

    Args:
        settings: How it behaves.
        log: Gets TGI's log.
        say: Gets one line when the port is known and one when it listens.
    """

    def __init__(self, settings: LlmSettings, log: LogWriter, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._log = log
        self._say = say
        self._end = trio.Event()
        self._crashed = False
        self._hurry = trio.Event()
        share = FairShare(settings.decode, settings.batch_decode)
        self._engine = Engine(
            prefill=settings.prefill,
            share=share,
            max_concurrent=settings.max_concurrent,
            max_queue=settings.max_queue,
        )
        limits = Limits(
            settings.max_input_tokens, settings.max_total_tokens, settings.default_max_new_tokens
        )
        model = Model(
            self._engine,
            limits,
            FaultPlan(tuple(fault for fault in settings.faults if not crashes_at_once(fault))),
            log,
            seed=settings.seed,
            crash=self.crash,
        )
        self._http = HttpServer(Routes(settings, model))

    def stop(self) -> None:
        """End as on SIGTERM: running requests get their grace; called again, they do not."""
        if self._end.is_set():
            self._hurry.set()
        self._end.set()

    def crash(self) -> None:
        """The shard dies: what runs in it fails, and the process ends with code 1."""
        self._crashed = True
        self._engine.fail(_SHARD_GONE)
        self._end.set()

    async def serve(self, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED) -> int:
        """Live.

        Args:
            task_status: Started with the port, once it listens; not at all if it never does.

        Returns:
            The exit code, when it has stopped or crashed.

        Raises:
            OSError: The host does not resolve.
        """
        family, address = await _resolve(self._settings.host, self._settings.port)
        with socket.socket(family, socket.SOCK_STREAM) as reserved:
            # TGI binds late. Taking the port now makes the address true while the model loads;
            # until listen() the kernel refuses connections, just as if nobody had it.
            refused = _bind(reserved, address)
            if refused is None:
                self._say(f"sim: loading, will listen on {_url(reserved)}")
            if not await self._boot():
                return self._exit_code_of_boot()
            refused = refused or self._listen(reserved)
            if refused is not None:
                self._write(bind_failure(_authority(address), *refused))
                return 1
            listening = trio.socket.from_stdlib_socket(reserved.dup())
        await self._serve(trio.SocketListener(listening), task_status)
        return 1 if self._crashed else 0

    async def _boot(self) -> bool:
        """Log the start. Returns whether it came to its end without being stopped."""
        started_at = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._cancel_at_end, nursery.cancel_scope)
            for step in boot_steps(self._settings):
                await trio.sleep_until(started_at + step.at)
                self._log.write(step.line)
            nursery.cancel_scope.cancel()
        fails = self._settings.fail_start not in (None, "bind")
        return not fails and not self._end.is_set()

    def _exit_code_of_boot(self) -> int:
        return 0 if self._end.is_set() else 1

    def _listen(self, reserved: socket.socket) -> "_Refusal | None":
        if self._settings.fail_start == "bind":
            return _refusal(errno.EADDRINUSE)
        try:
            reserved.listen(_BACKLOG)
        except OSError as error:  # somebody took the port too, and listened first
            return _refusal(error.errno)
        return None

    async def _cancel_at_end(self, scope: trio.CancelScope) -> None:
        await self._end.wait()
        scope.cancel()

    async def _serve(
        self, listener: trio.SocketListener, task_status: trio.TaskStatus[int]
    ) -> None:
        async with trio.open_nursery() as watch:
            async with trio.open_nursery() as connections:
                await self._accept(listener, connections, task_status)
                self._write(crash_lines() if self._crashed else stop_lines())
                await self._http.close_idle()
                # What still runs ends by itself; the nursery waits for it.
                watch.start_soon(self._cut_after_grace, connections.cancel_scope)
            watch.cancel_scope.cancel()
        self._write(crashed_lines() if self._crashed else stopped_lines())

    async def _cut_after_grace(self, connections: trio.CancelScope) -> None:
        with trio.move_on_after(self._settings.grace_seconds):
            await self._hurry.wait()
        # Cut first: a cancelled request would still be answered, with a 500.
        self._http.abort_all()
        connections.cancel()

    async def _accept(
        self,
        listener: trio.SocketListener,
        connections: trio.Nursery,
        task_status: trio.TaskStatus[int],
    ) -> None:
        """Serve until the end is asked for; then nobody can connect any more."""
        async with trio.open_nursery() as accepting:
            await accepting.start(self._http.accept, [listener], connections)
            self._say(f"sim: listening on {_url(listener.socket)}")
            task_status.started(int(listener.socket.getsockname()[1]))
            if any(crashes_at_once(fault) for fault in self._settings.faults):
                self.crash()
            await self._end.wait()
            accepting.cancel_scope.cancel()

    def _write(self, lines: list[Line]) -> None:
        for line in lines:
            self._log.write(line)


_Address = tuple[str, int] | tuple[str, int, int, int]
_Refusal = tuple[int, str]  # an errno and its text


async def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, _Address]:
    found = await trio.socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, _, _, _, address = found[0]
    return family, cast("_Address", address)


def _bind(sock: socket.socket, address: _Address) -> _Refusal | None:
    """Take the address; returns why not, if it cannot be had."""
    if address[1] != 0:
        # After a restart, connections of the last run may still be in TIME_WAIT. A port of the
        # kernel's choice goes without: the option would let it give the port away once more.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
    except OSError as error:
        return _refusal(error.errno)
    return None


def _refusal(code: int | None) -> _Refusal:
    code = code or errno.EADDRINUSE
    return code, os.strerror(code)


def _authority(address: _Address) -> str:
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _url(sock: socket.socket | trio.socket.SocketType) -> str:
    return f"http://{_authority(sock.getsockname())}"
