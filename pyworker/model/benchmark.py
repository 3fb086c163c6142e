"""The benchmark: what the model really does, in workload per second.

Every answer is read to its last byte, must be 200, and must pass the definition's check; the time
of a round ends with its slowest answer's last byte; the result is the median of the rounds. A round
with a failed answer is a failed benchmark: a model that refuses work fast is not fast.
"""

import logging
import random
import statistics

import trio

from pyworker.errors import PyworkerError, RequestError, UpstreamBroken
from pyworker.proxy.jobs import Handling, Job
from pyworker.proxy.upstream import Upstream
from pyworker.reasons import said_by
from pyworker.worker import BenchmarkConfig, HandlerConfig

log = logging.getLogger(__name__)

# One request of a benchmark, seconds. A video model may need minutes; whoever needs longer has
# found out that no autoscaler waits that long either.
REQUEST_TIMEOUT_SECONDS = 600.0
# Progress while a long round runs: a silent job looks hung.
_PROGRESS_SECONDS = 15.0


class BenchmarkFailed(PyworkerError):
    """The model gave an answer that is not the work asked for, or none; a sentence says which."""


async def run_benchmark(
    handler: HandlerConfig, config: BenchmarkConfig, upstream: Upstream, rng: random.Random
) -> float:
    """Measure the throughput of `handler`, workload per second.

    Raises:
        BenchmarkFailed: An answer was wrong, missing or late.
    """
    if config.warm_up:
        await warm_up(handler, config, upstream, rng)
    at_a_time = handler.concurrency or config.concurrency
    concurrency = min(config.concurrency, at_a_time)
    rates: list[float] = []
    for run in range(1, config.runs + 1):
        requests = [await prepare(handler, config, rng) for _ in range(concurrency)]
        seconds = await _round(f"run {run} of {config.runs}", handler, config, upstream, requests)
        workload = sum(request.workload for request in requests)
        rates.append(workload / seconds)
        log.info(
            "benchmark run %d of %d: %g workload in %.3f s, %.1f/s, %d at a time",
            run,
            config.runs,
            workload,
            seconds,
            rates[-1],
            concurrency,
        )
    result = statistics.median(rates)
    if not result > 0:
        raise BenchmarkFailed(
            "benchmark: its requests have a workload of 0 (MAX_PERF pins what cannot be measured)"
        )
    how = "one run" if config.runs == 1 else f"median of {config.runs} runs"
    log.info("benchmark: %.1f workload/s (%s)", result, how)
    return result


async def warm_up(
    handler: HandlerConfig, config: BenchmarkConfig, upstream: Upstream, rng: random.Random
) -> None:
    """Requests whose time does not count, but whose answers must be right.

    Raises:
        BenchmarkFailed: As for `run_benchmark`.
    """
    for number in range(1, max(config.warm_up, 1) + 1):
        requests = [await prepare(handler, config, rng)]
        seconds = await _round(f"warm-up {number}", handler, config, upstream, requests)
        log.info("benchmark warm-up %d: %.3f s", number, seconds)


async def prepare(handler: HandlerConfig, config: BenchmarkConfig, rng: random.Random) -> Job:
    """Make one request of the benchmark; the same `rng` state gives the same request.

    It goes the way of a client's payload, through the handler's hooks.

    Raises:
        BenchmarkFailed: The handler does not take the payload.
    """
    try:
        return await Handling(handler).job_of(config.payload(rng))
    except RequestError as error:
        raise BenchmarkFailed(f"benchmark: its own payload is refused: {error}") from error


async def _round(
    name: str,
    handler: HandlerConfig,
    config: BenchmarkConfig,
    upstream: Upstream,
    requests: list[Job],
) -> float:
    """Seconds from the first request to the last byte of the last answer."""
    began = trio.current_time()
    problems: list[str] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_tell_progress, name, began, nursery.cancel_scope)
        async with trio.open_nursery() as asking:
            for request in requests:
                asking.start_soon(_ask, handler, config, upstream, request, problems)
        seconds = trio.current_time() - began
        nursery.cancel_scope.cancel()
    if problems:
        failed = f"({len(problems)} of {len(requests)} answers failed)"
        raise BenchmarkFailed(f"benchmark {name}: {problems[0]} {failed}")
    # Virtual clocks and caches can make a round instantaneous, which is no measurement.
    if not seconds > 0:
        raise BenchmarkFailed(f"benchmark {name}: it took no time at all")
    return seconds


async def _ask(
    handler: HandlerConfig,
    config: BenchmarkConfig,
    upstream: Upstream,
    job: Job,
    problems: list[str],
) -> None:
    with trio.move_on_after(REQUEST_TIMEOUT_SECONDS):
        try:
            answer = await Handling(handler).ask(job, upstream)
            if answer.status != 200:
                raise ValueError(f"the model answered {answer.status}: {said_by(answer.body)}")
            config.check(answer.body)
        except (RequestError, UpstreamBroken) as error:
            problems.append(str(error))
        except Exception as error:  # noqa: BLE001 - because `check` is a definition's own code
            problems.append(str(error) or type(error).__name__)
        return
    problems.append(f"no answer within {REQUEST_TIMEOUT_SECONDS:.0f} s")


async def _tell_progress(name: str, began: float, scope: trio.CancelScope) -> None:
    while not scope.cancel_called:
        await trio.sleep(_PROGRESS_SECONDS)
        log.info("benchmark %s: %.0f s so far", name, trio.current_time() - began)
