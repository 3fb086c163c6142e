"""Where the throughput comes from: a setting, the cache, or a benchmark run now."""

import logging
import random

import trio

from pyworker import __version__
from pyworker.errors import RequestError, UpstreamBroken
from pyworker.model.benchmark import prepare, run_benchmark, warm_up
from pyworker.model.benchmark_cache import (
    benchmark_key,
    installed_gpus,
    keep_result,
    read_result,
)
from pyworker.proxy.upstream import Upstream, UpstreamRequest
from pyworker.settings import Settings
from pyworker.worker import WorkerConfig

log = logging.getLogger(__name__)

# A model server that takes longer to say who it is gets its benchmark run, and not kept.
_INFO_SECONDS = 10.0


async def measure(config: WorkerConfig, settings: Settings, rng: random.Random) -> float:
    """Throughput of the model, workload per second.

    A pinned or kept number is used only after the model has answered a warm-up request rightly:
    ready means that it answered.

    Raises:
        BenchmarkFailed: The model gave a wrong answer, or none.
    """
    if config.max_perf is not None:
        known = settings.max_perf or config.max_perf
        log.info("throughput %.1f workload/s by definition, no benchmark", known)
        return known
    handler, benchmark = config.benchmarked
    # Connections of its own: the benchmark's leave nothing behind in the proxy's.
    upstream = Upstream(config.model_server_url, connect_timeout=settings.connect_timeout)
    try:
        key = await _key(config, settings, upstream)
        known = settings.max_perf
        if known is None and key is not None:
            known = await trio.to_thread.run_sync(read_result, settings.benchmark_cache, key)
        if known is not None:
            where = "MAX_PERF" if settings.max_perf else settings.benchmark_cache
            log.info("throughput %.1f workload/s from %s, no benchmark", known, where)
            await warm_up(handler, benchmark, upstream, rng)
            return known
        result = await run_benchmark(handler, benchmark, upstream, rng)
    finally:
        await upstream.aclose()
    if key is not None:
        await trio.to_thread.run_sync(keep_result, settings.benchmark_cache, key, result)
    return result


async def _key(config: WorkerConfig, settings: Settings, upstream: Upstream) -> str | None:
    """What the result is kept under; None when nothing tells this model from another."""
    model = settings.model_name + await _model_info(config, upstream)
    if not model:
        return None
    handler, benchmark = config.benchmarked
    return benchmark_key(
        config,
        model=model,
        code_version=__version__,
        gpus=await trio.to_thread.run_sync(installed_gpus),
        sample=await prepare(handler, benchmark, random.Random(0)),
    )


async def _model_info(config: WorkerConfig, upstream: Upstream) -> str:
    if not config.info_endpoint:
        return ""
    with trio.move_on_after(_INFO_SECONDS):
        try:
            request = UpstreamRequest(method="GET", path=config.info_endpoint, headers=[])
            answer = await upstream.fetch(request)
        except (RequestError, UpstreamBroken) as error:
            log.info("no %s from the model server: %s", config.info_endpoint, error)
            return ""
        return answer.body.decode(errors="replace") if answer.status == 200 else ""
    return ""
