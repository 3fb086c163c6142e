"""The watch over the model server: its log and its probes drive the readiness.

    log follower ──load──> preparation: health -> benchmark -> health -> public key -> ready
         └──error──> at once when not ready; when ready, if a probe agrees
    health probe ──3 failures──> errored ──2 successes──> ready

Preparation runs in a task of its own, so that a fatal line is seen while a benchmark runs.
"""

import logging
import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import trio

from pyworker.model.benchmark import BenchmarkFailed
from pyworker.model.follower import POLL_SECONDS, follow
from pyworker.model.health import DOUBT_SECONDS, PROBE_SECONDS, HealthProbe, Hysteresis
from pyworker.model.markers import LogEvent, LogMarkers
from pyworker.model.readiness import Phase, Readiness

log = logging.getLogger(__name__)

# A model that says it is loaded and does not answer its probe for this long is an error. The
# peer's limit, and a third of the shortest boot window seen.
CONFIRM_SECONDS = 300.0
_CONFIRM_POLL_SECONDS = 1.0
# A marker seen while requests are served is believed if one of these probes, a second apart, fails.
_SECOND_OPINIONS = 5
# First pause before a failed benchmark is tried again; doubles up to the longest.
_RETRY_SECONDS = 30.0
_RETRY_LONGEST_SECONDS = 300.0
# Of failed probes in a row the first is logged, and then one in so many: every 2 minutes.
_TELL_EVERY = 60
_PUBLIC_KEY = "the autoscaler's public key"
# What is told of a log line in a report.
_TOLD_CHARACTERS = 300


