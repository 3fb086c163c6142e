"""The wrapper behind its routes: runs jobs in ComfyUI one by one, saves images, logs it all."""

import random
import time
import uuid
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import trio

from pyworker.sim.engine import Engine, GenerationFailed, Job, Overloaded
from pyworker.sim.faults import Fault, FaultKind, FaultPlan
from pyworker.sim.image.places import Place, Places, Result
from pyworker.sim.image.story import lines
from pyworker.sim.image.work import JobFailed, Work, work_of
from pyworker.sim.log import LogWriter
from pyworker.sim.media.png import png

# ComfyUI keeps the results of its last workflow's nodes; here of so many workflows.
_CACHED = 256
# The engine counts in parts of a step, so that a cached job can take less than one.
PARTS = 100
# How long the wrapper looks for a ComfyUI that is gone, as measured.
_GONE_SECONDS = 3.0

_PREPROCESS = "INFO:workers.preprocess_worker:PreprocessWorker 1"
_GENERATION = "INFO:workers.generation_worker:GenerationWorker 1"
_POSTPROCESS = "INFO:workers.postprocess_worker:PostprocessWorker 1"

_OUT_OF_MEMORY = """\
!!! Exception during processing !!! CUDA out of memory
Traceback (most recent call last):
torch.OutOfMemoryError: CUDA out of memory"""


class ConnectionCut(Exception):
    """The fault `cut` struck: the client's connection is to be reset."""


