"""The worker for any server with the API of OpenAI; for those that have a name, see vllm, sglang,
llama.
"""

from pyworker.settings import Settings
from pyworker.worker import LogActionConfig, WorkerConfig
from workers.openai.engine import Engine, worker_of
from workers.vllm.worker import ENGINE as VLLM

ENGINE = Engine(
    name="openai",
    log=VLLM.log,
    # What older workers of this name knew: vLLM, Ollama, llama.cpp and TGI behind one API.
    markers=LogActionConfig(
        on_load=(
            *VLLM.markers.on_load,
            "llama runner started",
            "main: model loaded",
            '"message":"Connected","target":"text_generation_router"',
            '"message":"Connected","target":"text_generation_router::server"',
        ),
        on_error=(
            *VLLM.markers.on_error,
            "Error: pull model manifest:",
            "stalled; retrying",
            "Error: WebserverFailed",
            "Error: DownloadError",
            "Error: ShardCannotStart",
        ),
    ),
    says=("/info", "/v1/models"),
)


def define(settings: Settings) -> WorkerConfig:
    """The openai worker."""
    return worker_of(ENGINE, settings)
