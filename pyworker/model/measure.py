"""Where the throughput comes from: a setting, the cache, or a benchmark run now."""

import logging
import random

import trio

from pyworker import __version__
from pyworker.model.benchmark import prepare, run_benchmark, warm_up
from pyworker.model.benchmark_cache import (
    benchmark_key,
    installed_gpus,
    keep_result,
    read_result,
)
from pyworker.proxy.upstream import Upstream
from pyworker.settings import Settings
from pyworker.worker import WorkerConfig

log = logging.getLogger(__name__)


async def measure(config: WorkerConfig, settings: Settings, rng: random.Random) -> float:
    """Throughput of the model, workload per second.

    A pinned or kept number is used only after the model has answered a warm-up request rightly:
    ready means that it answered.

    Raises:
        BenchmarkFailed: The model gave a wrong answer, or none.
    """
    handler, benchmark = config.benchmarked
    # Connections of its own: the benchmark's leave nothing behind in the proxy's.
    upstream = Upstream(config.model_server_url, connect_timeout=settings.connect_timeout)
    key = benchmark_key(
        config,
        model_name=settings.model_name,
        code_version=__version__,
        gpus=await trio.to_thread.run_sync(installed_gpus),
        sample=prepare(handler, benchmark, random.Random(0)),
    )
    try:
        known = settings.max_perf or await trio.to_thread.run_sync(
            read_result, settings.benchmark_cache, key
        )
        if known is not None:
            where = "MAX_PERF" if settings.max_perf else settings.benchmark_cache
            log.info("throughput %.1f workload/s from %s, no benchmark", known, where)
            await warm_up(handler, benchmark, upstream, rng)
            return known
        result = await run_benchmark(handler, benchmark, upstream, rng)
    finally:
        await upstream.aclose()
    await trio.to_thread.run_sync(keep_result, settings.benchmark_cache, key, result)
    return result
