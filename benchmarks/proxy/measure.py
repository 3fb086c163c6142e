"""The life of a run: the neighbours, the start-ups, then every case on every server in turn."""

import json
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import trio

from benchmarks.proxy.autoscaler import Autoscaler
from benchmarks.proxy.cases import EVENTS_PER_SECOND, IDLE, STARTUP, Case
from benchmarks.proxy.children import (
    REPOSITORY,
    Child,
    clean_environment,
    free_port,
    log_tail,
    run_load,
    running,
    until_ended,
    until_listening,
)
from benchmarks.proxy.contenders import Contender, Place
from benchmarks.proxy.cpuclock import process_tree, resident_bytes
from benchmarks.proxy.errors import BenchmarkError
from benchmarks.proxy.grants import SigningKey
from benchmarks.proxy.responses import parse_answer
from benchmarks.proxy.spec import Result

MIB = 1024 * 1024

LISTEN_SECONDS = 20.0
FIRST_REPORT_SECONDS = 20.0
# The peer tells up to 10 s late that it is ready, and may wait 10 s for a health probe before.
READY_SECONDS = 60.0
# After "ready", before memory is read: first reports and probes are over.
SETTLE_SECONDS = 2.0
# Between two cases on the same server: reports about the first one, sent once a second, are out.
PAUSE_SECONDS = 1.2


@dataclass
class Samples:
    """All results of all rounds, by case and server."""

    by_case: dict[str, dict[str, list[Result]]] = field(
        default_factory=dict[str, dict[str, list[Result]]]
    )

    def add(self, case: str, name: str, result: Result) -> None:
        """Keep a result and say it on standard error."""
        self.by_case.setdefault(case, {}).setdefault(name, []).append(result)
        told = " ".join(f"{key}={value:.4g}" for key, value in result.figures.items())
        wrong = f" {result.errors} ERRORS {result.examples}" if result.errors else ""
        print(f"{case:10} {name:14} {told}{wrong}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Member:
    """A server that is up."""

    contender: Contender
    place: Place
    process: Child
    spawned: float  # trio's clock
    listening: float


class World:
    """The neighbours of every server: the model stand-in, the fake autoscaler, a folder."""

    def __init__(self, folder: Path, key: SigningKey, autoscaler: Autoscaler) -> None:
        self.folder = folder
        self.key = key
        self.autoscaler = autoscaler
        self.model_port = free_port()
        self.model_log = folder / "model.log"
        self.model_pid = 0
        self._ids = count(1)

    @asynccontextmanager
    async def model(self) -> AsyncGenerator[None]:
        """The model stand-in, for the time of the block."""
        command = [sys.executable, "-m", "benchmarks.proxy.standin"]
        command += [str(self.model_port), str(self.model_log), str(EVENTS_PER_SECOND)]
        output = self.folder / "standin.log"
        environment = clean_environment()
        async with running(command, env=environment, cwd=REPOSITORY, log=output) as process:
            try:
                await until_listening(process, self.model_port, LISTEN_SECONDS)
            except BenchmarkError as error:
                raise BenchmarkError(f"model stand-in: {error}\n{log_tail(output)}") from error
            self.model_pid = process.pid
            yield

    async def model_counts(self) -> dict[str, float]:
        """What the stand-in counted since the last call; its /stats."""
        async with await trio.open_tcp_stream("127.0.0.1", self.model_port) as stream:
            await stream.send_all(b"GET /stats HTTP/1.1\r\nhost: model\r\n\r\n")
            data = b""
            while (answer := parse_answer(data)) is None:
                data += await stream.receive_some()
        return {f"model_{name}": value for name, value in json.loads(answer.body).items()}

    @asynccontextmanager
    async def member(self, contender: Contender) -> AsyncGenerator[Member]:
        """A server in a folder of its own, for the time of the block.

        Raises:
            BenchmarkError: it does not listen in time.
        """
        number = next(self._ids)
        place = Place(
            port=free_port(),
            worker_id=1000 + number,
            folder=self.folder / f"{number}-{contender.name.replace(' ', '-')}",
            autoscaler_url=self.autoscaler.url,
            model_url=f"http://127.0.0.1:{self.model_port}",
            model_log=self.model_log,
        )
        place.folder.mkdir()
        output = place.folder / "output.log"
        command, environment = contender.launch(place)
        spawned = trio.current_time()
        async with running(command, env=environment, cwd=place.folder, log=output) as process:
            try:
                listening = await until_listening(process, place.port, LISTEN_SECONDS)
            except BenchmarkError as error:
                raise BenchmarkError(f"{contender.name}: {error}\n{log_tail(output)}") from error
            yield Member(contender, place, process, spawned, listening)

    async def until_ready(self, member: Member) -> float | None:
        """Seconds from exec to the report that says ready; None for what never reports.

        Raises:
            BenchmarkError: no such report in time.
        """
        if not member.contender.reports:
            return None
        worker_id = member.place.worker_id
        ready: list[float] = []

        async def wait(scope: trio.CancelScope) -> None:
            ready.append(await self.autoscaler.ready_report(worker_id))
            scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait, nursery.cancel_scope)
            await until_ended(member.process, READY_SECONDS)
            nursery.cancel_scope.cancel()
        if ready:
            return ready[0] - member.spawned
        told = self.autoscaler.last_error(worker_id) or "no error reported"
        tail = log_tail(member.place.folder / "output.log")
        raise BenchmarkError(f"{member.contender.name} did not become ready: {told}\n{tail}")

    async def run_case(self, case: Case, member: Member) -> Result:
        """One case on one server, with the stand-in's own counts beside the figures."""
        await self.model_counts()
        spec = case.spec(
            member.place.url,
            self.key.sign(member.place.url),
            process_tree(member.process.pid),
            self.model_pid,
        )
        result = await run_load(spec)
        if result.figures:
            result.figures |= await self.model_counts()
        if member.process.poll() is not None:
            result.wrong(f"the server ended with code {member.process.returncode}")
        return result


