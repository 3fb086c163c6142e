"""The life of a simulated server: take the port, load, listen, serve, stop or crash.

What it says in its log on the way is its `Story`; what it answers are its routes.
"""

import errno
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import trio

from pyworker.http.exchange import Exchange
from pyworker.http.server import HttpServer
from pyworker.sim.address import Address, Refusal, authority, bind, refusal, resolve, url
from pyworker.sim.faults import Fault, crashes_at_once
from pyworker.sim.log import Line, LogWriter
from pyworker.sim.story import Step, Story

# A burst of 1024 streams must not be refused; Linux caps it at net.core.somaxconn.
_BACKLOG = 4096


class Settings(Protocol):
    """What of its command line a life needs."""

    @property
    def host(self) -> str:
        """Where it listens."""
        ...

    @property
    def port(self) -> int:
        """0 lets the kernel choose."""
        ...

    @property
    def log(self) -> Path | None:
        """None is standard output."""
        ...

    @property
    def grace_seconds(self) -> float:
        """For running requests after SIGTERM."""
        ...

    @property
    def fail_start(self) -> str | None:
        """How its start fails; `bind` is a taken port."""
        ...

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Armed from the start."""
        ...


class Answering(Protocol):
    """The routes of a server."""

    async def __call__(self, exchange: Exchange) -> None:
        """Answer one request."""
        ...


class Server:
    """One simulated server in this event loop.

    Args:
        settings: Where it listens, and what goes wrong.
        story: What it logs.
        routes: What it answers.
        log: Gets the log.
        say: Gets one line when the port is known and one when it listens.
        loaded: Called when it has loaded.
        died: Called when it crashes, before its last words.
    """

    def __init__(
        self,
        settings: Settings,
        story: Story,
        routes: Answering,
        *,
        log: LogWriter,
        say: Callable[[str], None],
        loaded: Callable[[], None],
        died: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._story = story
        self._log = log
        self._say = say
        self._loaded = loaded
        self._died = died
        self._end = trio.Event()
        self._crashed = False
        self._hurry = trio.Event()
        self._http = HttpServer(routes)

    def stop(self) -> None:
        """End as on SIGTERM: running requests get their grace; called again, they do not."""
        if self._end.is_set():
            self._hurry.set()
        self._end.set()

    def crash(self) -> None:
        """It dies: what runs in it fails, and the process ends with code 1."""
        self._crashed = True
        self._died()
        self._end.set()

    async def serve(self, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED) -> int:
        """Live.

        Args:
            task_status: Started with the port, once it listens; not at all if it never does.

        Returns:
            The exit code, when it has stopped or crashed.

        Raises:
            CannotBind: The host does not resolve.
        """
        family, address = await resolve(self._settings.host, self._settings.port)
        with socket.socket(family, socket.SOCK_STREAM) as reserved:
            # Many bind late. Taking the port now makes the address true while the model loads;
            # until listen() the kernel refuses connections, just as if nobody had it.
            refused = bind(reserved, address)
            if refused is None:
                self._say(f"sim: loading, will listen on {url(reserved)}")
            story = self._story
            if story.binds_first and self._is_taken(refused, address):
                return 1
            if not await self._log_steps(story.boot):
                return 0
            if not story.warming:
                if story.fails:
                    return 1
                self._loaded()
            if not story.binds_first and self._is_taken(refused, address):
                return 1
            return await self._live(reserved, address, task_status)
        raise AssertionError("unreachable: every way out returns")

    async def _live(
        self, reserved: socket.socket, address: Address, task_status: trio.TaskStatus[int]
    ) -> int:
        refused = self._listen(reserved)
        if refused is not None:
            self._write(self._story.taken(authority(address), *refused))
            return 1
        listening = trio.SocketListener(trio.socket.from_stdlib_socket(reserved.dup()))
        # Otherwise the kernel went on taking connections after the listener's end.
        reserved.close()
        if not self._story.warming:
            await self._serve(listening, task_status)
            return 1 if self._crashed else 0
        failed = False

        async def warm_up() -> None:
            nonlocal failed
            if not await self._log_steps(self._story.warming):
                return
            if self._story.fails:
                failed = True
                self._end.set()
            else:
                self._loaded()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(warm_up)
            await self._serve(listening, task_status)
            nursery.cancel_scope.cancel()
        return 1 if self._crashed or failed else 0

    def _is_taken(self, refused: Refusal | None, address: Address) -> bool:
        if refused is None and self._settings.fail_start == "bind":
            refused = refusal(errno.EADDRINUSE)
        if refused is not None:
            self._write(self._story.taken(authority(address), *refused))
        return refused is not None

    async def _log_steps(self, steps: Sequence[Step]) -> bool:
        """Log a part of the start. Returns whether it came to its end without being stopped."""
        started_at = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._cancel_at_end, nursery.cancel_scope)
            for step in steps:
                await trio.sleep_until(started_at + step.at)
                self._log.write(step.line)
            nursery.cancel_scope.cancel()
        return not self._end.is_set()

    def _listen(self, reserved: socket.socket) -> Refusal | None:
        try:
            reserved.listen(_BACKLOG)
        except OSError as error:  # somebody took the port too, and listened first
            return refusal(error.errno)
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
                story = self._story
                self._write(story.crashing if self._crashed else story.stopping)
                await self._http.close_idle()
                # What still runs ends by itself; the nursery waits for it.
                watch.start_soon(self._cut_after_grace, connections.cancel_scope)
            watch.cancel_scope.cancel()
        self._write(self._story.crashed if self._crashed else self._story.stopped)

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
            self._say(f"sim: listening on {url(listener.socket)}")
            task_status.started(int(listener.socket.getsockname()[1]))
            if any(crashes_at_once(fault) for fault in self._settings.faults):
                self.crash()
            await self._end.wait()
            accepting.cancel_scope.cancel()

    def _write(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self._log.write(line)
