"""Sends the requests of a run, each at its time, and takes down what becomes of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import trio

from pyworker.client.answer import Streamed, text_of
from pyworker.client.client import Client
from pyworker.client.errors import (
    AnswerBroken,
    AnswerTooLarge,
    ClientError,
    NoWorker,
    Refused,
    Unavailable,
)
from pyworker.load.samples import Sample

# How often this process looks whether it is held up: often enough to see what a token would.
_LOOK_SECONDS = 0.05
# An answer is kept only to be checked. Pictures of one job are a few MiB, and of a run that a slow
# server holds up hundreds are kept at a time.
_LARGEST_CHECKED = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a run.

    Attributes:
        at: When it starts, seconds from the start of the run.
        route: Of the worker.
        payload: What is sent there.
        workload: What it costs, in the worker's unit.
        check: Raises ValueError for an answer that is not what was asked for; None takes any.
    """

    at: float
    route: str
    payload: Mapping[str, Any]
    workload: float
    check: Callable[[bytes], None] | None = None


class Run:
    """The requests of one run and their samples, while it goes on.

    Attributes:
        samples: Of finished requests, in the order in which they ended.
        started: Requests that were sent.
        errors: Failed requests by their kind.
        delays: How late this process was each time that it wanted to run, seconds.
    """

    def __init__(self, client: Client) -> None:
        self.samples: list[Sample] = []
        self.started = 0
        self.errors: Counter[str] = Counter()
        self.delays: list[float] = []
        self._client = client

    @property
    def in_flight(self) -> int:
        """Requests that were sent and have not ended."""
        return self.started - len(self.samples)

    async def drive(self, requests: Iterable[Request]) -> None:
        """Send every request at its time and wait for all of them to end."""
        began = trio.current_time()
        async with trio.open_nursery() as watching:
            watching.start_soon(self._watch_delays)
            async with trio.open_nursery() as nursery:
                for request in requests:
                    await trio.sleep_until(began + request.at)
                    self.started += 1
                    nursery.start_soon(self._send, request, began)
            watching.cancel_scope.cancel()

    async def _watch_delays(self) -> NoReturn:
        while True:
            due = trio.current_time() + _LOOK_SECONDS
            await trio.sleep_until(due)
            self.delays.append(trio.current_time() - due)

    async def _send(self, request: Request, began: float) -> None:
        planned = began + request.at
        sample = Sample(
            planned=request.at,
            lag=trio.current_time() - planned,
            workload=request.workload,
        )
        try:
            await self._answer(request, sample, planned)
        except ClientError as error:
            sample.error, sample.told = kind_of(error), str(error)
        if sample.error:
            self.errors[sample.error] += 1
        sample.total = trio.current_time() - planned
        self.samples.append(sample)

    async def _answer(self, request: Request, sample: Sample, planned: float) -> None:
        answer = self._client.stream(request.route, request.payload, cost=request.workload)
        async with answer as streamed:
            sample.worker = str(streamed.grant["url"])
            sample.routed = sample.lag + streamed.routed_after
            if streamed.headers.get("content-type", "").startswith("text/event-stream"):
                await _take_events(streamed, sample, planned)
            else:
                await _take_body(streamed, sample, planned, request.check)


async def _take_events(streamed: Streamed, sample: Sample, planned: float) -> None:
    last = 0.0
    async for event in streamed.events():
        if isinstance(event, dict) and "error" in event:
            # A stream has its status before it fails.
            sample.error = "error in the stream"
            sample.told = str(cast("dict[str, Any]", event)["error"])
        elif text_of(event) or _calls_a_tool(event):
            now = trio.current_time()
            if sample.tokens:
                sample.gaps.append(now - last)
            else:
                sample.first = now - planned
            last = now
            sample.tokens += 1
    sample.size = streamed.size
    if not sample.tokens and not sample.error:
        sample.error, sample.told = "no token in the stream", "the stream ended without a token"


def _calls_a_tool(event: Any) -> bool:
    match event:
        case {"choices": [{"delta": {"tool_calls": [_, *_]}}, *_]}:
            return True
        case _:
            return False


async def _take_body(
    streamed: Streamed, sample: Sample, planned: float, check: Callable[[bytes], None] | None
) -> None:
    kept: list[bytes] = []
    # Cancelled, not left: a generator of httpx's that is left half-way wants closing.
    with trio.CancelScope() as scope:
        async for chunk in streamed.chunks():
            if not sample.first:
                sample.first = trio.current_time() - planned
            if check is not None:
                kept.append(chunk)
                if streamed.size > _LARGEST_CHECKED:
                    scope.cancel()
    sample.size = streamed.size
    if check is None:
        return
    if sample.size > _LARGEST_CHECKED:
        raise AnswerTooLarge(f"it is larger than {_LARGEST_CHECKED} bytes and cannot be checked")
    try:
        check(b"".join(kept))
    except Exception as error:  # noqa: BLE001 - a definition's own code must not end the run
        named = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        sample.error, sample.told = "not what was asked for", f"{named}{error}"


def kind_of(error: ClientError) -> str:
    """A few words to count an error under."""
    match error:
        case NoWorker():
            return "no worker"
        case AnswerTooLarge():
            return "answer too large"
        case AnswerBroken():
            return "answer broke off"
        case Refused(status=status) | Unavailable(status=status) if status:
            return f"status {status}"
        case _:
            return "no connection"
