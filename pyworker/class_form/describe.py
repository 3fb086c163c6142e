"""What a worker would be, as JSON for people and scripts."""

import random
from typing import Any

import orjson
import trio

from pyworker.errors import RequestError
from pyworker.proxy.jobs import Handling
from pyworker.worker import HandlerConfig, WorkerConfig


def described(config: WorkerConfig) -> str:
    """Its model server, routes, markers, and a request of its benchmark."""
    handler, _ = config.benchmarked
    value = {
        "name": config.name,
        "model_server_url": config.model_server_url,
        "model_log_file": config.model_log_file,
        "health_endpoint": config.health_endpoint,
        "on_load": config.log_actions.on_load,
        "on_error": config.log_actions.on_error,
        "routes": [_handler(each) for each in config.handlers],
        "open_routes": {route.route: route.methods for route in config.open},
        "benchmark": {"route": handler.route, **trio.run(_sample, config)},
    }
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n"


def _handler(handler: HandlerConfig) -> dict[str, Any]:
    return {
        "route": handler.route,
        "model_route": handler.upstream_path,
        "one_at_a_time": handler.concurrency == 1,
        "max_queue_time": handler.max_queue_time,
        "answers": "itself" if handler.function else "rewritten" if handler.stream else "relayed",
    }


async def _sample(config: WorkerConfig) -> dict[str, Any]:
    handler, benchmark = config.benchmarked
    said = {"runs": benchmark.runs, "concurrency": benchmark.concurrency}
    try:
        payload = benchmark.payload(random.Random(0))
        job = await Handling(handler).job_of(payload)
    except RequestError as error:
        return {**said, "problem": str(error)}
    asks = bytes(job.body).decode(errors="replace")
    made = getattr(payload, "payload", None)
    return {
        **said,
        "workload": job.workload,
        "payload": payload if made is None else made.as_json(),
        "asks": asks,
    }
