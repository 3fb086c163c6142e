"""`python -m benchmarks.proxy.profile`: where a worker's CPU goes in one case, by own time.

cProfile runs the worker from its first import on and slows small Python functions more than large
ones, so it tells where to look and not what it costs. py-spy, when installed, samples from outside
instead, during the case only, and sees native functions too.
"""

import argparse
import pstats
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import trio

from benchmarks.proxy.cases import Case, load_cases
from benchmarks.proxy.children import STOP_SECONDS, run_child, until_ended
from benchmarks.proxy.contenders import Contender, Ours, Peer
from benchmarks.proxy.errors import BenchmarkError, failures
from benchmarks.proxy.measure import World, open_world
from benchmarks.proxy.spec import Result

EVENTS = 100  # per stream of the ttft cases
SAMPLES_PER_SECOND = 200  # py-spy stops the worker for each
SPY_SECONDS = 4  # most cases take a little longer; all are busy that long
SPY_SLACK = 30.0  # seconds; py-spy reads the symbols of every library first


def arguments(names: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proxy.profile")
    parser.add_argument("--case", choices=names, default="events-64")
    parser.add_argument("--top", type=int, default=30, metavar="N", help="functions to print")
    parser.add_argument("--py-spy", action="store_true", help="sample with py-spy (on PATH)")
    parser.add_argument("--native", action="store_true", help="C functions too, with --py-spy")
    parser.add_argument("--peer-python", type=Path, help="profile the peer instead of ours")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the raw profile there")
    return parser.parse_args()


def contender(options: argparse.Namespace, interpreter_options: tuple[str, ...]) -> Contender:
    """The worker to profile."""
    if options.peer_python:
        return Peer(Path.cwd() / options.peer_python, interpreter_options)
    return Ours(interpreter_options)


async def with_cprofile(world: World, case: Case, options: argparse.Namespace, raw: Path) -> Result:
    """The case against a worker that cProfile started; it writes the profile when it ends."""
    chosen = contender(options, ("-m", "cProfile", "-o", str(raw)))
    async with world.member(chosen) as member:
        await world.until_ready(member)
        result = await world.run_case(case, member)
        # Not SIGTERM: a worker without a handler for it would end without writing.
        member.process.send_signal(signal.SIGINT)
        await until_ended(member.process, STOP_SECONDS)
    return result


async def with_py_spy(world: World, case: Case, options: argparse.Namespace, raw: Path) -> Result:
    """The case against a plain worker, with py-spy looking on.

    Raises:
        BenchmarkError: there is no py-spy, or it may not look into another process.
    """
    py_spy = _find_py_spy()
    results: list[Result] = []
    async with world.member(contender(options, ())) as member:
        await world.until_ready(member)
        command = [py_spy, "record", "--pid", str(member.process.pid)]
        command += ["--format", "raw", "--output", str(raw), "--duration", str(SPY_SECONDS)]
        command += ["--rate", str(SAMPLES_PER_SECOND), "--function"]
        if options.native:
            command.append("--native")

        async def load() -> None:
            results.append(await world.run_case(case, member))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(load)
            await run_child(command, seconds=SPY_SECONDS + SPY_SLACK, what="py-spy")
    return results[0]


def _find_py_spy() -> str:
    found = shutil.which("py-spy") or shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if found is None:
        raise BenchmarkError("py-spy is not on PATH, nor beside this interpreter")
    return found


def print_cprofile(raw: Path, top: int) -> None:
    """The functions with the most own time.

    Raises:
        BenchmarkError: the worker was killed before it wrote its profile.
    """
    if not raw.exists():
        raise BenchmarkError("the worker ended without writing its profile")
    stats = pstats.Stats(str(raw))
    stats.strip_dirs().sort_stats("tottime").print_stats(top)


def print_py_spy(raw: Path, top: int) -> None:
    """The functions that were on top of the stack most often; waiting is left out by py-spy."""
    leaves: Counter[str] = Counter()
    for line in raw.read_text().splitlines():
        stack, _, samples = line.rpartition(" ")
        leaves[stack.rpartition(";")[2]] += int(samples)
    total = leaves.total() or 1
    for name, samples in leaves.most_common(top):
        print(f"{samples / total:6.1%}  {name}")


async def run(case: Case, options: argparse.Namespace, raw: Path) -> None:
    """Profile and print."""
    profile: Callable[[World, Case, argparse.Namespace, Path], Awaitable[Result]]
    profile = with_py_spy if options.py_spy else with_cprofile
    with tempfile.TemporaryDirectory(prefix="proxy-profile-") as folder:
        async with open_world(Path(folder)) as world:
            result = await profile(world, case, options, raw)
    (print_py_spy if options.py_spy else print_cprofile)(raw, options.top)
    print(f"{case.name}, profiled: {result.figures}, {result.errors} errors {result.examples}")


def main() -> int:
    """0 = profiled, 2 = not."""
    cases = {case.name: case for case in load_cases(quick=False, events=EVENTS)}
    options = arguments(list(cases))
    failed: list[BenchmarkError] = []
    with tempfile.TemporaryDirectory(prefix="proxy-profile-") as folder:
        raw = (Path.cwd() / options.keep) if options.keep else Path(folder) / "raw"
        try:
            trio.run(run, cases[options.case], options, raw)
        except* BenchmarkError as group:
            failed = failures(group)
    for failure in failed:
        print(f"profile: {failure}", file=sys.stderr)
    return 2 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
