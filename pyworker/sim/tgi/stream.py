"""A generation as a stream of events, one a token: POST /generate_stream.

The status is always 200: a refusal or a failure is an event in the stream, the last one.
"""

import trio

from pyworker.http.exchange import Exchange
from pyworker.sim.engine import GenerationFailed
from pyworker.sim.generation import FaultStruck, Generation
from pyworker.sim.tgi.model import (
    STREAM_INVALID,
    STREAM_SUCCESS,
    Admitted,
    Call,
    Model,
)
from pyworker.sim.tgi.request import GenerateRequest
from pyworker.sim.tgi.validation import InvalidParameters, validate_stream
from pyworker.sim.tgi.wire import (
    KEEP_ALIVE_COMMENT,
    KEEP_ALIVE_SECONDS,
    TgiError,
    invalid,
    last_members,
    stream_details,
    stream_headers,
    token_event,
)
from pyworker.sim.words import Token


async def answer_stream(
    exchange: Exchange, model: Model, request: GenerateRequest, route: str
) -> None:
    """Stream the answer to `request`.

    Args:
        exchange: The request, its body read.
        model: Generates.
        request: What it asks for.
        route: "generate_stream", or "compat_generate".
    """
    begun_at = trio.current_time()
    call = Call(route, request, stream=True)
    await exchange.start(200, stream_headers(len(request.inputs)))
    try:
        await _stream(exchange, model, call, begun_at)
    except TgiError as error:
        await exchange.send(error.event())
    except FaultStruck:  # a cut; the other kinds have become a TgiError
        exchange.abort()
        return
    await exchange.finish()


async def _stream(exchange: Exchange, model: Model, call: Call, begun_at: float) -> None:
    try:
        validate_stream(call.parameters)
    except InvalidParameters as error:
        answer = invalid(str(error))
        model.error(answer.text, STREAM_INVALID, call.spans[:1])
        raise answer from error
    admitted = model.admit(call)
    with model.begin(call, admitted) as generation:
        try:
            await _Events(exchange, call, admitted, generation).send_all()
        except GenerationFailed as error:
            raise model.failed(call, error) from error
        except FaultStruck as struck:
            raise model.struck(call, struck) from struck
        generation.job.finish()
    seed = admitted.seed if admitted.valid.sampling else None
    model.succeeded(call, generation.timings(begun_at), seed, STREAM_SUCCESS)


class _Events:
    """Sends one generation's tokens as they become ready, and comments in long silences."""

    def __init__(
        self, exchange: Exchange, call: Call, admitted: Admitted, generation: Generation
    ) -> None:
        self._exchange = exchange
        self._call = call
        self._admitted = admitted
        self._generation = generation
        self._sequence = generation.sequence
        self._top = call.parameters.top_n_tokens or 0

    async def send_all(self) -> None:
        """Send until the last token.

        Raises:
            GenerationFailed, FaultStruck: See `Generation.some`.
        """
        silent_since = trio.current_time()
        while self._sequence.finish_reason is None:
            tokens = await self._generation.some(silent_since + KEEP_ALIVE_SECONDS)
            await self._exchange.send(self._events(tokens) if tokens else KEEP_ALIVE_COMMENT)
            silent_since = trio.current_time()

    def _events(self, tokens: list[Token]) -> bytes:
        index = self._sequence.length - len(tokens) + 1
        last = len(tokens) - 1 if self._sequence.finish_reason else None
        return b"".join(
            token_event(
                index + number,
                token,
                self._top,
                self._last_members() if number == last else None,
            )
            for number, token in enumerate(tokens)
        )

    def _last_members(self) -> bytes:
        details = None
        if self._call.parameters.details:
            valid = self._admitted.valid
            seed = self._admitted.seed if valid.sampling else None
            details = stream_details(self._sequence, seed, valid.input_length)
        return last_members(self._call.prefix + self._sequence.text, details)
