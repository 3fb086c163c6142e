"""The worker for llama.cpp's servers: data, on what workers/openai shares."""

from pyworker.settings import Settings
from pyworker.worker import LogActionConfig, WorkerConfig
from workers.openai.engine import Engine, worker_of

ENGINE = Engine(
    name="llama",
    log="/var/log/portal/llama.log",
    markers=LogActionConfig(
        # llama-server, and llama-cpp-python.
        on_load=("model loaded", "Uvicorn running on http://"),
        on_error=(
            "INFO exited: llama",
            "error loading model",
            "failed to load model",
            "exiting due to model loading error",
            "exiting due to HTTP server error",
            "couldn't bind HTTP server socket",
            "Model path does not exist:",
            "Failed to load model from file:",
        ),
    ),
    chats="llama",
    says=("/props", "/v1/models"),
)


def define(settings: Settings) -> WorkerConfig:
    """The llama worker."""
    return worker_of(ENGINE, settings)
