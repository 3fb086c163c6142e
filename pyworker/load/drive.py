"""Sends the requests of a run, each at its time, and takes down what becomes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import trio

from pyworker.client.client import Client
from pyworker.client.errors import AnswerBroken, ClientError, NoWorker, Refused, Unavailable
from pyworker.load.samples import Sample


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a run: when it starts, seconds from the start of the run, and what it is."""

    at: float
    route: str
    payload: Mapping[str, Any]
    workload: float


class Run:
    """The requests of one run and their samples, while it goes on.

    Attributes:
        samples: Of finished requests, in the order in which they ended.
        started: Requests that were sent.
        in_flight: Those of them that have not ended.
    """

    def __init__(self, client: Client) -> None:
        self.samples: list[Sample] = []
        self.started = 0
        self._client = client

    @property
    def in_flight(self) -> int:
        """Requests that were sent and have not ended."""
        return self.started - len(self.samples)

    async def drive(self, requests: Iterable[Request]) -> None:
        """Send every request at its time and wait for all of them to end."""
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for request in requests:
                await trio.sleep_until(began + request.at)
                self.started += 1
                nursery.start_soon(self._send, request, began)

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
            sample.error = kind_of(error)
        sample.total = trio.current_time() - planned
        self.samples.append(sample)

    async def _answer(self, request: Request, sample: Sample, planned: float) -> None:
        answer = self._client.stream(request.route, request.payload, cost=request.workload)
        async with answer as streamed:
            sample.worker = str(streamed.grant["url"])
            sample.routed = sample.lag + streamed.routed_after
            last = 0.0
            async for chunk in streamed.chunks():
                now = trio.current_time()
                if last:
                    sample.gaps.append(now - last)
                else:
                    sample.first = now - planned
                last = now
                sample.size += len(chunk)


def kind_of(error: ClientError) -> str:
    """A few words to count an error under."""
    match error:
        case NoWorker():
            return "no worker"
        case AnswerBroken():
            return "answer broke off"
        case Refused(status=status) | Unavailable(status=status) if status:
            return f"status {status}"
        case _:
            return "no connection"
