"""A model server for probes and benchmarks: real HTTP over `local_net`, answers by script.

An answer writes its bytes itself, so that it can be slow, cut off, silent or nonsense.
"""

import math
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h11
import trio

from fakes.local_net import LocalNet, local_net


@dataclass(frozen=True)
class Asked:
    """One request, as it came; `at` is trio's time."""

    method: str
    path: str
    headers: dict[bytes, bytes]
    body: bytes
    at: float


Answer = Callable[[Asked, trio.SocketStream], Awaitable[None]]


def whole(body: bytes = b"", *, status: int = 200, after: float = 0.0) -> Answer:
    """Head and body at once, after a time in seconds."""

    async def answer(asked: Asked, stream: trio.SocketStream) -> None:
        await trio.sleep(after)
        head = f"HTTP/1.1 {status} Words\r\ncontent-length: {len(body)}\r\n\r\n"
        await stream.send_all(head.encode() + body)

    return answer


def slowly(*chunks: bytes, pause: float) -> Answer:
    """The head at once, each chunk `pause` seconds after what came before."""

    async def answer(asked: Asked, stream: trio.SocketStream) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for chunk in chunks:
            await trio.sleep(pause)
            await stream.send_all(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        await stream.send_all(b"0\r\n\r\n")

    return answer


def raw(data: bytes) -> Answer:
    """These bytes, and the connection is closed."""

    async def answer(asked: Asked, stream: trio.SocketStream) -> None:
        if data:
            await stream.send_all(data)
        await stream.aclose()

    return answer


async def silent(asked: Asked, stream: trio.SocketStream) -> None:
    """Not one byte, ever."""
    await trio.sleep_forever()


def in_turn(*answers: Answer) -> Answer:
    """One answer after the other, in the order in which requests come; the last one stays."""
    left = list(answers)

    async def answer(asked: Asked, stream: trio.SocketStream) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(asked, stream)

    return answer


@dataclass
class ModelHttp:
    """The server.

    Attributes:
        url: Its base URL.
        net: The network it is in.
        answer: How it answers from now on.
        asked: All requests, in the order in which they came.
        most_at_once: The largest number of requests that were being answered at the same time.
    """

    url: str
    net: LocalNet
    answer: Answer
    asked: list[Asked] = field(default_factory=list[Asked])
    most_at_once: int = 0
    _at_once: int = 0

    async def serve(self, stream: trio.SocketStream) -> None:
        """Serve one connection."""
        while (asked := await _read_request(stream)) is not None:
            self.asked.append(asked)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                await self.answer(asked, stream)
            finally:
                self._at_once -= 1
            if asked.headers.get(b"connection") == b"close":
                return

    def since(self, time: float, until: float = math.inf) -> list[Asked]:
        """The requests that came from `time` on, and before `until`."""
        return [asked for asked in self.asked if time <= asked.at < until]


@asynccontextmanager
async def model_http(answer: Answer) -> AsyncGenerator[ModelHttp]:
    """A running model server, alone in its network."""
    async with local_net() as net:
        model = ModelHttp("", net, answer)
        model.url = f"http://127.0.0.1:{net.listen(model.serve)}"
        yield model


async def _read_request(stream: trio.SocketStream) -> Asked | None:
    http = h11.Connection(h11.SERVER)
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await stream.receive_some())
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            return Asked(
                head.method.decode(),
                head.target.decode(),
                dict(head.headers),
                bytes(body),
                trio.current_time(),
            )
        else:
            return None
