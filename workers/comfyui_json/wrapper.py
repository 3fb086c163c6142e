"""What all workers in front of the ComfyUI API wrapper share: one route, one job at a time."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import orjson

from pyworker.reasons import beginning_of
from pyworker.settings import Settings
from pyworker.worker import (
    Answers,
    BenchmarkConfig,
    HandlerConfig,
    LogActionConfig,
    LogMarker,
    WorkerConfig,
    all_of,
    any_of,
)
from workers.comfyui_json.varied import read_request

ROUTE = "/generate/sync"
HEALTH = "/health"
# ComfyUI's own, behind the wrapper. It answers once all nodes are imported.
COMFYUI_STATS = "http://127.0.0.1:18188/system_stats"

# Seconds. Jobs take from seconds to minutes, one by one: who would wait longer is better served by
# another worker.
MAX_QUEUE_TIME = 10.0


def wrapper_worker(
    settings: Settings,
    *,
    name: str,
    log_file: str,
    log_actions: LogActionConfig,
    workload: float,
    benchmark: Callable[[random.Random], Mapping[str, object]],
    runs: int,
) -> WorkerConfig:
    """A worker that forwards requests to the wrapper byte for byte.

    Args:
        settings: Where the wrapper is.
        name: Of the worker.
        log_file: That is followed unless MODEL_LOG says otherwise.
        log_actions: What its lines mean.
        workload: Of every request.
        benchmark: Makes a request body that no request before it had.
        runs: Of the benchmark.
    """
    health = settings.model_health_endpoint or HEALTH
    return WorkerConfig(
        name=name,
        model_server_url=settings.model_server_url or "http://127.0.0.1:18288",
        model_log_file=settings.model_log or log_file,
        health_endpoint=health,
        handlers=(
            HandlerConfig(
                route=ROUTE,
                workload=workload,
                max_queue_time=MAX_QUEUE_TIME,
                benchmark_config=BenchmarkConfig(
                    payload=benchmark, check=check_completed, runs=runs
                ),
            ),
        ),
        log_actions=log_actions,
        # The wrapper is well, and behind it ComfyUI: said by the log, or by asking. Some logs only
        # have the wrapper's lines, some only ComfyUI's, and older wrappers do not say it at all.
        loaded=all_of(Answers(health), any_of(LogMarker(), Answers(COMFYUI_STATS))),
    )


def workflow_worker(
    settings: Settings, *, name: str, workload: float, workflow: Path
) -> WorkerConfig:
    """A worker whose machine runs one workflow, of whose kind all requests are.

    Args:
        settings: Where the wrapper is, and another request to measure with, if any.
        name: Of the worker.
        workload: Of every request.
        workflow: File of the request that it is measured with.
    """
    return wrapper_worker(
        settings,
        name=name,
        log_file="/var/log/portal/comfyui.log",
        log_actions=LogActionConfig(
            on_load=("To see the GUI go to: ", "BACKENDS_READY"),
            # Not "Value not in list: ", which is one client's bad workflow.
            on_error=(
                "MetadataIncompleteBuffer",
                "[ERROR] Provisioning Script failed",
                "OSError: [Errno 98] error while attempting to bind",
                "BACKENDS_READY_TIMEOUT",
                "BACKEND_UNRECOVERABLE",
            ),
            on_info=('"message":"Downloading',),
        ),
        workload=workload,
        benchmark=read_request(Path(settings.benchmark_json or workflow)),
        runs=1,  # a run takes as long as a request
    )


def check_completed(body: bytes) -> None:
    """A completed job has files to show for it.

    Raises:
        ValueError: This one has not.
    """
    answer = orjson.loads(body)
    job = cast("dict[str, object]", answer) if isinstance(answer, dict) else {}
    if job.get("status") != "completed":
        raise ValueError(f"the job did not complete: {beginning_of(body)}")
    if not isinstance(job.get("output"), list) or not job["output"]:
        raise ValueError(f"the job has no output: {beginning_of(body)}")
