"""Benchmark results kept between starts, each under a key of what it depends on.

A number measured for another model, GPU, definition or version of this code is not found, so it
cannot stick; a file that is damaged is as good as none.
"""

import hashlib
import logging
import math
from pathlib import Path

import orjson

from pyworker.proxy.jobs import Job
from pyworker.reasons import reason_of
from pyworker.worker import BenchmarkConfig, HandlerConfig, WorkerConfig

log = logging.getLogger(__name__)

# Results of one instance: a few models on one kind of GPU. The oldest leave first.
_MAX_RESULTS = 64
# Where the Nvidia driver tells what cards there are; a subprocess is not needed.
_GPU_FILES = "/proc/driver/nvidia/gpus"


def benchmark_key(
    config: WorkerConfig,
    *,
    model: str,
    code_version: str,
    gpus: tuple[str, ...],
    sample: Job,
) -> str:
    """A digest of all that a result depends on.

    Args:
        config: The worker.
        model: What tells the served model from others.
        code_version: Of this package.
        gpus: The cards, one line each.
        sample: A request of the benchmark, the same at every start. Its body stands for what is
            asked, and its workload for the unit: another tokenizer counts the same text otherwise.
    """
    handler, benchmark = config.benchmarked
    parts = [
        config.name,
        config.model_server_url,
        model,
        code_version,
        *gpus,
        _description(handler, benchmark),
        repr(sample.workload),
    ]
    return hashlib.sha256("\0".join(parts).encode() + b"\0" + sample.body).hexdigest()


def _description(handler: HandlerConfig, benchmark: BenchmarkConfig) -> str:
    return (
        f"{handler.upstream_path} parallel={handler.allow_parallel_requests}"
        f" runs={benchmark.runs} concurrency={benchmark.concurrency}"
        f" payload={benchmark.payload.__module__}.{benchmark.payload.__qualname__}"
    )


def installed_gpus(folder: str = _GPU_FILES) -> tuple[str, ...]:
    """One line for each card, such as `Model: NVIDIA H100`; empty without the driver."""
    lines: list[str] = []
    try:
        for card in sorted(Path(folder).iterdir()):
            text = (card / "information").read_text(errors="replace")
            lines += [line for line in text.splitlines() if line.startswith("Model:")]
    except OSError:
        return tuple(lines)
    return tuple(lines)


def read_result(path: str, key: str) -> float | None:
    """The result kept under `key`, workload/s, or None."""
    value = _read_all(path).get(key)
    if isinstance(value, float | int) and math.isfinite(value) and value > 0:
        return float(value)
    return None


def keep_result(path: str, key: str, result: float) -> None:
    """Keep `result`; a file that cannot be written costs only the next start's time."""
    results = {k: v for k, v in _read_all(path).items() if k != key}
    results[key] = result
    kept = dict(list(results.items())[-_MAX_RESULTS:])
    target = Path(path)
    try:
        # Renamed into place, so that a crash leaves the old file or the new one.
        draft = target.with_name(target.name + ".new")
        draft.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
        draft.replace(target)
    except OSError as error:
        log.warning("benchmark result not kept in %s: %s", path, reason_of(error))


def _read_all(path: str) -> dict[str, object]:
    try:
        value = orjson.loads(Path(path).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, orjson.JSONDecodeError) as error:
        log.warning("benchmark results in %s are unreadable: %s", path, reason_of(error))
        return {}
    if not isinstance(value, dict):
        log.warning("benchmark results in %s are not an object", path)
        return {}
    return value  # pyright: ignore[reportUnknownVariableType] - values are checked when read
