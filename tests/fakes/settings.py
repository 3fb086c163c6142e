"""What is wrong with an environment, as the worker says it."""

from collections.abc import Mapping

from pyworker.settings import BadSettings, read_settings


def problems(environ: Mapping[str, str]) -> list[str]:
    """The sentences about these variables; none when they are good."""
    try:
        read_settings(environ)
    except BadSettings as error:
        return str(error).split("; ")
    return []
