"""The worker for vLLM and vLLM-Omni: data, on what workers/openai shares."""

from pyworker.settings import Settings
from pyworker.worker import LogActionConfig, WorkerConfig
from workers.openai.engine import Engine, worker_of

# No `Traceback`: vLLM prints some and serves. These are what it prints when it does not.
ERRORS = (
    "INFO exited: vllm",
    "RuntimeError: Engine",
    "EngineCore failed to start.",
    "Engine core initialization failed.",
    "EngineCore encountered a fatal error.",
    "AsyncLLM output_handler failed.",
    "Failed to infer device type",
    "[Errno 98] Address already in use",
)

ENGINE = Engine(
    name="vllm",
    log="/var/log/portal/vllm.log",
    markers=LogActionConfig(on_load=("Application startup complete.",), on_error=ERRORS),
    chats="vllm",
)


def define(settings: Settings) -> WorkerConfig:
    """The vllm worker."""
    return worker_of(ENGINE, settings)
