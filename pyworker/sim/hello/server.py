"""The simulated server: its engine, its routes and its story, put together."""

from collections.abc import Callable
from functools import partial

from pyworker.sim.faults import FaultPlan, crashes_at_once
from pyworker.sim.hello.routes import HelloRoutes
from pyworker.sim.hello.settings import HelloSettings
from pyworker.sim.hello.story import story_of
from pyworker.sim.life import Server
from pyworker.sim.log import LogWriter
from pyworker.sim.process import run as run_server
from pyworker.sim.settings import engine_of


def run(settings: HelloSettings) -> int:
    """Run the simulator as this process.

    Returns:
        The exit code.
    """
    return run_server(settings, partial(HelloServer, settings))


class HelloServer(Server):
    """One simulated model server of the hello_world worker in this event loop.

    Args:
        settings: How it behaves.
        log: Gets its log.
        say: Gets one line when the port is known and one when it listens.
    """

    def __init__(self, settings: HelloSettings, log: LogWriter, say: Callable[[str], None]) -> None:
        engine = engine_of(settings)
        plan = FaultPlan(tuple(fault for fault in settings.faults if not crashes_at_once(fault)))
        super().__init__(
            settings,
            story_of(settings),
            HelloRoutes(settings, engine, plan, log, self.crash),
            log=log,
            say=say,
            loaded=_nothing,
            died=partial(engine.fail, "the model has died"),
        )


def _nothing() -> None:
    """It listens when it has loaded; nobody else needs to know."""
