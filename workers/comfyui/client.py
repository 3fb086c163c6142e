"""Ask for an image through an autoscaler, and save it.

python -m workers.comfyui.client --endpoint local --api-key local-key "a lighthouse in the fog"
"""

import argparse
import base64
import random
import sys
from pathlib import Path

import orjson
import trio

from pyworker.client import Client
from pyworker.client.script import add_endpoint_arguments, run_script
from pyworker.workload import image_cost


def main() -> int:
    """Run the command; 0 when the image is saved."""
    parser = argparse.ArgumentParser(description="Ask for an image through an autoscaler.")
    parser.add_argument("prompt", help="what is to be seen")
    parser.add_argument("--model", default="flux", help="COMFY_MODEL of the worker")
    parser.add_argument(
        "--save",
        default="image.png",
        type=Path,
        metavar="FILE",
        help="where it is written (%(default)s)",
    )
    for name, default in (("--width", 1024), ("--height", 1024), ("--steps", 28)):
        parser.add_argument(name, default=default, type=int, help="%(default)s")
    add_endpoint_arguments(parser)
    return run_script(parser, None, _ask)


async def _ask(client: Client, asked: argparse.Namespace) -> None:
    payload = {
        "prompt": asked.prompt,
        "width": asked.width,
        "height": asked.height,
        "steps": asked.steps,
        "seed": random.randrange(2**63),
    }
    cost = image_cost(asked.width, asked.height, asked.steps, asked.model)
    answer = await client.request("/prompt", payload, cost=cost)
    _, _, content = orjson.loads(answer)["images"][0].partition(",")
    await trio.Path(asked.save).write_bytes(base64.b64decode(content))
    sys.stdout.write(f"{asked.save}\n")


if __name__ == "__main__":
    sys.exit(main())
