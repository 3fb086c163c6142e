"""Where a simulated server listens: a host and port, taken before it loads."""

import errno
import os
import socket
from typing import cast

import trio

from pyworker.errors import CannotBind
from pyworker.reasons import reason_of

Address = tuple[str, int] | tuple[str, int, int, int]
Refusal = tuple[int, str]  # an errno and its text


async def resolve(host: str, port: int) -> tuple[socket.AddressFamily, Address]:
    """Family and address of where to listen.

    Raises:
        CannotBind: The host does not resolve.
    """
    try:
        found = await trio.socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:  # UnicodeError: the name has no IDNA form
        raise CannotBind(f"cannot listen on {host}:{port}: {reason_of(error)}") from error
    family, _, _, _, address = found[0]
    return family, cast("Address", address)


def bind(sock: socket.socket, address: Address) -> Refusal | None:
    """Take the address; returns why not, if it cannot be had."""
    if address[1] != 0:
        # After a restart, connections of the last run may still be in TIME_WAIT. A port of the
        # kernel's choice goes without: the option would let it give the port away once more.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
    except OSError as error:
        return refusal(error.errno)
    return None


def refusal(code: int | None) -> Refusal:
    """The errno of a failed bind or listen, with its text."""
    code = code or errno.EADDRINUSE
    return code, os.strerror(code)


def authority(address: Address) -> str:
    """As it stands in a URL."""
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def url(sock: socket.socket | trio.socket.SocketType) -> str:
    """Of the address that a socket has."""
    return f"http://{authority(sock.getsockname())}"
