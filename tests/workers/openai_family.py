"""The workers openai, vllm, sglang and llama by their names, and the routes they share."""

from pyworker.settings import read_settings
from pyworker.worker import WorkerConfig
from workers.llama.worker import define as llama
from workers.openai.routes import routes
from workers.openai.worker import define as openai
from workers.sglang.worker import define as sglang
from workers.vllm.worker import define as vllm

ROUTES = sorted(routes(read_settings({}), None))
DEFINITIONS = {"openai": openai, "vllm": vllm, "sglang": sglang, "llama": llama}


def defined(worker: str = "vllm", **environ: str) -> WorkerConfig:
    """The worker in this environment."""
    return DEFINITIONS[worker](read_settings(environ))
