"""The load generator: `python -m benchmarks.proxy.load < SPEC`, one case, the result as JSON.

A process of its own, so that its CPU is nobody else's; it reads the server's CPU clock itself,
at the two ends of the measured window.
"""

import gc
import sys

from benchmarks.proxy import load_body, load_json, load_streams
from benchmarks.proxy.spec import Spec

DRIVERS = {
    "json": load_json.drive,
    "events": load_streams.drive,
    "ttft": load_streams.drive,
    "body": load_body.drive,
}


def main() -> None:
    """Read the spec, drive, print the result."""
    spec = Spec.from_json(sys.stdin.read())
    # Nothing here makes cycles, and a collection in the window would look like server latency.
    gc.disable()
    sys.stdout.write(DRIVERS[spec.kind](spec).to_json())


if __name__ == "__main__":
    main()
