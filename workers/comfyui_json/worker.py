"""The worker for the ComfyUI API wrapper: requests are the wrapper's own, forwarded verbatim."""

from pathlib import Path

from pyworker.settings import Settings
from pyworker.worker import LogActionConfig, WorkerConfig
from workers.comfyui_json.varied import PROMPT, RANDOM_INT, BenchmarkRequest, read_request
from workers.comfyui_json.wrapper import wrapper_worker

# What every request counts: nobody knows what a stranger's workflow costs.
WORKLOAD = 100.0
BENCHMARK_RUNS = 8
# Beside this file; whoever has one puts it there or names it by BENCHMARK_JSON_PATH.
BENCHMARK_FILE = Path(__file__).parent / "misc" / "benchmark.json"


def define(settings: Settings) -> WorkerConfig:
    """The comfyui-json worker."""
    return wrapper_worker(
        settings,
        name="comfyui-json",
        log_file="/var/log/portal/api-wrapper.log",
        log_actions=LogActionConfig(
            # ComfyUI's line, too, for whoever follows its log, as workers before this one did.
            on_load=("BACKENDS_READY", "To see the GUI go to: "),
            # A timeout's line has the load marker in it: an error wins over it.
            on_error=(
                "BACKENDS_READY_TIMEOUT",
                "BACKEND_UNRECOVERABLE",
                "Application startup failed",
            ),
        ),
        workload=WORKLOAD,
        benchmark=_benchmark(settings),
        runs=BENCHMARK_RUNS,
    )


def _benchmark(settings: Settings) -> BenchmarkRequest:
    if settings.benchmark_json is not None:
        return read_request(Path(settings.benchmark_json))
    if BENCHMARK_FILE.is_file():
        return read_request(BENCHMARK_FILE)
    modifications = {
        "prompt": PROMPT,
        "width": settings.benchmark_width,
        "height": settings.benchmark_height,
        "steps": settings.benchmark_steps,
        "seed": RANDOM_INT,
    }
    return BenchmarkRequest(
        {"input": {"modifier": "Text2Image", "modifications": modifications}}, "Text2Image"
    )
