"""The command line of a load test: `python -m pyworker load tgi -n 100 -rps 5 -e ENDPOINT`."""

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import trio

from pyworker.client.client import Client
from pyworker.client.script import add_endpoint_arguments, client_by_arguments, count
from pyworker.errors import SettingsError
from pyworker.finding import find_worker, worker_names
from pyworker.load.arrivals import fixed, poisson
from pyworker.load.drive import Request, Run
from pyworker.load.html import page
from pyworker.load.samples import Summary, summarise
from pyworker.load.table import show_progress, table
from pyworker.settings import read_settings
from pyworker.worker import HandlerConfig, WorkerConfig

_PRODUCTION, _LOCAL = "https://run.vast.ai", "http://127.0.0.1:8080"
# A million samples take a gigabyte; whoever needs more starts several clients.
_MOST_REQUESTS = 1_000_000


def main(argv: Sequence[str]) -> int:
    """Run a load test: 0 when every answer was good, 1 when not, 2 for a wrong command line."""
    asked = _parser().parse_args(argv)
    if asked.local:
        asked.autoscaler = _LOCAL
    try:
        config, handler = _handler(asked.worker, asked.route)
        client = client_by_arguments(asked, asked.attempts)
        if not 0 < asked.rps < float("inf") or not 1 <= asked.n <= _MOST_REQUESTS:
            raise SettingsError(f"-n is 1 to {_MOST_REQUESTS} requests, -rps is above 0")
    except SettingsError as error:
        sys.stderr.write(f"pyworker: {error}\n")
        return 2
    requests = list(_requests(config, handler, asked))
    began = time.process_time()
    run = trio.run(_run, client, requests)
    summary = summarise(run.samples, cpu_seconds=time.process_time() - began)
    sys.stdout.write(table(summary))
    try:
        _write(asked, summary, run)
    except OSError as error:
        sys.stderr.write(f"pyworker: the report could not be written: {error}\n")
        return 1
    return 0 if summary.served == len(requests) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pyworker load", description=__doc__)
    parser.add_argument("worker", help=f"whose benchmark is sent: {', '.join(worker_names())}")
    parser.add_argument("-n", type=int, required=True, help="number of requests")
    parser.add_argument("-rps", type=float, required=True, help="requests a second, on average")
    parser.add_argument("-l", "--local", action="store_true", help=f"autoscaler at {_LOCAL}")
    parser.add_argument("--route", help="of the worker (the benchmarked one)")
    parser.add_argument("--fixed", action="store_true", help="equal distances instead of Poisson")
    parser.add_argument("--seed", type=int, default=0, help="of payloads and arrivals (0)")
    parser.add_argument("--attempts", type=count, default=1, help="how often each is tried (1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report with plots there")
    add_endpoint_arguments(parser)
    parser.set_defaults(autoscaler=os.environ.get("AUTOSCALER_URL", _PRODUCTION))
    return parser


def _handler(name: str, route: str | None) -> tuple[WorkerConfig, HandlerConfig]:
    define = find_worker(name)
    if define is None:
        raise SettingsError(f"there is no worker {name!r}; there are {', '.join(worker_names())}")
    config: WorkerConfig = define(read_settings(os.environ))
    benchmarked, _ = config.benchmarked
    if route is None:
        return config, benchmarked
    for handler in config.handlers:
        if handler.route == route:
            return config, handler
    routes = ", ".join(handler.route for handler in config.handlers)
    raise SettingsError(f"{name} has no route {route}; it has {routes}")


def _requests(
    config: WorkerConfig, handler: HandlerConfig, asked: argparse.Namespace
) -> Iterator[Request]:
    """The run: payloads of the worker's benchmark, each with its workload as the cost."""
    rng = random.Random(asked.seed)
    _, benchmark = config.benchmarked
    starts = fixed(asked.n, asked.rps) if asked.fixed else poisson(asked.n, asked.rps, rng)
    for at in starts:
        payload = benchmark.payload(rng)
        yield Request(at, handler.route, payload, handler.workload_of(payload))


async def _run(client: Client, requests: Sequence[Request]) -> Run:
    run = Run(client)
    async with client, trio.open_nursery() as nursery:
        nursery.start_soon(show_progress, run, len(requests), sys.stderr)
        await run.drive(requests)
        nursery.cancel_scope.cancel()
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    return run


def _write(asked: argparse.Namespace, summary: Summary, run: Run) -> None:
    if asked.json is not None:
        asked.json.write_bytes(orjson.dumps(summary.as_json(), option=orjson.OPT_INDENT_2))
    if asked.html is not None:
        title = f"{asked.n} requests to {asked.worker} at {asked.rps:g}/s"
        asked.html.write_text(page(title, summary, run.samples))
