"""Model servers simulated faithfully, as processes of their own: `sim llm`, `sim openai`,
`sim image`, `sim hello`.

Only `main` lives here, and it imports the rest when called: the command line must not pay for
Trio and Hypercorn before it knows that it needs them.
"""

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run the simulator that `argv` names until it ends.

    Args:
        argv: The words after `pyworker sim`, such as `["llm", "--port", "5001"]`.

    Returns:
        The exit code: 0 after SIGTERM or SIGINT, 1 after a failure that was asked for (or a taken
        port), as text-generation-launcher gives it.

    Raises:
        SystemExit: `--help` (code 0) or a wrong command line (code 2), from argparse.
    """
    from pyworker.sim.command import (  # noqa: PLC0415 - see above
        HelloSettings,
        ImageSettings,
        TgiSettings,
        parse_arguments,
    )

    settings = parse_arguments(argv)
    if isinstance(settings, TgiSettings):
        from pyworker.sim.tgi.server import run  # noqa: PLC0415

        return run(settings)
    if isinstance(settings, ImageSettings):
        from pyworker.sim.image.server import run as run_image  # noqa: PLC0415

        return run_image(settings)
    if isinstance(settings, HelloSettings):
        from pyworker.sim.hello.server import run as run_hello  # noqa: PLC0415

        return run_hello(settings)
    from pyworker.sim.openai.server import run as run_openai  # noqa: PLC0415

    return run_openai(settings)
