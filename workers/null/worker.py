"""The worker without a model: clients reserve the machine, and something else does the work.

Two ways, of which a deployment uses one: a session, which lives while its client sends POST /ping,
or POST /reserve, which lasts as long as its answer takes.
"""

import math

import trio

from pyworker.settings import Settings
from pyworker.worker import (
    ControlRoute,
    HandlerConfig,
    Payload,
    WorkerConfig,
    all_of,
    bad_payload,
)

# One reservation, and as many of them a second: a number that every null worker has, so that the
# autoscaler compares nothing but their load.
WORKLOAD = 100.0
MAX_PERF = 100.0


def define(settings: Settings) -> WorkerConfig:
    """The null worker."""
    reservation = Reservation(settings.max_reservation)
    return WorkerConfig(
        name="null",
        model_server_url=settings.model_server_url or "",
        model_log_file="",
        health_endpoint=settings.backend_health_url or "",
        loaded=all_of(),
        max_perf=MAX_PERF,
        max_sessions=1,
        # Otherwise the first ping used the reservation up, and a reserved machine looked free.
        sessions_hold_cost=True,
        handlers=(
            HandlerConfig(
                route="/ping",
                function=pong,
                workload=WORKLOAD,
                allow_parallel_requests=True,
                # What is reserved is no queue that a sign of life waits in.
                max_queue_time=None,
            ),
            HandlerConfig(
                route="/reserve",
                function=reservation.hold,
                workload=WORKLOAD,
                # Who would wait is refused, and finds another machine.
                max_queue_time=0.0,
            ),
        ),
        control_port=settings.null_control_port,
        control_port_set_by="NULL_CONTROL_PORT",
        control_routes=(
            ControlRoute(route="/release", function=reservation.release),
            ControlRoute(route="/health", function=health, method="GET"),
        ),
    )


def pong(_: Payload) -> dict[str, str]:
    """A sign of life, which keeps the session that it is sent in."""
    return {"result": "pong"}


def health(_: Payload) -> dict[str, str]:
    """For scripts that waited for the control server of older workers."""
    return {"status": "ok"}


class Reservation:
    """The one reservation that there is at a time.

    Args:
        longest: Seconds that it may last.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._released: trio.Event | None = None

    async def hold(self, payload: Payload) -> dict[str, object]:
        """Last for `duration` seconds, as long as may be without it, or until it is released.

        Its client's leaving ends it, too.

        Raises:
            InvalidRequest: `duration` is no number of seconds.
        """
        seconds = min(_duration(payload.get("duration", math.inf)), self._longest)
        released = self._released = trio.Event()
        began = trio.current_time()
        try:
            with trio.move_on_after(seconds):
                await released.wait()
        finally:
            self._released = None
        held = round(trio.current_time() - began, 3)
        return {"result": {"reserved_seconds": held, "released": released.is_set()}}

    async def release(self, _: Payload) -> dict[str, bool]:
        """End it; says whether there was one."""
        released = self._released
        if released is not None:
            released.set()
        return {"released": released is not None}


def _duration(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise bad_payload("duration", "must be a number of seconds, 0 or more")
    return float(value)
