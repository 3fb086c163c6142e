"""`python -m pyworker demo`: the whole loop on this machine, checked, in half a minute at most."""

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run the demo; returns 0 when everything added up, 1 with a reason otherwise."""
    # Here, so that the command line does not pay for the imports of a client.
    from pyworker.demo.play import main as play  # noqa: PLC0415

    return play(argv)
