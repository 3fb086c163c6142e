"""Completions and chats, whole or event by event, and batches of chats."""

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, cast

from pyworker.http.exchange import Exchange
from pyworker.sim.engine import GenerationFailed
from pyworker.sim.faults import Fault
from pyworker.sim.generation import FaultStruck, Generation, side_by_side
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.errors import ApiError
from pyworker.sim.openai.reply import DONE, Completion, Reply, event, usage
from pyworker.sim.openai.request import max_tokens, parse_completion, parse_messages
from pyworker.sim.steering import Routes

# Conversations in one request; vLLM has no such limit, but memory.
_MOST_CONVERSATIONS = 256


class Texts:
    """Answers them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._style = desk.style
        self.routes: Routes = {
            "/v1/completions": {"POST": self._completion},
            "/v1/chat/completions": {"POST": self._chat},
            "/v1/chat/completions/batch": {"POST": self._batch},
        }

    async def _completion(self, exchange: Exchange) -> None:
        request = await self._desk.read_object(exchange)
        await self._answer(exchange, parse_completion(request, self._desk, chat=False))

    async def _chat(self, exchange: Exchange) -> None:
        request = await self._desk.read_object(exchange)
        await self._answer(exchange, parse_completion(request, self._desk, chat=True))

    async def _answer(self, exchange: Exchange, asked: Completion) -> None:
        machine = self._desk.machine
        reply = self._reply(asked)
        with machine.generating(asked, machine.fault()) as generation:
            if asked.stream:
                await self._stream(exchange, generation, reply)
                return
            reply.add(await generation.whole(), generation.sequence.finish_reason)
            await self._desk.answer(exchange, self._style.whole(reply))
            generation.job.finish()

    async def _stream(self, exchange: Exchange, generation: Generation, reply: Reply) -> None:
        await exchange.start(200, self._style.stream_headers())
        try:
            await self._events(exchange, generation, reply)
        except (GenerationFailed, FaultStruck) as error:
            # As vLLM does it: an error among the events, and a clean end.
            last = event(self._style.failed(self._desk.machine.told(error))) + DONE
        else:
            last = self._style.closing(reply)
            generation.job.finish()
        await exchange.send(last)
        await exchange.finish()

    async def _events(self, exchange: Exchange, generation: Generation, reply: Reply) -> None:
        opening = self._style.opening(reply)
        if opening and self._style.rules.greets:
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

    async def _batch(self, exchange: Exchange) -> None:
        """A choice for each conversation; they run side by side, and fail together."""
        request = await self._desk.read_object(exchange)
        asked = self._conversations(request)
        fault = self._desk.machine.fault()
        with ExitStack() as stack:
            running: list[tuple[Generation, Reply]] = []
            for number, one in enumerate(asked):
                # One fault ends a request once, however many conversations it has.
                hit: Fault | None = fault if number == 0 else None
                place = self._desk.machine.generating(one, hit)
                running.append((stack.enter_context(place), self._reply(one)))
            said = await side_by_side(generation for generation, _ in running)
            for (generation, reply), tokens in zip(running, said, strict=True):
                reply.add(tokens or [], generation.sequence.finish_reason)
            await self._desk.answer(exchange, self._batched([reply for _, reply in running]))
            for generation, _ in running:
                generation.job.finish()

    def _conversations(self, request: Mapping[str, Any]) -> list[Completion]:
        self._desk.check_model(request.get("model"))
        given = request.get("messages")
        conversations = cast("list[Any]", given) if isinstance(given, list) else []
        if not conversations or not all(isinstance(one, list) for one in conversations):
            raise self._style.missing("messages")
        if request.get("stream") or len(conversations) > _MOST_CONVERSATIONS:
            text = "Streaming is not supported for batch chat completions."
            if not request.get("stream"):
                text = f"this simulator takes {_MOST_CONVERSATIONS} conversations at a time"
            raise ApiError(400, text)
        seed = request.get("seed")
        asked: list[Completion] = []
        for one in conversations:
            text, prompt = parse_messages(one)
            most = max_tokens(request, self._desk, prompt, chat=True)
            kept = seed if isinstance(seed, int) else None
            asked.append(
                Completion(chat=True, text=text, prompt_tokens=prompt, max_tokens=most, seed=kept)
            )
        return asked

    def _batched(self, replies: list[Reply]) -> dict[str, Any]:
        choices = [
            {**self._style.whole(reply)["choices"][0], "index": index}
            for index, reply in enumerate(replies)
        ]
        read = sum(reply.asked.prompt_tokens for reply in replies)
        written = sum(reply.tokens for reply in replies)
        whole = self._style.whole(replies[0])
        return {**whole, "choices": choices, "usage": usage(read, written)}

    def _reply(self, asked: Completion) -> Reply:
        prefix = "chatcmpl-" if asked.chat else "cmpl-"
        return Reply(prefix + secrets.token_hex(8), self._desk.settings.model_id, asked)
