"""The simulated server: its engine, its routes and its story, put together."""

from collections.abc import Callable
from functools import partial

from pyworker.sim.faults import FaultPlan, crashes_at_once
from pyworker.sim.life import Server
from pyworker.sim.log import LogWriter
from pyworker.sim.openai.desk import Desk
from pyworker.sim.openai.machine import ENGINE_GONE, Machine
from pyworker.sim.openai.routes import OpenAiRoutes
from pyworker.sim.openai.settings import OpenAiSettings
from pyworker.sim.openai.stories import story_of
from pyworker.sim.openai.styles import STYLES
from pyworker.sim.process import run as run_server
from pyworker.sim.settings import engine_of
from pyworker.sim.steering import Steering


def run(settings: OpenAiSettings) -> int:
    """Run the simulator as this process.

    Returns:
        The exit code.
    """
    return run_server(settings, partial(OpenAiServer, settings))


class OpenAiServer(Server):
    """One simulated vLLM, SGLang or llama-server in this event loop.

    Args:
        settings: How it behaves.
        log: Gets its log.
        say: Gets one line when the port is known and one when it listens.
    """

    def __init__(
        self, settings: OpenAiSettings, log: LogWriter, say: Callable[[str], None]
    ) -> None:
        engine = engine_of(settings)
        plan = FaultPlan(tuple(fault for fault in settings.faults if not crashes_at_once(fault)))
        style = STYLES[settings.style]
        machine = Machine(engine, plan, self.crash, style, log, seed=settings.seed)
        desk = Desk(settings, style, machine)
        steering = Steering(
            engine,
            plan,
            self.crash,
            lambda: {"tokens_generated": engine.tokens_generated, "uploads": list(desk.uploads)},
        )
        routes = OpenAiRoutes(desk, engine, plan, log, steering)
        super().__init__(
            settings,
            story_of(settings),
            routes,
            log=log,
            say=say,
            loaded=partial(setattr, routes, "loaded", True),
            died=partial(engine.fail, ENGINE_GONE),
        )
