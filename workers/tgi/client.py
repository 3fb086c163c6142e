"""Ask for a text through an autoscaler, and print it as it comes.

python -m workers.tgi.client --endpoint local --api-key local-key "Tell a story about whales."
"""

import argparse
import sys

from pyworker.client import Client
from pyworker.client.script import add_endpoint_arguments, run_script


def main() -> int:
    """Run the command; 0 when the stream came to its end."""
    parser = argparse.ArgumentParser(description="Ask for a text through an autoscaler.")
    parser.add_argument("prompt", help="what is asked")
    parser.add_argument("--max-new-tokens", type=int, default=200, help="%(default)s")
    add_endpoint_arguments(parser)
    return run_script(parser, None, _ask)


async def _ask(client: Client, asked: argparse.Namespace) -> None:
    request = {
        "inputs": asked.prompt,
        "parameters": {"max_new_tokens": asked.max_new_tokens},
    }
    async with client.stream("/generate_stream", request, cost=asked.max_new_tokens) as answer:
        async for text in answer.texts():
            sys.stdout.write(text)
            sys.stdout.flush()
    sys.stdout.write("\n")


if __name__ == "__main__":
    sys.exit(main())
