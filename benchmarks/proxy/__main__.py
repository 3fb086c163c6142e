"""`python -m benchmarks.proxy`: measure the servers, print the table. See README.md."""

import argparse
import json
import resource
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import trio

from benchmarks.proxy.cases import IDLE, STARTUP, Case, load_cases
from benchmarks.proxy.contenders import (
    Contender,
    Nginx,
    Ours,
    Peer,
    find_nginx,
    install_peer,
    our_package,
)
from benchmarks.proxy.errors import BenchmarkError, failures
from benchmarks.proxy.measure import Samples, measure, open_world
from benchmarks.proxy.table import as_json, table

# Two connections for each of 1024 streams in one process, and some room.
OPEN_FILES = 4096


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proxy", description=__doc__)
    which = parser.add_argument_group("servers (none named: ours, and nginx when it is found)")
    which.add_argument("--ours", action="store_true", help="python -m pyworker tgi")
    which.add_argument("--peer-python", type=Path, help="interpreter that has vastai 1.9.1")
    which.add_argument("--install-peer", type=Path, metavar="DIR", help="make that environment")
    which.add_argument("--nginx", action="store_true", help="nginx as the floor")
    parser.add_argument("--quick", action="store_true", help="one short round, for a first look")
    parser.add_argument("--only", metavar="CASE,...", help="these cases only")
    parser.add_argument("--rounds", type=int, help="rounds, default 3 (1 with --quick)")
    parser.add_argument("--events", type=int, help="per stream of ttft, default 100 (30)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every result there")
    parsed = parser.parse_args()
    parsed.rounds = parsed.rounds or (1 if parsed.quick else 3)
    parsed.events = parsed.events or (30 if parsed.quick else 100)
    return parsed


def chosen_contenders(options: argparse.Namespace) -> list[Contender]:
    """The servers that the command line names.

    Raises:
        BenchmarkError: one of them is not there.
    """
    peer_python = options.peer_python
    if options.install_peer:
        peer_python = install_peer(options.install_peer)
    named = bool(options.ours or peer_python or options.nginx)
    chosen: list[Contender] = []
    if options.ours or not named:
        if our_package() is None:
            raise BenchmarkError(
                "pyworker is not installed for this interpreter, nor in the checkout"
            )
        chosen.append(Ours())
    if peer_python:
        # Not resolved: the link inside an environment is what makes it one.
        chosen.append(Peer(Path.cwd() / peer_python))
    nginx = find_nginx()
    if options.nginx and nginx is None:
        raise BenchmarkError("nginx is not on PATH")
    if nginx and (options.nginx or not named):
        chosen.append(Nginx(nginx))
    return chosen


def chosen_cases(options: argparse.Namespace) -> tuple[list[Case], bool]:
    """The load cases, and whether start-ups are measured.

    Raises:
        BenchmarkError: there is no such case.
    """
    cases = load_cases(quick=options.quick, events=options.events)
    if not options.only:
        return cases, True
    only = set(options.only.split(","))
    known = {STARTUP, IDLE, *(case.name for case in cases)}
    if only - known:
        raise BenchmarkError(f"no such case: {only - known}; there are {sorted(known)}")
    return [case for case in cases if case.name in only], STARTUP in only


def raise_file_limit() -> None:
    """Let this process and its children have as many open files as the machine allows.

    Raises:
        BenchmarkError: the machine does not allow enough.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
        raise BenchmarkError(f"the limit for open files is {hard}; {OPEN_FILES} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def run(contenders: Sequence[Contender], options: argparse.Namespace) -> Samples | None:
    """Measure; None when a signal ended it early."""
    cases, start_ups = chosen_cases(options)
    with tempfile.TemporaryDirectory(prefix="proxy-benchmark-") as folder:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_on_signal, nursery.cancel_scope)
            async with open_world(Path(folder)) as world:
                samples = await measure(
                    world, contenders, cases, rounds=options.rounds, start_ups=start_ups
                )
            nursery.cancel_scope.cancel()
            return samples
    return None


async def _cancel_on_signal(scope: trio.CancelScope) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()
            return


def main() -> int:
    """0 = all figures are valid, 1 = some are not, 2 = it could not be measured."""
    options = arguments()
    contenders: list[Contender] = []
    failed: list[BenchmarkError] = []
    samples: Samples | None = None
    try:
        raise_file_limit()
        contenders = chosen_contenders(options)
        samples = trio.run(run, contenders, options)
    except* BenchmarkError as group:
        failed = failures(group)
    for failure in failed:
        print(f"benchmark: {failure}", file=sys.stderr)
    if failed:
        return 2
    if samples is None:
        print("benchmark: ended by a signal", file=sys.stderr)
        return 2
    print(table(samples, [contender.name for contender in contenders]))
    if options.json:
        options.json.write_text(json.dumps(as_json(samples), indent=1) + "\n")
    results = (r for by_name in samples.by_case.values() for rs in by_name.values() for r in rs)
    return 1 if any(result.errors for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