@asynccontextmanager
async def open_world(folder: Path) -> AsyncGenerator[World]:
    """The neighbours, for the time of the block; `folder` must exist and be empty."""
    key = SigningKey()
    autoscaler = Autoscaler(key)
    async with trio.open_nursery() as nursery:
        await nursery.start(autoscaler.serve)
        world = World(folder, key, autoscaler)
        async with world.model():
            yield world
        nursery.cancel_scope.cancel()


async def measure(
    world: World,
    contenders: Sequence[Contender],
    cases: Sequence[Case],
    *,
    rounds: int,
    start_ups: bool,
) -> Samples:
    """Everything, server after server within each round, so that a slow minute hits all of them."""
    samples = Samples()
    if start_ups:
        for _ in range(rounds):
            for contender in contenders:
                samples.add(STARTUP, contender.name, await _start_up(world, contender))
    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(world.member(each)) for each in contenders]
        for member in members:
            samples.add(IDLE, member.contender.name, await _idle(world, member))
        for case in cases:
            for turn in range(rounds):
                # Another one begins in each round.
                for place in range(len(members)):
                    member = members[(turn + place) % len(members)]
                    result = await world.run_case(case, member)
                    samples.add(case.name, member.contender.name, result)
                    if len(members) == 1:
                        await trio.sleep(PAUSE_SECONDS)
    return samples


async def _start_up(world: World, contender: Contender) -> Result:
    result = Result()
    async with world.member(contender) as member:
        result.figures["listening_ms"] = (member.listening - member.spawned) * 1000
        if contender.reports:
            with trio.move_on_after(FIRST_REPORT_SECONDS) as limit:
                reported = await world.autoscaler.first_report(member.place.worker_id)
                result.figures["first_report_ms"] = (reported - member.spawned) * 1000
            if limit.cancelled_caught:
                result.wrong(f"no report within {FIRST_REPORT_SECONDS:.0f} s")
    return result


async def _idle(world: World, member: Member) -> Result:
    result = Result()
    ready = await world.until_ready(member)
    if ready is not None:
        result.figures["ready_ms"] = ready * 1000
    await trio.sleep(SETTLE_SECONDS)
    tree = process_tree(member.process.pid)
    result.figures["rss_mib"] = sum(resident_bytes(pid) for pid in tree) / MIB
    return result
