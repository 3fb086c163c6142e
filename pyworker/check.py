"""`python -m pyworker check NAME`: a worker's definition and settings looked at, nothing run.

Shows what would be listened on, asked and counted, and which lines of a log its markers find: a
marker that matches a harmless line gets a rented GPU destroyed, and is found out here for nothing.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pyworker.errors import SettingsError
from pyworker.finding import find_worker, worker_names
from pyworker.model.loaded import loaded_by, told
from pyworker.model.markers import LogEvent, LogMarkers
from pyworker.reasons import reason_of
from pyworker.settings import BadSettings, Settings, read_settings
from pyworker.worker import HandlerConfig, WorkerConfig

# A log is read whole; more than this is no sample.
_LARGEST_LOG = 256 * 1024 * 1024
_SHOWN_EVENTS = 200


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 when all is well, 2 with a sentence when not."""
    parser = argparse.ArgumentParser(prog="pyworker check", description=__doc__)
    parser.add_argument("worker", help=f"one of {', '.join(worker_names())}")
    parser.add_argument("--log", type=Path, help="a log of the model server to try the markers on")
    asked = parser.parse_args(argv)
    try:
        define = find_worker(asked.worker)
        if define is None:
            there_are = ", ".join(worker_names())
            raise SettingsError(f"there is no worker {asked.worker!r}; there are {there_are}")
        lines = report(define, read_settings(os.environ), asked.log)
    except (SettingsError, BadSettings) as error:
        sys.stderr.write(f"pyworker: {error}\n")
        return 2
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def report(
    define: Callable[[Settings], WorkerConfig], settings: Settings, log: Path | None
) -> list[str]:
    """What there is to know about a worker, one fact a line.

    Raises:
        SettingsError: The definition or the log cannot be used.
    """
    try:
        config = define(settings)
    except ValueError as error:
        raise SettingsError(f"the definition is wrong: {error}") from error
    try:
        loaded = loaded_by(settings.readiness, config.loaded, config.health_endpoint)
    except ValueError as error:
        raise SettingsError(f"{error}") from error
    markers = settings.load_markers or config.log_actions.on_load
    identity = settings.identity(listening_port=settings.worker_port)
    tls = " with TLS" if settings.use_ssl else ""
    lines = [
        f"worker          {config.name}",
        f"listens on      {settings.worker_host}:{settings.worker_port}{tls}",
        f"is reached at   {identity.url}",
        f"reports to      {', '.join(identity.report_addresses)}",
        f"model server    {config.model_server_url or 'none'}",
        f"its log         {config.model_log_file or 'none'}",
        f"its health      {config.health_endpoint or 'not asked'}",
        f"is loaded when  {told(loaded, markers)}",
    ]
    lines += [f"route           {_route(handler)}" for handler in config.handlers]
    lines += [f"open route      {', '.join(r.methods)} {r.route}" for r in config.open]
    if log is not None:
        lines += _events(config, settings, log)
    return lines


def _route(handler: HandlerConfig) -> str:
    limit, wait = handler.concurrency, handler.max_queue_time
    facts = [
        f"POST {handler.route} -> {'a function' if handler.function else handler.upstream_path}",
        f"{'any number' if limit is None else limit} at a time",
        "waits for ever" if wait is None else f"waits at most {wait:g} s",
    ]
    if handler.benchmark_config is not None:
        facts.append("benchmarked")
    return ", ".join(facts)


def events(config: WorkerConfig, log: Path, settings: Settings | None = None) -> list[LogEvent]:
    """What the markers of a worker find in a log, in the order of its lines.

    Raises:
        SettingsError: A marker cannot work, or the log cannot be read.
    """
    actions = config.log_actions
    try:
        markers = LogMarkers(
            (settings and settings.error_markers) or actions.on_error,
            (settings and settings.load_markers) or actions.on_load,
            (settings and settings.info_markers) or actions.on_info,
        )
        if log.stat().st_size > _LARGEST_LOG:
            raise SettingsError(f"{log} is larger than {_LARGEST_LOG} bytes")
        return markers.scan(log.read_bytes())
    except OSError as error:
        raise SettingsError(f"the log {log} cannot be read: {reason_of(error)}") from error
    except ValueError as error:
        raise SettingsError(f"{error}") from error


def _events(config: WorkerConfig, settings: Settings, log: Path) -> list[str]:
    found = events(config, log, settings)
    counts = {
        kind: sum(event.kind == kind for event in found) for kind in ("load", "error", "info")
    }
    lines = [f"in {log}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items())]
    lines += [f"  {event.kind:<6}{event.marker!r}: {event.line}" for event in found[:_SHOWN_EVENTS]]
    if len(found) > _SHOWN_EVENTS:
        lines.append(f"  and {len(found) - _SHOWN_EVENTS} more")
    return lines