class Wrapper:
    """The wrapper and its ComfyUI.

    Args:
        engine: ComfyUI's time: one job at once; a token is one of the PARTS of a step of a tile.
        plan: The faults that hit jobs and probes.
        log: Gets the wrapper's and ComfyUI's lines.
        output: The folder for images.
        seed: Chooses ids and random numbers.
    """

    def __init__(
        self, engine: Engine, plan: FaultPlan, log: LogWriter, *, output: Path, seed: int
    ) -> None:
        self.engine = engine
        self.plan = plan
        self.ready = False  # ComfyUI has loaded
        self.places = Places()
        self._log = log
        self._output = output.absolute()
        self._rng = random.Random(seed)
        self._cache: OrderedDict[bytes, None] = OrderedDict()
        self._saved = 0

    @property
    def healthy(self) -> bool:
        """Whether ComfyUI answers."""
        return self.ready and self.engine.failure is None

    def kill(self) -> None:
        """ComfyUI is gone: jobs fail, the wrapper's health says so, and it never comes back."""
        self.engine.fail("WebSocket closed and job not in queue or history")

    def cancel(self, id_: str, place: Place) -> None:
        """End the jobs of that id."""
        message = "Request cancelled by client"
        place.settle(Result(code=499, id=id_, status="cancelled", message=message))
        self._write(f"INFO:main:Cancelled request {id_}")

    async def run(self, request: Mapping[str, Any], client: str, *, inline: bool) -> Result:
        """Do one job.

        Args:
            request: `input` of the request.
            client: Address and port, for the log.
            inline: Whether the files' contents are in the result, as base64.

        Raises:
            ConnectionCut: Instead of an answer.
        """
        asked = request.get("request_id")
        id_ = asked if isinstance(asked, str) and asked else self._new_id()
        fault = self.plan.take_for_request()
        if self.engine.full or (fault is not None and fault.kind is FaultKind.REFUSE):
            running = len(self.engine.running) + self.engine.queued
            message = f"Worker at capacity ({running} in flight); retry shortly"
            return Result(code=503, id=id_, status="failed", message=message)
        self._write(f"{_PREPROCESS} processing job: {id_}")
        self._write(f"INFO:main:Queued synchronous request {id_}")
        began, queued_at = trio.current_time(), time.time_ns() // 1_000_000
        place = self.places.open(id_)
        try:
            with place.job() as scope:
                done = await self._result(id_, request, fault, inline=inline)
                took = round((trio.current_time() - began) * 1000)
                place.settle(replace(done, timings=_timings(queued_at, took)))
        except (trio.Cancelled, ConnectionCut):
            self._write(f'INFO:main:{client} - "POST /generate/sync" 499 DISCONNECTED for {id_}')
            self._write(f"INFO:main:Marked request {id_} as cancelled")
            message = "Request cancelled due to client disconnection"
            place.settle(Result(code=499, id=id_, status="cancelled", message=message))
            raise
        assert place.result is not None, "a job ends with a result, or by one"
        if scope.cancelled_caught and place.result.status != "cancelled":
            self._log_failure(id_, f"Request {id_} not found in store")
        return place.result

    async def _result(
        self, id_: str, request: Mapping[str, Any], fault: Fault | None, *, inline: bool
    ) -> Result:
        try:
            work = work_of(request, self._rng)
            self._write(f"{_PREPROCESS} completed job: {id_}")
            with self._submitted(fault) as job:
                await self._generate(id_, work, job, fault)
                job.finish()
        except GenerationFailed as error:
            await trio.sleep(_GONE_SECONDS)
            return self._failed(id_, f"Generation failed: {error}")
        except (JobFailed, Overloaded) as error:
            return self._failed(id_, str(error))
        output = tuple([await self._save(id_, work, inline=inline) for _ in range(work.images)])
        self._write(f"{_POSTPROCESS} completed job: {id_}")
        message = "Processing complete."
        return Result(code=200, id=id_, status="completed", message=message, output=output)

    def _submitted(self, fault: Fault | None) -> Job:
        slow = fault is not None and fault.kind is FaultKind.SLOW
        return self.engine.submit(0, slowness=fault.factor if slow and fault else 1.0)

    async def _generate(self, id_: str, work: Work, job: Job, fault: Fault | None) -> None:
        """Wait while ComfyUI works, unless it has done the same before."""
        self._write(f"{_GENERATION} processing job: {id_}\ngot prompt")
        # At least the smallest part: a cached job waits its turn, too, and takes no time then.
        parts = 1 if work.key in self._cache else max(1, work.units * PARTS)
        strikes_at = fault.strikes_at(work.units) if fault is not None else None
        if fault is not None and strikes_at is not None:
            await job.ready(max(1, strikes_at * PARTS))
            await self._strike(fault)
        await job.ready(parts)
        job.take(parts)
        self._cache[work.key] = None
        while len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        seconds = trio.current_time() - job.started_at
        self._write(f"Prompt executed in {seconds:.2f} seconds")
        self._write(f"{_GENERATION} completed job: {id_}")

    async def _strike(self, fault: Fault) -> None:
        if fault.kind is FaultKind.HANG:
            await trio.sleep_forever()
        if fault.kind is FaultKind.CUT:
            raise ConnectionCut
        if fault.kind is FaultKind.CRASH:
            self.kill()
            raise GenerationFailed(str(self.engine.failure))
        self._write(_OUT_OF_MEMORY)
        raise JobFailed("Generation failed: ComfyUI execution error: CUDA out of memory")

    def _failed(self, id_: str, message: str) -> Result:
        self._log_failure(id_, message.removeprefix("Generation failed: "))
        return Result(code=500, id=id_, status="failed", message=message)

    def _log_failure(self, id_: str, reason: str) -> None:
        self._write(
            f"ERROR:workers.generation_worker:GenerationWorker 1 failed job {id_}: {reason}"
        )

    async def _save(self, id_: str, work: Work, *, inline: bool) -> dict[str, Any]:
        self._saved += 1
        name = f"{work.prefix}_{self._saved:05}_.png"
        folder = trio.Path(self._output / uuid.uuid5(uuid.NAMESPACE_URL, id_).hex)
        await folder.mkdir(parents=True, exist_ok=True)
        content = png(*self._rng.randbytes(3))
        await (folder / name).write_bytes(content)
        described: dict[str, Any] = {
            "filename": name,
            "local_path": str(folder / name),
            "type": "output",
            "subfolder": "",
            "node_id": work.node,
            "output_type": "images",
        }
        if inline:
            described |= {"data": b64encode(content).decode(), "mimetype": "image/png"}
        return described

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def _write(self, text: str) -> None:
        for line in lines(text):
            self._log.write(line)

    def access(self, client: str, method: str, path: str, status: str) -> None:
        """Log a request as uvicorn does, with its status and reason."""
        self._write(f'INFO:     {client} - "{method} {path} HTTP/1.1" {status}')


def _timings(queued_at: int, took: int) -> dict[str, int]:
    """All in milliseconds."""
    return {"queued_at_ms": queued_at, "completed_at_ms": queued_at + took, "total_ms": took}
