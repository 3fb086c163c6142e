"""The worker for songs by ACE-Step in ComfyUI, behind its API wrapper."""

from pathlib import Path

from pyworker.settings import Settings
from pyworker.worker import WorkerConfig
from workers.comfyui_json.wrapper import workflow_worker

# What every request counts. A song takes about as long as another one of the same length.
WORKLOAD = 1_000.0
WORKFLOW = Path(__file__).parent / "benchmark.json"


def define(settings: Settings) -> WorkerConfig:
    """The ace worker."""
    return workflow_worker(settings, name="ace", workload=WORKLOAD, workflow=WORKFLOW)
