"""Answers that coroutines of a definition give: from Trio's request to asyncio and back."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pyworker.bridge.calls import Bridge
from pyworker.class_form.fields import Fields
from pyworker.class_form.model_response import ModelResponse
from pyworker.class_form.request import Pen, Request
from pyworker.errors import InternalError
from pyworker.streaming import Call, ClientRequest, ModelAnswer, Stream

# From the client's request and, when the model server was asked, its answer.
Respond = Callable[..., Awaitable[Any]]


def answered_by(respond: Respond, bridge: Bridge) -> Stream:
    """A stream hook that lets `respond(request)` answer, on the asyncio loop."""

    async def stream(call: Call) -> None:
        await bridge.call(_respond, bridge, call, respond)

    return stream


def model_answered_by(respond: Respond, bridge: Bridge, url: str) -> Stream:
    """A stream hook that asks the model server and lets `respond(request, answer)` answer.

    Args:
        respond: The definition's.
        bridge: To the asyncio loop.
        url: What is asked, to be told.
    """

    async def stream(call: Call) -> None:
        async with call.ask() as answer:
            await bridge.call(_respond_to_model, bridge, call, respond, answer, url)

    return stream


async def _respond_to_model(
    bridge: Bridge, call: Call, respond: Respond, answer: ModelAnswer, url: str
) -> None:
    chunks = bridge.iterate_trio(answer.chunks())
    response = ModelResponse(answer.status, Fields(answer.headers), url, chunks)
    try:
        await _respond(bridge, call, respond, response)
    finally:
        await chunks.aclose()


async def _respond(bridge: Bridge, call: Call, respond: Respond, *further: object) -> None:
    request = _request(call.request, BridgePen(bridge, call))
    response: Any
    try:
        response = await respond(request, *further)
    except Exception as error:
        # aiohttp's way of answering from anywhere: an error that is a response.
        if not hasattr(error, "prepare"):
            raise
        response = error
    if not hasattr(response, "prepare"):
        raise InternalError(f"the handler gave {type(response).__name__}, which is no response")
    await response.prepare(request)
    await response.write_eof()


class BridgePen:
    """A `Pen` to a client on Trio's side."""

    def __init__(self, bridge: Bridge, call: Call) -> None:
        self._bridge = bridge
        self._call = call

    async def start(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """See Pen."""
        await self._bridge.call_trio(self._call.start, status, headers)

    async def send(self, data: bytes) -> None:
        """See Pen."""
        if data:
            await self._bridge.call_trio(self._call.send, data)


def _request(request: ClientRequest, pen: Pen) -> Any:
    """A request of ours, or of aiohttp's where the definition has imported that."""
    web = sys.modules.get("aiohttp.web")
    if web is None or not hasattr(web, "BaseRequest"):
        return Request(request, pen)
    from pyworker.class_form.aiohttp_request import aiohttp_request  # noqa: PLC0415

    return aiohttp_request(request, pen)
