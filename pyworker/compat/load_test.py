"""The load test's names of older trees: the flags that their scripts add to."""

import argparse
import sys

# As their READMEs give them; -n and -rps are added when the test begins.
test_args = argparse.ArgumentParser(description="Send load to an endpoint")
test_args.add_argument("-k", dest="api_key", required=True, help="API key")
test_args.add_argument("-e", dest="endpoint_group_name", required=True, help="endpoint")
test_args.add_argument(
    "-l",
    dest="server_url",
    action="store_const",
    const="http://localhost:8081",
    default="https://run.vast.ai",
    help="an autoscaler on this machine",
)

_SHOWN_WHOLE, _HEAD, _TAIL = 150, 50, 100


def print_truncate_res(res: str) -> None:
    """Print an answer, without its middle when it is long."""
    whole = len(res) <= _SHOWN_WHOLE
    sys.stdout.write(f"{res if whole else res[:_HEAD] + '....' + res[-_TAIL:]}\n")
