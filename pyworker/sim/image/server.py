"""The simulated wrapper and ComfyUI: engine, routes and story, put together."""

import sys
from collections.abc import Callable
from functools import partial

from pyworker.reasons import reason_of
from pyworker.sim.engine import Engine
from pyworker.sim.faults import FaultPlan, crashes_at_once
from pyworker.sim.image.routes import ImageRoutes
from pyworker.sim.image.settings import ImageSettings
from pyworker.sim.image.story import story_of
from pyworker.sim.image.wrapper import PARTS, Wrapper
from pyworker.sim.life import Server
from pyworker.sim.log import LogWriter
from pyworker.sim.process import run as run_server
from pyworker.sim.shares import FairShare


def run(settings: ImageSettings) -> int:
    """Run the simulator as this process.

    Returns:
        The exit code.
    """
    try:
        settings.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = f"no images can be saved in {settings.output}: {reason_of(error)}"
        sys.stderr.write(f"pyworker sim: {told}\n")
        return 2
    return run_server(settings, partial(ImageServer, settings))


class ImageServer(Server):
    """One simulated wrapper in this event loop.

    Args:
        settings: How it behaves.
        log: Gets the log.
        say: Gets one line when the port is known and one when it listens.
    """

    def __init__(self, settings: ImageSettings, log: LogWriter, say: Callable[[str], None]) -> None:
        rate = PARTS * settings.steps_per_second
        engine = Engine(
            prefill=rate,  # there is no prompt to read
            share=FairShare(rate, None),
            max_concurrent=1,
            max_queue=settings.max_queue,
        )
        plan = FaultPlan(tuple(f for f in settings.faults if not crashes_at_once(f)))
        self._wrapper = Wrapper(engine, plan, log, output=settings.output, seed=settings.seed)
        super().__init__(
            settings,
            story_of(settings),
            ImageRoutes(self._wrapper),
            log=log,
            say=say,
            loaded=self._has_loaded,
            died=self._wrapper.kill,
        )

    def crash(self) -> None:
        """ComfyUI dies; the wrapper stays, and says that it is unhealthy."""
        self._wrapper.kill()

    def _has_loaded(self) -> None:
        self._wrapper.ready = True
