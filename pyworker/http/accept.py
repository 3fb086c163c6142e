"""Accepting connections: several in a turn of the event loop, not one.

`trio.serve_listeners` accepts one connection a turn. A turn takes 50 ms when 500 streams have an
event each, so of 1024 clients that come at once the last would wait 50 s to be accepted. All that
wait in one turn would be wrong, too: 256 of them then go through every step of a request side by
side, and the first has its first byte when the last has.
"""

import errno
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import NoReturn

import trio

log = logging.getLogger(__name__)

# Taken in one turn: an eighth of what is open, since that is what makes turns long, but at least
# these. A request takes about 13 turns, so a burst on an idle worker passes in many small waves.
_BATCH = 8
# A mistake of ours. Everything else that accept(2) tells is the fate of one connection that waited
# (refused by the firewall, reset, unreachable), and the next one may be well.
_OUR_ERRNOS = {errno.EBADF, errno.EINVAL, errno.EFAULT, errno.ENOTSOCK, errno.EOPNOTSUPP}
# The system is out of descriptors or memory: what ends frees some, so ask again soon. The same
# errors and the same pause as trio.serve_listeners has.
_CAPACITY_ERRNOS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}
_CAPACITY_PAUSE_SECONDS = 0.1


async def accept_all(
    listener: trio.SocketListener,
    serve: Callable[[trio.SocketStream], Awaitable[object]],
    connections: trio.Nursery,
    count_open: Callable[[], int],
) -> NoReturn:
    """Accept for ever, running `serve` for each connection in `connections`.

    `count_open` tells how many connections are open. Survives connections that end while they
    wait and a system without descriptors. Closes `listener` when cancelled.
    """
    async with listener:
        # The same descriptor without Trio around it, whose accept always waits for a turn.
        waiting = socket.socket(fileno=listener.socket.fileno())
        try:
            while True:
                await trio.lowlevel.wait_readable(waiting)
                try:
                    for _ in range(max(_BATCH, count_open() // 8)):
                        connections.start_soon(serve, _accept(waiting))
                except BlockingIOError:
                    continue
                except OSError as error:
                    if error.errno in _OUR_ERRNOS:
                        raise
                    if error.errno in _CAPACITY_ERRNOS:
                        log.warning("cannot accept a connection now: %s", error.strerror)
                        await trio.sleep(_CAPACITY_PAUSE_SECONDS)
        finally:
            waiting.detach()


def _accept(waiting: socket.socket) -> trio.SocketStream:
    accepted, _ = waiting.accept()
    return trio.SocketStream(trio.socket.from_stdlib_socket(accepted))
