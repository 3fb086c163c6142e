"""The worker for SGLang: data, on what workers/openai shares."""

from pyworker.settings import Settings
from pyworker.worker import LogActionConfig, WorkerConfig
from workers.openai.engine import Engine, worker_of

ENGINE = Engine(
    name="sglang",
    log="/var/log/portal/sglang.log",
    # After the warm-up; uvicorn's own lines come before it.
    markers=LogActionConfig(
        on_load=("The server is fired up and ready to roll!",),
        on_error=(
            "INFO exited: sglang",
            "Initialization failed. warmup error:",
            "Initialization failed. Please see the error messages above.",
            "Scheduler hit an exception:",
            "Received sigquit from a child process.",
            "SIGQUIT received.",
            "Not enough memory. Please try to increase --mem-fraction-static.",
        ),
    ),
    info="/get_model_info",
    chats="sglang",
    scores_labels=True,
    says=("/model_info", "/get_model_info", "/v1/models"),
)


def define(settings: Settings) -> WorkerConfig:
    """The sglang worker."""
    return worker_of(ENGINE, settings)
