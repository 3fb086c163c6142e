"""Further requests of a definition to its model server, from the asyncio loop."""

from collections.abc import AsyncGenerator, Awaitable, Generator, Mapping
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from pyworker.bridge.calls import Bridge
from pyworker.class_form.fields import Fields
from pyworker.class_form.model_response import ModelResponse
from pyworker.proxy.streaming import OpenedAnswer
from pyworker.proxy.upstream import Upstream, UpstreamRequest

_CONNECT_SECONDS = 5.0


class ModelSession:
    """Asks the model server: `await session.get(path)` or `async with session.get(path) as answer`.

    Args:
        bridge: To Trio, where the requests are made.
        base_url: Of the model server. A path is asked there; a whole URL where it says.
    """

    def __init__(self, bridge: Bridge, base_url: str) -> None:
        self._bridge = bridge
        self._base_url = base_url.rstrip("/")

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        data: bytes | str | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> "Asking":
        """A request that is made when it is awaited; other options, such as timeout, are taken."""
        body = data.encode() if isinstance(data, str) else data or b""
        sent = [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()]
        if json is not None:
            body = orjson.dumps(json)
            sent.append((b"content-type", b"application/json"))
        base, path = self._base_url, url
        if "://" in url:
            parts = urlsplit(url)
            base, path = f"{parts.scheme}://{parts.netloc}", parts._replace(scheme="", netloc="")
            path = path.geturl()
        if params:
            path += ("&" if "?" in path else "?") + urlencode(params)
        request = UpstreamRequest(
            method=method, path="/" + path.lstrip("/"), headers=sent, body=body
        )
        return Asking(self._bridge, base, request)

    def get(self, url: str, **options: Any) -> "Asking":
        """GET."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> "Asking":
        """POST."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> "Asking":
        """PUT."""
        return self.request("PUT", url, **options)

    def delete(self, url: str, **options: Any) -> "Asking":
        """DELETE."""
        return self.request("DELETE", url, **options)

    async def close(self) -> None:
        """Nothing to close: each request has a connection of its own."""


class Asking(Awaitable[ModelResponse]):
    """A request to the model server: awaited or entered, it gives the answer."""

    def __init__(self, bridge: Bridge, base_url: str, request: UpstreamRequest) -> None:
        self._bridge = bridge
        self._base_url = base_url
        self._request = request
        self._response: ModelResponse | None = None

    def __await__(self) -> Generator[Any, Any, ModelResponse]:
        return self._ask().__await__()

    async def __aenter__(self) -> ModelResponse:
        self._response = await self._ask()
        return self._response

    async def __aexit__(self, *_: object) -> None:
        if self._response is not None:
            await self._response.aclose()

    async def _ask(self) -> ModelResponse:
        upstream = Upstream(self._base_url, connect_timeout=_CONNECT_SECONDS)
        body = _Body(self._bridge)
        try:
            answer = await self._bridge.call_trio(body.open, upstream, self._request)
        except BaseException:
            # Cancelled when the answer was here already: nobody else will close it.
            await body.aclose()
            raise
        url = self._base_url + self._request.path
        return ModelResponse(answer.status, Fields(answer.headers), url, body)


class _Body:
    """The body of an answer, on the asyncio loop; owns the connection on which it comes.

    No generator: closing one that nobody has begun to read would run nothing.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._opened = AsyncExitStack()
        self._chunks: AsyncGenerator[bytes] | None = None

    async def open(self, upstream: Upstream, request: UpstreamRequest) -> OpenedAnswer:
        """Ask; called on Trio's loop."""
        self._opened.push_async_callback(upstream.aclose)
        answer = OpenedAnswer(await self._opened.enter_async_context(upstream.open(request)))
        self._chunks = answer.chunks()
        return answer

    async def __anext__(self) -> bytes:
        if self._chunks is None:
            raise StopAsyncIteration
        try:
            return await self._bridge.call_trio(self._chunks.__anext__)
        except BaseException:  # its end is one, too
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Close the connection; a second time does nothing."""
        self._chunks = None
        await self._bridge.call_trio(self._opened.aclose)