class ModelWatch:
    """Keeps `readiness` true.

    Args:
        readiness: What is kept true.
        log_path: The model server's log; None when there is none to follow. Without it and
            without `loading` there is no model, and nothing that has to be loaded.
        markers: What its lines mean.
        measure: Gives the throughput, workload/s; raises BenchmarkFailed.
        measures: False when it only tells what the definition says.
        probe: The health probe, or None when the model server has none.
        key_available: Waits for the autoscaler's public key.
        loading: Tells what is still waited for until the model is loaded, given whether a load
            marker was seen; None when the load markers alone decide.
        confirm_seconds: How long probes may fail once the model is loaded before that is an error.
        in_thread: False reads the log on the event loop, for a virtual clock.
    """

    def __init__(
        self,
        readiness: Readiness,
        *,
        log_path: Path | None,
        markers: LogMarkers,
        measure: Callable[[], Awaitable[float]],
        probe: HealthProbe | None,
        key_available: Callable[[], Awaitable[object]],
        loading: Callable[[bool], Awaitable[str]] | None = None,
        measures: bool = True,
        confirm_seconds: float = CONFIRM_SECONDS,
        in_thread: bool = True,
    ) -> None:
        self._readiness = readiness
        self._log_path = log_path
        self._markers = markers
        self._measure = measure
        self._measures = measures
        self._probe = probe
        self._key_available = key_available
        self._loading = loading
        self._confirm_seconds = confirm_seconds
        self._in_thread = in_thread
        self._loaded = trio.Event()
        self._preparing = trio.CancelScope()
        self._doubted = trio.Event()
        self._doubt = ""
        self._judgement = Hysteresis()

    async def serve(
        self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> NoReturn:
        """Watch until cancelled.

        Raises:
            NotALogFile: The log's path names something that cannot be followed.
        """
        async with trio.open_nursery() as nursery:
            if self._loading is not None:
                self._readiness.loading("its probes")
            elif self._log_path is not None:
                self._readiness.loading(f"a load marker in {self._log_path}")
            else:
                self._loaded.set()
            nursery.start_soon(self._prepare_when_loaded)
            if self._probe is not None:
                nursery.start_soon(self._watch_health, self._probe)
                nursery.start_soon(self._judge_doubts, self._probe)
            if self._log_path is not None:
                await nursery.start(self._follow, self._log_path)
            task_status.started()
        raise AssertionError("preparation never ends")

    async def _follow(self, log_path: Path, *, task_status: trio.TaskStatus[None]) -> NoReturn:
        await follow(
            log_path,
            self._on_lines,
            self._on_unfinished,
            poll_seconds=POLL_SECONDS,
            in_thread=self._in_thread,
            task_status=task_status,
        )

    async def _on_lines(self, block: bytes) -> None:
        for event in self._markers.scan(block):
            self._on_event(event)

    async def _on_unfinished(self, line: bytes) -> bool:
        events = self._markers.scan(line)
        for event in events:
            self._on_event(event)
        return bool(events)

    def _on_event(self, event: LogEvent) -> None:
        if event.kind == "info":
            log.info("model: %s", event.line)
        elif event.kind == "load":
            log.info("model says it is loaded: %s", event.line)
            self._loaded.set()
        else:
            log.warning("model log has an error marker: %s", event.line)
            self._on_error(f"the model's log says: {event.line[:_TOLD_CHARACTERS]}")

    def _on_error(self, told: str) -> None:
        if self._readiness.ready and self._probe is not None:
            # Requests are served: a line alone must not get a healthy worker destroyed.
            self._doubt = told
            self._doubted.set()
            return
        # A load marker before the error speaks of the process that failed.
        if self._loaded.is_set():
            self._loaded = trio.Event()
        self._preparing.cancel()
        self._readiness.fail(told)

    async def _prepare_when_loaded(self) -> NoReturn:
        while True:
            await self._wait_loaded()
            if self._readiness.ready:
                log.info("the model server has loaded again; its probes say whether it is well")
                continue
            with trio.CancelScope() as self._preparing:
                await self._prepare()

    async def _wait_loaded(self) -> None:
        if self._loading is not None:
            await self._wait_probed(self._loading)
            return
        while True:
            loaded = self._loaded
            await loaded.wait()
            # An error that came after it has put another event in its place.
            if loaded is self._loaded:
                self._loaded = trio.Event()
                return

    async def _wait_probed(self, loading: Callable[[bool], Awaitable[str]]) -> None:
        told = ""
        while True:
            waited_for = "" if self._readiness.ready else await loading(self._loaded.is_set())
            if not self._readiness.ready:
                if not waited_for:
                    return
                if waited_for != told:
                    told = waited_for
                    self._readiness.wait_for(told)
            await trio.sleep(_CONFIRM_POLL_SECONDS)

    async def _prepare(self) -> None:
        # TGI says that it is connected before it binds its port, and others answer 503 for a
        # while: a benchmark sent then would fail for nothing.
        await self._wait_healthy()
        pause = _RETRY_SECONDS
        while not await self._measured():
            log.info("the benchmark is tried again in %.0f s", pause)
            await trio.sleep(pause)
            pause = min(pause * 2, _RETRY_LONGEST_SECONDS)
        await self._confirm()

    async def _measured(self) -> bool:
        if self._readiness.max_perf > 0:
            return True
        if self._measures:
            self._readiness.benchmarking()
        try:
            max_perf = await self._measure()
        except BenchmarkFailed as error:
            self._readiness.fail(str(error))
            return False
        # A fatal line may have been read in the very tick in which the benchmark ended.
        await trio.lowlevel.checkpoint_if_cancelled()
        self._readiness.confirming(max_perf, self._checked_first)
        return True

    async def _confirm(self) -> None:
        if self._readiness.phase is Phase.ERRORED:
            self._readiness.confirming(self._readiness.max_perf, self._checked_first)
        await self._wait_healthy()
        self._readiness.wait_for(_PUBLIC_KEY)
        with trio.move_on_after(self._confirm_seconds) as scope:
            await self._key_available()
        if scope.cancelled_caught:
            self._readiness.fail("the autoscaler's public key could not be fetched")
            await self._key_available()
        await trio.lowlevel.checkpoint_if_cancelled()
        if not self._readiness.ready:
            # Failures of the process before this one are not held against it.
            self._judgement.forget()
            self._readiness.serve()

    @property
    def _checked_first(self) -> str:
        return _PUBLIC_KEY if self._probe is None else f"200 from {self._probe.endpoint}"

    async def _wait_healthy(self) -> None:
        if self._probe is None:
            return
        self._readiness.wait_for(f"200 from {self._probe.endpoint}")
        deadline = trio.current_time() + self._confirm_seconds
        while problem := await self._probe.ask():
            if trio.current_time() > deadline:
                self._readiness.fail(f"the model is loaded, but {problem}")
                deadline = math.inf
            await trio.sleep(_CONFIRM_POLL_SECONDS)
        await trio.lowlevel.checkpoint_if_cancelled()

    async def _watch_health(self, probe: HealthProbe) -> NoReturn:
        judgement = self._judgement
        while True:
            await trio.sleep(DOUBT_SECONDS if judgement.failures else PROBE_SECONDS)
            if not self._watched():
                judgement.forget()
                continue
            problem = await probe.ask()
            # The phase may have changed while the probe was under way.
            if not self._watched():
                continue
            judgement.note(problem)
            if (
                judgement.failures == 1
                or judgement.failures % _TELL_EVERY == 0 < judgement.failures
            ):
                log.warning("health probe failed (%d in a row): %s", judgement.failures, problem)
            if self._readiness.ready and judgement.sick:
                self._readiness.fail(f"health probe failed {judgement.failures} times: {problem}")
            elif self._readiness.phase is Phase.ERRORED and judgement.well:
                log.info("the model server is well again")
                self._readiness.serve()

    def _watched(self) -> bool:
        """Health decides while ready, and about errors of a model that had been ready."""
        healed_by_probe = self._readiness.phase is Phase.ERRORED and self._readiness.load_time > 0
        return self._readiness.ready or healed_by_probe

    async def _judge_doubts(self, probe: HealthProbe) -> NoReturn:
        while True:
            await self._doubted.wait()
            self._doubted = trio.Event()
            for opinion in range(_SECOND_OPINIONS):
                if opinion:
                    await trio.sleep(_CONFIRM_POLL_SECONDS)
                if problem := await probe.ask():
                    if self._readiness.ready:
                        # Successes of before this failure must not heal it.
                        self._judgement.note(problem)
                        self._readiness.fail(f"{self._doubt} ({problem})")
                    break
            else:
                log.warning(
                    "the model server answers its probe all the same; serving on after: %s",
                    self._doubt,
                )
