"""An answer that has begun: its bytes, its events, its text."""

from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import orjson

from pyworker.client.errors import AnswerBroken, AnswerTooLarge
from pyworker.client.routing import Grant
from pyworker.reasons import reason_of

_LONGEST_LINE = 64 * 1024 * 1024  # an event with an image in it
# What an answer that is not streamed may be at most.
_LARGEST_ANSWER = 512 * 1024 * 1024


class Streamed:
    """An answer that has begun.

    Attributes:
        status: HTTP status, a 2xx.
        headers: Of the answer.
        grant: By which it was asked for; `url` is the worker.
        routed_after: Seconds from the call until there was that grant.
        size: Bytes of the body that have come.
    """

    routed_after = 0.0

    def __init__(self, response: httpx.Response, grant: Grant) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.grant = grant
        self.size = 0
        self._response = response

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, decoded, as it comes.

        Raises:
            AnswerBroken: It broke off.
        """
        try:
            async for chunk in self._response.aiter_bytes():
                self.size += len(chunk)
                yield chunk
        except httpx.HTTPError as error:
            raise AnswerBroken(f"the answer broke off: {reason_of(error)}") from error

    async def events(self) -> AsyncIterator[Any]:
        """The JSON of each line or server-sent event; `[DONE]`, comments and names are left out.

        Raises:
            AnswerBroken: It broke off; AnswerTooLarge, for a line of more than 64 MiB.
        """
        line = bytearray()  # grows in place: a picture in a line comes in hundreds of pieces
        chunks = self.chunks()
        async for chunk in chunks:
            end, *next_lines = chunk.split(b"\n")
            line += end
            if len(line) > _LONGEST_LINE:
                await _leave(chunks)
                raise AnswerTooLarge(f"a line of the answer is longer than {_LONGEST_LINE} bytes")
            for following in next_lines:
                event = event_in(line)
                line[:] = following
                if event is not None:
                    yield event
        if (event := event_in(line)) is not None:
            yield event

    async def texts(self) -> AsyncIterator[str]:
        """The text that each event adds, as `text_of` finds it; events without any are left out.

        Raises:
            AnswerBroken: As for `events`.
        """
        async for event in self.events():
            if text := text_of(event):
                yield text

    async def body(self) -> bytes:
        """All of it.

        Raises:
            AnswerBroken: It broke off; AnswerTooLarge, for more than 512 MiB.
        """
        parts: list[bytes] = []
        chunks = self.chunks()
        async for chunk in chunks:
            parts.append(chunk)
            if self.size > _LARGEST_ANSWER:
                await _leave(chunks)
                raise AnswerTooLarge(f"the answer is larger than {_LARGEST_ANSWER} bytes")
        return b"".join(parts)


async def _leave(chunks: AsyncIterator[bytes]) -> None:
    # Cancelled, not left: generators of httpx's that are left half-way want closing.
    with anyio.CancelScope() as scope:
        scope.cancel()
        async for _ in chunks:
            pass


def event_in(line: bytes | bytearray) -> Any:
    """The JSON of a line or of a server-sent event's data; None of a line without any."""
    line = line.strip().removeprefix(b"data:")
    try:
        return orjson.loads(line) if line else None
    except orjson.JSONDecodeError:
        return None


def text_of(event: Any) -> str:
    """The text that a streamed event adds, by TGI and by OpenAI; of others, the event as JSON."""
    match event:
        case {"token": {"text": str(text), **token}}:
            return "" if token.get("special") else text
        case {"choices": choices}:
            return _text_of_choices(choices)
        case {"content": str(text)}:
            return text
        case _:
            return orjson.dumps(event).decode() + "\n"


def _text_of_choices(choices: Any) -> str:
    match choices:
        case [{"delta": {"content": str(text)}}, *_] if text:
            return text
        # Before it answers, a model may think: vLLM and SGLang, and newer vLLM.
        case [{"delta": {"reasoning_content": str(text)} | {"reasoning": str(text)}}, *_]:
            return text
        case [{"text": str(text)}, *_]:
            return text
        case _:
            return ""
