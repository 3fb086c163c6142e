"""The simulated server: its engine, its routes and its story, put together."""

from collections.abc import Callable
from functools import partial

from pyworker.sim.engine import Engine
from pyworker.sim.faults import FaultPlan
from pyworker.sim.life import Server, crashes_at_once
from pyworker.sim.life import run as run_server
from pyworker.sim.log import LogWriter
from pyworker.sim.openai.answers import ENGINE_GONE
from pyworker.sim.openai.routes import OpenAiRoutes
from pyworker.sim.openai.settings import OpenAiSettings
from pyworker.sim.openai.stories import story_of
from pyworker.sim.shares import FairShare


def run(settings: OpenAiSettings) -> int:
    """Run the simulator as this process.

    Returns:
        The exit code.
    """
    return run_server(settings, partial(OpenAiServer, settings))


class OpenAiServer(Server):
    """One simulated vLLM or llama-server in this event loop.

    Args:
        settings: How it behaves.
        log: Gets its log.
        say: Gets one line when the port is known and one when it listens.
    """

    def __init__(
        self, settings: OpenAiSettings, log: LogWriter, say: Callable[[str], None]
    ) -> None:
        engine = Engine(
            prefill=settings.prefill,
            share=FairShare(settings.decode, settings.batch_decode),
            max_concurrent=settings.max_concurrent,
            max_queue=settings.max_queue,
        )
        plan = FaultPlan(tuple(fault for fault in settings.faults if not crashes_at_once(fault)))
        routes = OpenAiRoutes(settings, engine, plan, log, self.crash)
        super().__init__(
            settings,
            story_of(settings),
            routes,
            log=log,
            say=say,
            loaded=partial(setattr, routes, "loaded", True),
            died=partial(engine.fail, ENGINE_GONE),
        )
