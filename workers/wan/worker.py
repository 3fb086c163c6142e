"""The worker for video by Wan 2.2 in ComfyUI, behind its API wrapper."""

from pathlib import Path

from pyworker.settings import Settings
from pyworker.worker import WorkerConfig
from workers.comfyui_json.wrapper import workflow_worker

# What every request counts. A clip takes about as long as another one of the same length.
WORKLOAD = 10_000.0
WORKFLOW = Path(__file__).parent / "benchmark.json"


def define(settings: Settings) -> WorkerConfig:
    """The wan worker."""
    return workflow_worker(settings, name="wan", workload=WORKLOAD, workflow=WORKFLOW)
