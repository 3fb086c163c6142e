"""Reserve a worker by a session, keep it for some seconds, and give it back.

python -m workers.null.client --seconds 10
"""

import argparse
import sys

import trio

from pyworker.client import Client
from pyworker.client.script import add_endpoint_arguments, run_script
from workers.null.worker import WORKLOAD

# Between two signs of life; without one the session lives for LIFETIME_SECONDS.
_PING_SECONDS = 5.0
_LIFETIME_SECONDS = 60.0


def main() -> int:
    """Run the command; 0 when the machine was reserved."""
    parser = argparse.ArgumentParser(description="Reserve a null worker for some seconds.")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long (%(default)g)")
    add_endpoint_arguments(parser)
    return run_script(parser, None, _reserve)


async def _reserve(client: Client, asked: argparse.Namespace) -> None:
    async with client.session(cost=WORKLOAD, lifetime=_LIFETIME_SECONDS) as session:
        sys.stdout.write(f"{session.worker} is reserved\n")
        sys.stdout.flush()
        with trio.move_on_after(asked.seconds):
            while True:
                await trio.sleep(_PING_SECONDS)
                await session.request("/ping", {})
    sys.stdout.write("and free again\n")


if __name__ == "__main__":
    sys.exit(main())
