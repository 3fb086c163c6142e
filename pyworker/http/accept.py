"""Accepting connections: all that wait, each time, not one for each turn of the event loop.

`trio.serve_listeners` accepts one connection a turn. A turn takes 50 ms when 500 streams have an
event each, so of 1024 clients that come at once the last would wait 50 s to be accepted.
"""

import errno
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import NoReturn

import trio

log = logging.getLogger(__name__)

# Taken in one turn of the loop; each costs some 100 us, and what is left comes at the next turn.
_BATCH = 64
# The system is out of descriptors or memory: what ends frees some, so ask again soon. The same
# errors and the same pause as trio.serve_listeners has.
_CAPACITY_ERRNOS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}
_CAPACITY_PAUSE_SECONDS = 0.1


async def accept_all(
    listener: trio.SocketListener,
    serve: Callable[[trio.SocketStream], Awaitable[object]],
    connections: trio.Nursery,
) -> NoReturn:
    """Accept for ever, running `serve` for each connection in `connections`.

    Survives connections that end while they wait and a system without descriptors. Closes
    `listener` when cancelled.
    """
    async with listener:
        # The same descriptor without Trio around it, whose accept always waits for a turn.
        waiting = socket.socket(fileno=listener.socket.fileno())
        try:
            while True:
                await trio.lowlevel.wait_readable(waiting)
                try:
                    _accept_waiting(waiting, serve, connections)
                except (BlockingIOError, ConnectionAbortedError):
                    continue
                except OSError as error:
                    if error.errno not in _CAPACITY_ERRNOS:
                        raise
                    log.warning("cannot accept a connection now: %s", error.strerror)
                    await trio.sleep(_CAPACITY_PAUSE_SECONDS)
        finally:
            waiting.detach()


def _accept_waiting(
    waiting: socket.socket,
    serve: Callable[[trio.SocketStream], Awaitable[object]],
    connections: trio.Nursery,
) -> None:
    for _ in range(_BATCH):
        accepted, _ = waiting.accept()
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(accepted))
        connections.start_soon(serve, stream)
