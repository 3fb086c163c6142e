"""A local autoscaler that speaks the real protocol, so that everything runs without the cloud.

It is a test peer and a feature: `python -m pyworker autoscaler`; docs/autoscaler.md describes it.
"""


def main(argv: list[str]) -> int:
    """Run the command; see `app.main`."""
    # Imported here so that naming this room costs nothing.
    from pyworker.autoscaler.local.app import main as run  # noqa: PLC0415

    return run(argv)
