"""A tgi worker as a process of its own, between a model server and an autoscaler of the test's."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import trio

from fakes.client import RawClient, connect, post
from fakes.grants import autoscaler as signer
from fakes.model import Call, FakeModel, by_hand
from fakes.process import Process, running
from fakes.status_receiver import PATIENCE, StatusReceiver

# What a loaded TGI says last, from its real log.
LOADED = (
    '{"timestamp":"2026-05-02T10:00:00.000000Z","level":"INFO","message":"Connected",'
    '"target":"text_generation_router::server","filename":"router/src/server.rs",'
    '"line_number":2302}\n'
)


@dataclass(frozen=True)
class Stage:
    """Everything around a worker: the other ends of its wires, and a folder of its own."""

    autoscaler: StatusReceiver
    model: FakeModel
    folder: Path

    @property
    def model_log(self) -> Path:
        """The log of the model server."""
        return self.folder / "infer.log"

    def environ(self, **settings: str) -> dict[str, str]:
        """The environment of a worker on this stage; a pinned MAX_PERF saves the benchmark."""
        return {
            "REPORT_ADDR": self.autoscaler.url,
            "MODEL_SERVER_URL": self.model.url,
            "MODEL_LOG": str(self.model_log),
            "WORKER_HOST": "127.0.0.1",
            "WORKER_PORT": "0",
            "MAX_PERF": "1000",
            **settings,
        }

    @asynccontextmanager
    async def worker(self, **settings: str) -> AsyncGenerator["WorkerProcess"]:
        """Run a worker that listens; the end of the block is its end."""
        async with running(
            ["tgi"], folder=self.folder, environ=self.environ(**settings)
        ) as process:
            line = await process.err.line("listens on port")
            found = re.search(r"listens on port (\d+)", line)
            assert found is not None
            yield WorkerProcess(process, int(found[1]))

    @asynccontextmanager
    async def silent_worker(self, **settings: str) -> AsyncGenerator["WorkerProcess"]:
        """Run a worker that says nothing of its port; the model's log must say it is loaded."""
        async with running(
            ["tgi"], folder=self.folder, environ=self.environ(**settings)
        ) as process:
            ready = await self.autoscaler.status(lambda status: status["loadtime"] > 0)
            yield WorkerProcess(process, int(ready["url"].rpartition(":")[2]))

    @asynccontextmanager
    async def ready_worker(self, **settings: str) -> AsyncGenerator["WorkerProcess"]:
        """Run a worker whose model is loaded."""
        self.model_log.write_text(LOADED)
        async with self.worker(**settings) as worker:
            await self.autoscaler.status(lambda status: status["loadtime"] > 0)
            yield worker

    async def stream_call(self) -> Call:
        """The next stream that the worker asks the model server for, begun."""
        with trio.move_on_after(PATIENCE):
            while True:
                call = await self.model.next_call()
                if call.target == "/generate_stream":
                    await call.start(headers=[(b"Content-Type", b"text/event-stream")])
                    return call
        raise AssertionError("the model server was not asked for a stream")


@asynccontextmanager
async def stage(folder: Path) -> AsyncGenerator[Stage]:
    """Run a model server and an autoscaler."""
    receiver, model = StatusReceiver(), FakeModel()
    model.script(tgi)
    async with trio.open_nursery() as nursery:
        await nursery.start(receiver.serve)
        await nursery.start(model.serve)
        yield Stage(receiver, model, folder)
        nursery.cancel_scope.cancel()


async def tgi(call: Call) -> None:
    """A model server that is well; its streams are driven by the test."""
    await call.body()
    if call.target == "/generate_stream":
        await by_hand(call)
    elif call.target == "/generate":
        body = json.dumps({"generated_text": "Once upon a time."}).encode()
        await call.answer(headers=[(b"Content-Type", b"application/json")], body=body)
    else:
        await call.answer(body=b"")


@dataclass(frozen=True)
class WorkerProcess:
    """A worker that listens on `port` of 127.0.0.1."""

    process: Process
    port: int

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> httpx.AsyncClient:
        """A client of it."""
        return httpx.AsyncClient(base_url=self.url, timeout=PATIENCE, trust_env=False)

    @asynccontextmanager
    async def idle_connection(self) -> AsyncGenerator[RawClient]:
        """A connection that has served a request and is kept for the next."""
        client = await connect(self.port)
        async with client.stream:
            await client.send(b"GET /ping HTTP/1.1\r\nHost: worker\r\n\r\n")
            assert await client.answer() == (200, b"pong")
            yield client

    @asynccontextmanager
    async def open_stream(
        self, *, tokens: int = 100, receive_buffer: int = 0
    ) -> AsyncGenerator[RawClient]:
        """Ask for a stream of `tokens` new tokens; the head of its answer is still to be read."""
        client = await connect(self.port, receive_buffer=receive_buffer)
        async with client.stream:
            await client.send(post("/generate_stream", envelope(tokens)))
            yield client


def envelope(tokens: int, request_idx: int = 7) -> bytes:
    """A request with a valid grant."""
    payload = json.dumps({"inputs": "hello", "parameters": {"max_new_tokens": tokens}})
    grant = signer().grant(cost=float(tokens), request_idx=request_idx)
    return signer().envelope(payload.encode(), grant=grant)
