"""The worker for songs by ACE-Step in ComfyUI, behind its API wrapper."""

from pathlib import Path

from pyworker.settings import Settings
from pyworker.worker import LogActionConfig, WorkerConfig
from workers.comfyui_json.varied import read_request
from workers.comfyui_json.wrapper import wrapper_worker

# What every request counts. A song takes about as long as another one of the same length.
WORKLOAD = 1_000.0
# One is enough: a run takes as long as a request.
BENCHMARK_RUNS = 1
WORKFLOW = Path(__file__).parent / "benchmark.json"


def define(settings: Settings) -> WorkerConfig:
    """The ace worker."""
    benchmark = read_request(Path(settings.benchmark_json or WORKFLOW))
    return wrapper_worker(
        settings,
        name="ace",
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
        workload=WORKLOAD,
        benchmark=benchmark,
        runs=BENCHMARK_RUNS,
    )
