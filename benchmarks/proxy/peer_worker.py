"""The peer's TGI worker: vastai.serverless.server with the published definition of workers/tgi.

Run by an interpreter that has vastai installed, as a plain script. Differences from the published
one: addresses come from the environment, it listens on loopback only, and the benchmark before
"ready" is one run of two requests, because the model behind it is no model.
"""

# The package is not there when this repository is checked.
# pyright: basic, reportMissingImports=false

import os
from urllib.parse import urlsplit

from vastai import BenchmarkConfig, HandlerConfig, LogActionConfig, Worker, WorkerConfig

MODEL = urlsplit(os.environ["MODEL_SERVER_URL"])
QUEUE_SECONDS = 600.0


def workload(payload: dict) -> float:
    """Requested tokens."""
    return float(payload["parameters"]["max_new_tokens"])


BENCHMARK = BenchmarkConfig(
    dataset=[
        {
            "inputs": "a few words to begin with",
            "parameters": {"max_new_tokens": 128, "temperature": 0.7, "return_full_text": False},
        }
    ],
    runs=1,
    concurrency=2,
)

CONFIG = WorkerConfig(
    model_server_url=f"{MODEL.scheme}://{MODEL.hostname}",
    model_server_port=MODEL.port,
    model_log_file=os.environ["MODEL_LOG"],
    model_healthcheck_url="/health",
    handlers=[
        HandlerConfig(
            route="/generate",
            allow_parallel_requests=True,
            max_queue_time=QUEUE_SECONDS,
            workload_calculator=workload,
            benchmark_config=BENCHMARK,
        ),
        HandlerConfig(
            route="/generate_stream",
            allow_parallel_requests=True,
            max_queue_time=QUEUE_SECONDS,
            workload_calculator=workload,
        ),
    ],
    log_action_config=LogActionConfig(
        on_load=[
            '"message":"Connected","target":"text_generation_router"',
            '"message":"Connected","target":"text_generation_router::server"',
        ],
        on_error=["Error: WebserverFailed", "Error: DownloadError", "Error: ShardCannotStart"],
        on_info=['"message":"Download'],
    ),
)

if __name__ == "__main__":
    Worker(CONFIG).run(host="127.0.0.1")
