"""`python -m pyworker load WORKER`: requests at a set rate, and what became of them."""

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run the command; see `pyworker.load.command`."""
    # Here, so that the command line does not pay for the imports of a client.
    from pyworker.load.command import main as command  # noqa: PLC0415

    return command(argv)
