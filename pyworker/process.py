"""The edge of a worker's process: from its environment to its exit code.

A worker that cannot be started, or that dies, says why in one sentence, here and to the autoscaler.
"""

import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

import trio

from pyworker.autoscaler.launch import report_launch_failure
from pyworker.autoscaler.wire import Identity
from pyworker.errors import CannotBind, DefinitionGaveUp, SettingsError
from pyworker.logs import set_up_logging
from pyworker.run import run
from pyworker.settings import BadSettings, Settings, read_settings
from pyworker.worker import WorkerConfig

log = logging.getLogger(__name__)

EXIT_OK, EXIT_DIED, EXIT_SETTINGS = 0, 1, 2


def main(
    define: Callable[[Settings], WorkerConfig],
    environ: Mapping[str, str],
    serve: Callable[[WorkerConfig, Settings], Awaitable[None]] = run,
) -> int:
    """Run a worker until it is told to stop; returns the process's exit code.

    Args:
        define: Makes the worker from the settings.
        environ: Environment variables.
        serve: Runs it.
    """
    try:
        settings = read_settings(environ)
    except BadSettings as error:
        return refuse(str(error), error.identity)
    set_up_logging(settings.log_level, settings.log_format)
    try:
        trio.run(serve, define(settings), settings)
    except Exception as error:  # noqa: BLE001 - whatever it is, the autoscaler must hear of it
        return died(error, settings)
    return EXIT_OK


def died(error: Exception, settings: Settings) -> int:
    """Tell the log and the autoscaler why the worker ended; returns the exit code."""
    identity = settings.identity(listening_port=0)
    first = first_error(error)
    if isinstance(first, (CannotBind, SettingsError)):
        return refuse(str(first), identity)
    known = isinstance(first, DefinitionGaveUp)
    reason = str(first) if known else f"{type(first).__name__}: {first}"
    log.error("the worker died: %s", reason, exc_info=None if known else error)
    trio.run(report_launch_failure, identity, f"the worker died: {reason}")
    return EXIT_DIED


def report_failure(sentence: str, environ: Mapping[str, str]) -> None:
    """Tell the autoscaler why there will be no worker."""
    try:
        identity = read_settings(environ).identity(listening_port=0)
    except BadSettings as error:
        identity = error.identity
    trio.run(report_launch_failure, identity, sentence)


def refuse(sentence: str, identity: Identity) -> int:
    """Say why no worker can be started, here and to the autoscaler; returns the exit code."""
    sys.stderr.write(f"pyworker: {sentence}\n")
    trio.run(report_launch_failure, identity, sentence)
    return EXIT_SETTINGS


def first_error(error: Exception) -> Exception:
    """The first error within the groups that nurseries wrap around it."""
    group = error
    while isinstance(group, ExceptionGroup):
        group = cast("ExceptionGroup[Exception]", group).exceptions[0]
    return group
