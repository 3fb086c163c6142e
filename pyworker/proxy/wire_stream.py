"""The TCP stream under an upstream connection: httpcore's network seam, implemented on Trio.

httpcore brings a Trio stream of its own. This one adds what the proxy needs: it knows whether a
byte of the answer has come (is a retry safe?), it says when what was read is used up (is it time
to flush?), it sends the head and the body of a request as one packet, and it stops after the head
of the answer, so that a chunked body can be read past httpcore.
"""

import ipaddress
import math
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore
import trio

from pyworker.http.socket_io import receive_some
from pyworker.reasons import reason_of

# Bodies up to this size are joined to their head; larger ones are not worth the copy.
_JOIN_BYTES = 64 * 1024
_HEAD_END = b"\r\n\r\n"


class WireStream(httpcore.AsyncNetworkStream):
    """One connection to the model server; WireBackend connects it.

    Attributes:
        received: Bytes read so far.
        when_dry: Awaited before every read from the network, that is, when everything read
            before has been handed on.
        at_body: httpcore has been given the head of an answer, and not a byte more.
    """

    def __init__(self) -> None:
        self._stream: trio.SocketStream | trio.SSLStream[trio.SocketStream]
        self._hold_next = False
        self._held = b""
        self._in_head = False
        self._head_tail = b""
        self._ahead = b""
        self._emptied = False
        self.received = 0
        self.when_dry: Callable[[], Awaitable[None]] | None = None
        self.at_body = False

    def connected(self, stream: trio.SocketStream) -> None:
        """Use `stream` from now on, and own it."""
        self._stream = stream

    def begin(self, *, has_body: bool) -> None:
        """A request follows; one with a body is sent together with its head."""
        self._hold_next = has_body
        self._in_head = True
        self._head_tail = b""
        self.at_body = False

    def give(self, data: bytes) -> None:
        """The next read gives `data`."""
        self._ahead += data

    @property
    def has_ahead(self) -> bool:
        """Whether there is something for the next read already."""
        return bool(self._ahead)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes, of a head up to its end; `timeout` in seconds."""
        self.at_body = False
        if self._ahead:
            data, self._ahead = self._ahead, b""
        else:
            data = await self._read(max_bytes, timeout)
        return self._up_to_body(data) if self._in_head else data

    def _up_to_body(self, data: bytes) -> bytes:
        seen = self._head_tail + data
        end = seen.find(_HEAD_END)
        if end < 0:
            self._head_tail = seen[1 - len(_HEAD_END) :]
            return data
        end += len(_HEAD_END) - len(self._head_tail)
        self._in_head = False
        self.at_body = True
        self._ahead = data[end:]
        return data[:end]

    async def _read(self, max_bytes: int, timeout: float | None) -> bytes:
        if self.when_dry is not None:
            await self.when_dry()
        try:
            if timeout is None:
                data = await self._receive(max_bytes)
            else:
                with trio.fail_after(timeout):
                    data = await self._receive(max_bytes)
        except trio.TooSlowError as error:
            raise httpcore.ReadTimeout(f"no byte came for {timeout:g} s") from error
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise httpcore.ReadError(reason_of(error)) from error
        self.received += len(data)
        return bytes(data)

    async def _receive(self, max_bytes: int) -> bytes | bytearray:
        if isinstance(self._stream, trio.SocketStream):
            data = await receive_some(self._stream.socket, max_bytes, emptied=self._emptied)
            self._emptied = len(data) < max_bytes
            return data
        return await self._stream.receive_some(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`; `timeout` in seconds."""
        if not buffer:
            return
        if self._hold_next:
            self._hold_next = False
            self._held = buffer
            return
        if self._held:
            if len(buffer) <= _JOIN_BYTES:
                buffer = self._held + buffer
            else:
                await self._send(self._held, timeout)
            self._held = b""
        await self._send(buffer, timeout)

    async def _send(self, data: bytes, timeout: float | None) -> None:
        try:
            with trio.fail_after(math.inf if timeout is None else timeout):
                await self._stream.send_all(data)
        except trio.TooSlowError as error:
            raise httpcore.WriteTimeout(f"could not send for {timeout:g} s") from error
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise httpcore.WriteError(reason_of(error)) from error

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "WireStream":
        """Become a TLS client; for a model server behind https."""
        assert isinstance(self._stream, trio.SocketStream)
        stream = trio.SSLStream(
            self._stream, ssl_context, server_hostname=server_hostname, https_compatible=True
        )
        try:
            with trio.fail_after(math.inf if timeout is None else timeout):
                await stream.do_handshake()
        except BaseException as error:
            # httpcore forgets what it could not connect: it is closed here, on every way out.
            await trio.aclose_forcefully(self._stream)
            if isinstance(error, trio.TooSlowError):
                raise httpcore.ConnectTimeout("the TLS handshake took too long") from error
            if isinstance(error, trio.BrokenResourceError):
                raise httpcore.ConnectError(reason_of(error)) from error
            raise
        self._stream = stream
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: whether an idle connection has become readable, that is, dead."""
        if info == "is_readable":
            stream = self._stream
            socket = stream if isinstance(stream, trio.SocketStream) else stream.transport_stream
            return socket.socket.is_readable()
        return None


class WireBackend(httpcore.AsyncNetworkBackend):
    """Connects the one WireStream it is made for."""

    def __init__(self, wire: WireStream) -> None:
        self._wire = wire

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - httpcore's signature
    ) -> WireStream:
        """Connect; `timeout` in seconds."""
        try:
            with trio.fail_after(math.inf if timeout is None else timeout):
                stream = await _connect(host, port, local_address)
        except trio.TooSlowError as error:
            raise httpcore.ConnectTimeout(f"not connected within {timeout:g} s") from error
        except OSError as error:
            raise httpcore.ConnectError(reason_of(error)) from error
        self._wire.connected(stream)
        return self._wire

    async def sleep(self, seconds: float) -> None:
        """Pause; httpcore uses it between its own retries, which are off."""
        await trio.sleep(seconds)


async def _connect(host: str, port: int, local_address: str | None) -> trio.SocketStream:
    if local_address is not None or not _is_ipv4(host):
        return await trio.open_tcp_stream(host, port, local_address=local_address)
    # A numeric address has no second one to race against: a third of the cost.
    socket = trio.socket.socket()
    try:
        await socket.connect((host, port))
    except BaseException:
        socket.close()
        raise
    return trio.SocketStream(socket)


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
