"""The command line of a load test: `python -m pyworker load tgi -n 100 -rps 5 -e ENDPOINT`."""

import argparse
import os
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import orjson
import trio

from pyworker.client.client import Client
from pyworker.client.script import (
    INTERRUPTED,
    UNSIGNED,
    add_endpoint_arguments,
    client_by_arguments,
    count,
    interruptible,
    typed,
)
from pyworker.errors import InvalidRequest, SettingsError
from pyworker.finding import worker_names
from pyworker.load.drive import Run
from pyworker.load.html import page
from pyworker.load.requests import Requests, what_is_sent
from pyworker.load.samples import Summary, summarise
from pyworker.load.show import show_progress
from pyworker.load.table import table
from pyworker.reasons import reason_of

_PRODUCTION, _LOCAL = "https://run.vast.ai", "http://127.0.0.1:8080"
# A million samples take a gigabyte; whoever needs more starts several clients.
_MOST_REQUESTS = 1_000_000
GOOD, SOME_FAILED, USAGE = 0, 1, 2


def main(argv: Sequence[str], worker: str = "") -> int:
    """Run a load test: 0 when every answer was good, 1 when not, 2 for a wrong command line.

    Interrupted, it tells of what has ended until then, and gives 130.

    Args:
        argv: The command line.
        worker: Whose load test it is; empty when the command line says so.
    """
    asked = parser(worker).parse_args(argv)
    if asked.local:
        asked.autoscaler = _LOCAL
    try:
        if not 0 < asked.rps < float("inf") or not 1 <= asked.n <= _MOST_REQUESTS:
            raise SettingsError(f"-n is 1 to {_MOST_REQUESTS} requests, -rps is above 0")
        _must_be_writable(asked.json, asked.html)
        requests = what_is_sent(asked, os.environ)
        client = client_by_arguments(asked, asked.attempts)
    except (SettingsError, InvalidRequest) as error:
        sys.stderr.write(f"pyworker: {error}\n")
        return USAGE
    run = Run(client)
    at, began = datetime.now(UTC), time.process_time()
    interrupted = trio.run(interruptible, partial(_run, client, run, requests))
    used = time.process_time() - began
    summary = summarise(run.samples, cpu_seconds=used, delays=run.delays)
    sys.stdout.write(table(summary))
    if asked.direct and "status 401" in summary.errors:
        sys.stdout.write(f"\nwarning: {UNSIGNED}\n")
    try:
        _write(asked, summary, run, _about(asked, requests, at))
    except OSError as error:
        where = error.filename or "its file"
        told = f"the report could not be written to {where}: {reason_of(error)}"
        sys.stderr.write(f"pyworker: {told}\n")
        return SOME_FAILED
    if interrupted:
        return INTERRUPTED
    return GOOD if summary.served == requests.count else SOME_FAILED


def parser(worker: str = "") -> argparse.ArgumentParser:
    """The options, and the worker unless it is given."""
    description = "Send a worker's benchmark payloads at a set rate, and tell what became of them."
    prog = typed() if worker else "pyworker load"
    options = argparse.ArgumentParser(prog=prog, description=description)
    add = options.add_argument
    if worker:
        options.set_defaults(worker=worker)
    else:
        add("worker", help=f"whose payloads are sent: {', '.join(worker_names())}")
    add("-n", type=int, required=True, help="number of requests")
    add("-rps", type=float, required=True, help="requests a second, on average")
    add("-l", "--local", action="store_true", help=f"the autoscaler is at {_LOCAL}")
    add("--route", metavar="ROUTE", help="of the worker (default: the one that it benchmarks)")
    add("--payload", metavar="JSON", help="send this each time: JSON, @FILE, or - for stdin")
    add("--stream", action="store_true", help="ask for streams: `stream` is true in each payload")
    add("--fixed", action="store_true", help="equal distances instead of Poisson arrivals")
    # Another one each time: a server that keeps answers would have those of the last run.
    seed = secrets.randbelow(2**32)
    add("--seed", type=int, default=seed, help="of payloads and arrivals; the report has it")
    add("--attempts", type=count, default=1, help="how often each is tried (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="write the figures there")
    add("--html", type=Path, metavar="FILE", help="write a report with plots there")
    add_endpoint_arguments(options)
    options.set_defaults(autoscaler=os.environ.get("AUTOSCALER_URL", _PRODUCTION))
    return options


def _must_be_writable(*files: Path | None) -> None:
    # Found out before the test, which may take an hour, and not after it.
    for file in filter(None, files):
        if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
            raise SettingsError(f"the report {file} cannot be written")


async def _run(client: Client, run: Run, requests: Requests) -> None:
    async with client, trio.open_nursery() as nursery:
        nursery.start_soon(show_progress, run, requests.count, sys.stderr)
        await run.drive(requests)
        nursery.cancel_scope.cancel()


def _about(asked: argparse.Namespace, requests: Requests, at: datetime) -> dict[str, str]:
    return {
        "to": asked.direct or f"{asked.endpoint} by {asked.autoscaler}",
        "route": requests.route,
        "arrivals": f"{'fixed' if asked.fixed else 'Poisson'}, {asked.rps:g}/s",
        "attempts": str(asked.attempts),
        "seed": str(asked.seed),
        "started": at.strftime("%Y-%m-%d %H:%M:%S UTC"),
    }


def _write(asked: argparse.Namespace, summary: Summary, run: Run, about: Mapping[str, str]) -> None:
    if asked.json is not None:
        figures = {"about": about, **summary.as_json()}
        asked.json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    if asked.html is not None:
        title = f"{asked.n} requests to {asked.worker} at {asked.rps:g}/s"
        asked.html.write_text(page(title, summary, run.samples, about), encoding="utf-8")
