"""Ask for an answer through an autoscaler, and print it.

python -m workers.hello_world.client --endpoint local --api-key local-key "Who are you?"
"""

import argparse
import sys

from pyworker.client import Client
from pyworker.client.script import add_endpoint_arguments, run_script

# What a prompt costs is known to the worker, which counts it; this is what the autoscaler is told.
_BYTES_A_TOKEN = 4


def main() -> int:
    """Run the command; 0 with an answer."""
    parser = argparse.ArgumentParser(description="Ask for an answer through an autoscaler.")
    parser.add_argument("prompt", help="what is asked")
    parser.add_argument("--max-response-tokens", type=int, default=200, help="%(default)s")
    add_endpoint_arguments(parser)
    return run_script(parser, None, _ask)


async def _ask(client: Client, asked: argparse.Namespace) -> None:
    request = {"prompt": asked.prompt, "max_response_tokens": asked.max_response_tokens}
    cost = len(asked.prompt.encode()) / _BYTES_A_TOKEN
    answer = await client.request("/generate", request, cost=cost)
    sys.stdout.write(answer.decode(errors="replace") + "\n")


if __name__ == "__main__":
    sys.exit(main())
