"""A reporter with what it reports on, and the autoscaler it reports to."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from fakes.autoscaler import FakeAutoscaler
from pyworker.autoscaler.reporter import Reporter
from pyworker.autoscaler.wire import Identity
from pyworker.model.readiness import Readiness
from pyworker.proxy.ledger import Ledger, Outcome

A, B, C = "http://a", "http://b", "http://c"


def identity(*addresses: str) -> Identity:
    """Worker 7, which reports to `addresses`."""
    return Identity(
        container_id=7,
        master_token="a-secret",
        url="http://10.0.0.7:3000",
        report_addresses=addresses,
    )


@dataclass
class Reporting:
    """The parts, wired as the worker wires them."""

    autoscaler: FakeAutoscaler
    ledger: Ledger
    readiness: Readiness
    reporter: Reporter

    def serve(
        self, workload: float, request_idx: int = 1, outcome: Outcome = Outcome.SUCCESS
    ) -> None:
        """One request that comes and is over at once."""
        with self.ledger.enter(request_idx, workload) as entry:
            entry.outcome = outcome

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """The reporter reports while the block runs."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.reporter.serve)
            yield
            nursery.cancel_scope.cancel()

    async def run_until(self, time: float) -> None:
        """The reporter reports until then."""
        async with self.running():
            await trio.sleep_until(time)


def reporting(*addresses: str) -> Reporting:
    """A reporter that is not started yet. The clock must be the virtual one from 0."""
    autoscaler = FakeAutoscaler()
    ledger = Ledger(clock=trio.current_time)
    readiness = Readiness(clock=trio.current_time)
    reporter = Reporter(identity(*addresses or (A,)), ledger, readiness, autoscaler.client())
    ledger.on_change = reporter.amounts_changed
    readiness.on_change = reporter.state_changed
    return Reporting(autoscaler, ledger, readiness, reporter)
