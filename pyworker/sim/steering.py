"""The routes /sim/*, by which a test or a person steers a simulator and looks inside."""

from collections.abc import Awaitable, Callable, Mapping

import orjson
import trio

from pyworker.errors import BodyTooLarge
from pyworker.http.exchange import Exchange
from pyworker.sim.engine import Engine
from pyworker.sim.faults import FaultError, FaultPlan, crashes_at_once, fault_from_json

# By path, then by method.
Routes = dict[str, dict[str, Callable[[Exchange], Awaitable[None]]]]

_BODY_LIMIT = 64 * 1024  # bytes; a fault is a short object


class Steering:
    """Answers them.

    Args:
        engine: Where requests run.
        plan: The armed faults.
        crash: Makes the server die.
        further: What /sim/state tells beside the engine's figures.
    """

    def __init__(
        self,
        engine: Engine,
        plan: FaultPlan,
        crash: Callable[[], None],
        further: Callable[[], Mapping[str, object]],
    ) -> None:
        self._engine = engine
        self._plan = plan
        self._crash = crash
        self._further = further
        self.routes: Routes = {
            "/sim/fault": {"POST": self._fault},
            "/sim/state": {"GET": self._state},
        }

    async def _fault(self, exchange: Exchange) -> None:
        try:
            fault = fault_from_json(orjson.loads(await exchange.body(_BODY_LIMIT)))
        except BodyTooLarge as error:
            await exchange.respond_json(413, {"error": str(error)})
            return
        except orjson.JSONDecodeError as error:
            await exchange.respond_json(400, {"error": f"the body is no JSON: {error}"})
            return
        except FaultError as error:
            await exchange.respond_json(422, {"error": str(error)})
            return
        if fault is None:
            self._plan.clear()
        elif not crashes_at_once(fault):
            self._plan.arm(fault)
        await exchange.respond_json(200, {"faults": self._plan.armed()})
        if fault is not None and crashes_at_once(fault):
            self._crash()

    async def _state(self, exchange: Exchange) -> None:
        engine = self._engine
        state = {
            "running": len(engine.running),
            "queued": engine.queued,
            "finished": engine.finished,
            "cancelled": engine.cancelled,
            "failed": engine.failed,
            "seconds_busy": engine.seconds_busy(),
            "now": trio.current_time(),
            "faults": self._plan.armed(),
            **self._further(),
        }
        await exchange.respond_json(200, state)
