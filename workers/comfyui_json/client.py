"""Run a workflow through an autoscaler, and print what came of it.

python -m workers.comfyui_json.client --endpoint local --api-key local-key workflow.json

The file is a whole request, or a workflow as ComfyUI exports it for the API. Without one it is an
image by `Text2Image`.
"""

import argparse
import random
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import trio

from pyworker.client import Autoscaler, Client, ClientError
from pyworker.errors import SettingsError
from workers.comfyui_json.varied import PROMPT, RANDOM_INT, BenchmarkRequest, read_request

Request = Callable[[random.Random], Mapping[str, Any]]

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
    parser.add_argument("file", nargs="?", default=default, type=Path)
    parser.add_argument("--autoscaler", default="http://127.0.0.1:8080")
    parser.add_argument("--endpoint", default="local")
    parser.add_argument("--api-key", default="local-key")
    asked = parser.parse_args()
    try:
        request = _IMAGE if asked.file is None else read_request(asked.file)
        trio.run(_ask, asked, request, cost)
    except (ClientError, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _ask(asked: argparse.Namespace, request: Request, cost: float) -> None:
    autoscaler = Autoscaler(url=asked.autoscaler, endpoint=asked.endpoint, api_key=asked.api_key)
    payload = request(random.Random())
    async with Client(autoscaler) as client:
        answer = orjson.loads(await client.request("/generate/sync", payload, cost=cost))
    for file in answer["output"]:
        # With S3 in the request it has a URL; otherwise it lies on the worker's disk.
        sys.stdout.write(f"{file.get('url') or file['local_path']}\n")


if __name__ == "__main__":
    sys.exit(main())
