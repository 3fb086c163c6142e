"""`python -m pyworker load WORKER`: requests at a set rate, and what became of them."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run the command; see `pyworker.load.command`."""
    # Here, so that the command line does not pay for the imports of a client.
    from pyworker.load.command import main as command  # noqa: PLC0415

    return command(argv)


def main_of(worker: str, *given: str) -> int:
    """Run `python -m workers.NAME.test_load`, by the words that this process was started with.

    Args:
        worker: Its name.
        given: Options that come before those.
    """
    from pyworker.load.command import main as command  # noqa: PLC0415 - as above

    return command([*given, *sys.argv[1:]], worker)
