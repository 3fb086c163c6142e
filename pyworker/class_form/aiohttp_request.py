"""A request of aiohttp's own class over a request of ours, so that its own responses can answer it.

A definition that imports aiohttp makes responses of its classes, which write themselves to the
request they answer. This one's writer is a `Pen`. Only what aiohttp documents for servers and its
abstract writer is used; aiohttp is never imported by this package itself.
"""

import asyncio
import importlib
import zlib
from functools import cache
from typing import Any

from pyworker.class_form.request import PEN_KEY, Pen
from pyworker.streaming import ClientRequest

# As much as a request may have: its body has been read and bounded already.
_BODY_LIMIT = 1024**3


def aiohttp_request(request: ClientRequest, pen: Pen) -> Any:
    """An `aiohttp.web.Request`; called on the asyncio loop."""
    web, http = importlib.import_module("aiohttp.web"), importlib.import_module("aiohttp.http")
    streams = importlib.import_module("aiohttp.streams")
    base_protocol = importlib.import_module("aiohttp.base_protocol")
    multidict, yarl = importlib.import_module("multidict"), importlib.import_module("yarl")
    loop = asyncio.get_running_loop()
    target = f"{request.path}?{request.query}" if request.query else request.path
    headers = multidict.CIMultiDict(request.headers)
    message = http.RawRequestMessage(
        request.method,
        target,
        http.HttpVersion11,
        multidict.CIMultiDictProxy(headers),
        tuple((k.encode("latin-1"), v.encode("latin-1")) for k, v in request.headers),
        False,  # should_close
        None,  # compression
        False,  # upgrade
        False,  # chunked
        yarl.URL.build(path=request.path, query_string=request.query),
    )
    body = streams.StreamReader(base_protocol.BaseProtocol(loop), 2**16, loop=loop)
    body.feed_data(request.body)
    body.feed_eof()
    made = web.Request(
        message,
        body,
        _Connection(request.client),
        _writer_class()(pen),
        asyncio.current_task(),
        loop,
        client_max_size=_BODY_LIMIT,
        state={PEN_KEY: pen},
        remote=request.client.rpartition(":")[0],
    )
    made._match_info = _MatchInfo(request.names)  # noqa: SLF001 - where `match_info` looks
    return made


class _Connection:
    """What a request asks its connection."""

    transport = None
    ssl_context = None
    sockname = None
    writer = None
    # As aiohttp's own server has them: for the parts of a form.
    max_field_size = 8190
    max_headers = 128

    def __init__(self, client: str) -> None:
        host, _, port = client.rpartition(":")
        self.peername = (host, int(port)) if port.isdecimal() else None


class _MatchInfo(dict[str, str]):
    """What the names of the route stand for; there is no application around it."""

    _apps = ()
    apps = ()


class _Writing:
    """Writes an answer to a pen."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._compressor: Any = None

    async def write_headers(self, status_line: str, headers: Any) -> None:
        """The head; aiohttp's own name and version are nobody's business."""
        pairs = [(k, v) for k, v in headers.items() if k.lower() not in {"server", "date"}]
        await self._pen.start(int(status_line.split(" ")[1]), pairs)

    async def write(self, chunk: Any, **_: Any) -> None:
        """A piece of the body."""
        data = bytes(chunk)
        if self._compressor is not None:
            data = self._compressor.compress(data)
        await self._pen.send(data)

    async def write_eof(self, chunk: bytes = b"") -> None:
        """The last piece."""
        if chunk:
            await self.write(chunk)
        if self._compressor is not None:
            await self._pen.send(self._compressor.flush())

    async def drain(self) -> None:
        """Nothing to do: `write` waits for the network."""

    def enable_compression(self, encoding: str = "deflate", *_: Any, **__: Any) -> None:
        """Compress what is written from now on."""
        gzip = 16 if encoding == "gzip" else 0
        self._compressor = zlib.compressobj(wbits=gzip + zlib.MAX_WBITS)

    def enable_chunking(self) -> None:
        """Nothing to do: without a length, a body is sent in chunks."""


@cache
def _writer_class() -> Any:
    abstract: Any = importlib.import_module("aiohttp.abc").AbstractStreamWriter
    return type("Writer", (_Writing, abstract), {})
