"""Ask for a completion through an autoscaler, and print it as it comes.

python -m workers.openai.client --endpoint local --api-key local-key "Tell a story about whales."
"""

import argparse
import sys

from pyworker.client import Client
from pyworker.client.script import add_endpoint_arguments, run_script


def main() -> int:
    """Run the command; 0 when the stream came to its end."""
    parser = argparse.ArgumentParser(description="Ask for a completion through an autoscaler.")
    parser.add_argument("prompt", help="what is asked")
    parser.add_argument("--model", default=None, help="default: the worker's MODEL_NAME")
    parser.add_argument("--max-tokens", type=int, default=200, help="%(default)s")
    add_endpoint_arguments(parser)
    return run_script(parser, None, _ask)


async def _ask(client: Client, asked: argparse.Namespace) -> None:
    request = {
        "messages": [{"role": "user", "content": asked.prompt}],
        "max_tokens": asked.max_tokens,
        "stream": True,
    }
    if asked.model:
        request["model"] = asked.model
    async with client.stream("/v1/chat/completions", request, cost=asked.max_tokens) as answer:
        async for text in answer.texts():
            sys.stdout.write(text)
            sys.stdout.flush()
    sys.stdout.write("\n")


if __name__ == "__main__":
    sys.exit(main())
