"""Accepting: many at once, those that leave before their turn, and a system without descriptors."""

import errno
import os
import resource
import socket
from collections.abc import Generator
from contextlib import contextmanager

import pytest
import trio
from fakes.client import RawClient, connect, post
from fakes.clock import quiet
from fakes.server import RunningServer, running_server
from trio.testing import MockClock


async def test_all_of_a_burst_are_served():
    async with running_server() as server:
        clients = [await connect(server.port) for _ in range(150)]
        for raw in clients:
            await raw.send(post("/echo", b"x"))
        for raw in clients:
            assert await raw.answer() == (200, b"x")
            await raw.close()


async def test_clients_that_leave_before_their_turn_harm_nobody():
    async with running_server() as server:
        for _ in range(30):
            with socket.create_connection(("127.0.0.1", server.port)) as hasty:
                hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        raw = await connect(server.port)
        await raw.send(post("/echo", b"x"))
        assert await raw.answer() == (200, b"x")
        await raw.close()


@contextmanager
def no_descriptors() -> Generator[None]:
    """The process may open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.dup(0)
    os.close(probe)  # the lowest free number, which is the next to be given
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_without_descriptors_it_waits_and_goes_on(
    mock_clock: MockClock, caplog: pytest.LogCaptureFixture
):
    async with running_server() as server:
        sock = trio.socket.socket()
        with no_descriptors():
            await sock.connect(("127.0.0.1", server.port))
            await quiet()
        assert "cannot accept a connection now: Too many open files" in caplog.text
        raw = RawClient(trio.SocketStream(sock))
        await raw.send(post("/echo", b"x"))
        mock_clock.jump(1.0)
        assert await raw.answer() == (200, b"x")
        await raw.close()


async def test_draining_closes_the_port(mock_clock: MockClock):
    server: RunningServer
    async with running_server() as server:
        await server.drain()
        await quiet()
        with pytest.raises(OSError, match="refused"):
            await connect(server.port)


async def test_a_connection_that_the_system_refuses_harms_nobody(
    monkeypatch: pytest.MonkeyPatch,
):
    async with running_server() as server:
        accept = socket.socket.accept
        told = [PermissionError(errno.EPERM, "denied"), OSError(errno.ENETDOWN, "down")]

        def refusing(listening: socket.socket) -> tuple[socket.socket, object]:
            if told:
                raise told.pop()
            return accept(listening)

        monkeypatch.setattr(socket.socket, "accept", refusing)
        raw = await connect(server.port)
        await raw.send(post("/echo", b"x"))
        assert await raw.answer() == (200, b"x")
        await raw.close()
    assert not told
