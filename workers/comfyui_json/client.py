"""Run a workflow through an autoscaler, and print what came of it.

python -m workers.comfyui_json.client --endpoint local --api-key local-key workflow.json

The file is a whole request, or a workflow as ComfyUI exports it for the API. Without one it is an
image by `Text2Image`.
"""

import argparse
import random
import sys
from functools import partial
from pathlib import Path

import orjson

from pyworker.client import Client
from pyworker.client.script import add_endpoint_arguments, run_script
from workers.comfyui_json.varied import PROMPT, RANDOM_INT, BenchmarkRequest, read_request

_MODIFICATIONS = {"prompt": PROMPT, "width": 512, "height": 512, "steps": 20, "seed": RANDOM_INT}
_IMAGE = BenchmarkRequest(
    {"input": {"modifier": "Text2Image", "modifications": _MODIFICATIONS}}, "Text2Image"
)


def main(default: Path | None = None, *, cost: float = 100.0) -> int:
    """Run the command; 0 when the job has completed.

    Args:
        default: The file that is used when none is given.
        cost: Workload of a request.
    """
    parser = argparse.ArgumentParser(description="Run a workflow through an autoscaler.")
    parser.add_argument(
        "file",
        nargs="?",
        default=default,
        type=Path,
        help="JSON: a request, or a workflow exported for the API (%(default)s)",
    )
    add_endpoint_arguments(parser)
    return run_script(parser, None, partial(_ask, cost=cost))


async def _ask(client: Client, asked: argparse.Namespace, cost: float) -> None:
    request = _IMAGE if asked.file is None else read_request(asked.file)
    payload = request(random.Random())
    answer = orjson.loads(await client.request("/generate/sync", payload, cost=cost))
    for file in answer["output"]:
        # With S3 in the request it has a URL; otherwise it lies on the worker's disk.
        sys.stdout.write(f"{file.get('url') or file['local_path']}\n")


if __name__ == "__main__":
    sys.exit(main())
