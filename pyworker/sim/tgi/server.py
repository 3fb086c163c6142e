"""The simulated TGI: its engine, its routes and its story, put together."""

from collections.abc import Callable
from functools import partial

from pyworker.sim.faults import FaultPlan, crashes_at_once
from pyworker.sim.life import Server
from pyworker.sim.log import LogWriter
from pyworker.sim.process import run as run_server
from pyworker.sim.settings import engine_of
from pyworker.sim.story import Story
from pyworker.sim.tgi.boot import (
    bind_failure,
    boot_steps,
    crash_lines,
    crashed_lines,
    stop_lines,
    stopped_lines,
)
from pyworker.sim.tgi.model import Model
from pyworker.sim.tgi.routes import TgiRoutes
from pyworker.sim.tgi.settings import TgiSettings
from pyworker.sim.tgi.validation import Limits

# What the router says of a request whose shard is gone, as captured from a TGI that crashed.
_SHARD_GONE = "Server error: transport error"


def run(settings: TgiSettings) -> int:
    """Run the simulator as this process.

    Returns:
        The exit code.
    """
    return run_server(settings, partial(TgiServer, settings))


class TgiServer(Server):
    """One simulated TGI in this event loop.

    Args:
        settings: How it behaves.
        log: Gets TGI's log.
        say: Gets one line when the port is known and one when it listens.
    """

    def __init__(self, settings: TgiSettings, log: LogWriter, say: Callable[[str], None]) -> None:
        engine = engine_of(settings)
        limits = Limits(
            settings.max_input_tokens, settings.max_total_tokens, settings.default_max_new_tokens
        )
        model = Model(
            engine,
            limits,
            FaultPlan(tuple(fault for fault in settings.faults if not crashes_at_once(fault))),
            log,
            seed=settings.seed,
            crash=self.crash,
        )
        story = Story(
            boot=boot_steps(settings),
            fails=settings.fail_start not in (None, "bind"),
            taken=bind_failure,
            crashing=crash_lines(),
            crashed=crashed_lines(),
            stopping=stop_lines(),
            stopped=stopped_lines(),
        )
        super().__init__(
            settings,
            story,
            TgiRoutes(settings, model),
            log=log,
            say=say,
            loaded=_nothing,
            died=partial(engine.fail, _SHARD_GONE),
        )


def _nothing() -> None:
    """TGI listens when it has loaded; nobody else needs to know."""
