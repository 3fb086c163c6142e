"""Completions and chats, whole or event by event, and what faults do to them."""

import secrets
from collections.abc import Callable

import orjson
import trio

from pyworker.http.exchange import Exchange
from pyworker.sim.engine import Engine, GenerationFailed, Overloaded
from pyworker.sim.faults import FaultKind, FaultPlan
from pyworker.sim.generation import FaultStruck, Generation
from pyworker.sim.openai.request import ApiError, Completion
from pyworker.sim.openai.settings import OpenAiSettings
from pyworker.sim.openai.wire import DONE, STYLES, Reply, event
from pyworker.sim.words import Sequence, seed_of

ENGINE_GONE = "EngineCore encountered an issue. See stack trace (above) for the root cause."


class Answering:
    """Answers completions.

    Args:
        settings: How the server behaves.
        engine: Where they run.
        plan: The faults that hit them.
        crash: Called when the `crash` fault strikes.
    """

    def __init__(
        self,
        settings: OpenAiSettings,
        engine: Engine,
        plan: FaultPlan,
        crash: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._plan = plan
        self._crash = crash
        self._style = STYLES[settings.style]

    async def answer(self, exchange: Exchange, asked: Completion) -> None:
        """Generate and answer.

        Raises:
            ApiError: It is refused, or it failed before an answer began.
        """
        fault = self._plan.take_for_request()
        if fault is not None and fault.kind is FaultKind.REFUSE:
            raise _refused()
        seed = asked.seed if asked.seed is not None else self._settings.seed
        try:
            generation = Generation(
                self._engine,
                Sequence(seed_of(seed, asked.text), asked.max_tokens, asked.stop),
                input_length=asked.prompt_tokens,
                max_new_tokens=asked.max_tokens,
                fault=fault,
            )
        except Overloaded as error:
            raise _refused() from error
        except GenerationFailed as error:
            raise ApiError(500, str(error)) from error
        prefix = "chatcmpl-" if asked.chat else "cmpl-"
        reply = Reply(prefix + secrets.token_hex(8), self._settings.model_id, asked)
        answer = self._stream if asked.stream else self._whole
        with generation:
            await answer(exchange, generation, reply)

    async def _whole(self, exchange: Exchange, generation: Generation, reply: Reply) -> None:
        try:
            tokens = await generation.whole()
        except GenerationFailed as error:
            raise ApiError(500, str(error)) from error
        except FaultStruck as struck:
            if struck.kind is FaultKind.CUT:
                exchange.abort()
                return
            raise self._failed(struck) from struck
        reply.add(tokens, generation.sequence.finish_reason)
        await exchange.respond(200, self._style.headers(), orjson.dumps(self._style.whole(reply)))
        generation.job.finish()

    async def _stream(self, exchange: Exchange, generation: Generation, reply: Reply) -> None:
        await exchange.start(200, self._style.stream_headers())
        try:
            await self._events(exchange, generation, reply)
        except GenerationFailed as error:
            # As vLLM does it: an error among the events, and a clean end.
            await self._end(exchange, event(self._style.error(ApiError(500, str(error)))) + DONE)
        except FaultStruck as struck:
            if struck.kind is FaultKind.CUT:
                exchange.abort()
                return
            await self._end(exchange, event(self._style.error(self._failed(struck))) + DONE)
        else:
            await self._end(exchange, self._style.closing(reply))
            generation.job.finish()

    async def _events(self, exchange: Exchange, generation: Generation, reply: Reply) -> None:
        opening = self._style.opening(reply)
        if opening and self._settings.style == "vllm":
            await exchange.send(opening)
            opening = b""
        sequence = generation.sequence
        while sequence.finish_reason is None:
            tokens = await generation.some()
            # One event a token, but those that are ready together go out together.
            pieces = [opening]
            for number, token in enumerate(tokens):
                last = number == len(tokens) - 1
                text = reply.add([token], sequence.finish_reason if last else None)
                pieces.append(self._style.piece(reply, text))
            opening = b""
            await exchange.send(b"".join(pieces))

    async def _end(self, exchange: Exchange, last: bytes) -> None:
        await exchange.send(last)
        await exchange.finish()

    def _failed(self, struck: FaultStruck) -> ApiError:
        if struck.kind is FaultKind.CRASH:
            self._crash()
            return ApiError(500, ENGINE_GONE)
        return ApiError(500, "Internal server error")


def _refused() -> ApiError:
    return ApiError(503, "The server is overloaded")


async def sleep_for(engine: Engine, tokens: int) -> None:
    """Take a slot for as long as reading `tokens` takes, as an embedding does.

    Raises:
        ApiError: There is none, or the model is dead.
    """
    try:
        with engine.submit(tokens) as job:
            await job.ready(1, trio.current_time() + tokens / engine.prefill)
            job.finish()
    except Overloaded as error:
        raise _refused() from error
    except GenerationFailed as error:
        raise ApiError(500, str(error)) from error
