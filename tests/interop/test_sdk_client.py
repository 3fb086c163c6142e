"""The real SDK client (PyPI `vastai`) through our autoscaler and our tgi worker, to a simulated TGI.

The SDK gets an environment of its own, made once and kept in pytest's cache; PYWORKER_SDK_PYTHON
names an interpreter that has it already.
"""

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from fakes.process import Process, running

SDK = "vastai"
SDK_VERSION = "1.9.1"
CLIENT = Path(__file__).with_name("sdk_client.py")
API_KEY = "local-key"

# Making the environment downloads 60 MB and takes a minute on a slow machine.
_INSTALL_SECONDS = 600
pytestmark = [pytest.mark.interop, pytest.mark.timeout(_INSTALL_SECONDS + 120)]

# What pip says when it has no way to an index, rather than trouble with what it found there.
_UNREACHABLE = ("from versions: none", "Could not fetch URL", "Connection", "timed out")


@pytest.fixture(scope="session")
def sdk_python(request: pytest.FixtureRequest) -> str:
    """An interpreter that has the SDK, of exactly the version that is tested."""
    named = os.environ.get("PYWORKER_SDK_PYTHON")
    if named:
        assert _installed_version(named) == SDK_VERSION
        return named
    cache = request.config.cache
    folder = cache.mkdir(f"{SDK}-{SDK_VERSION}-py{sys.version_info[0]}.{sys.version_info[1]}")
    python = str(folder / "bin" / "python")
    if _installed_version(python) != SDK_VERSION:
        _install(folder, python)
    return python


def _installed_version(python: str) -> str:
    program = f"from importlib.metadata import version; print(version('{SDK}'))"
    try:
        done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def _install(folder: Path, python: str) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    install = [python, "-m", "pip", "install", "--quiet", f"{SDK}=={SDK_VERSION}"]
    done = subprocess.run(
        install, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS
    )
    if done.returncode and any(words in done.stderr for words in _UNREACHABLE):
        pytest.skip(f"{SDK}=={SDK_VERSION} cannot be had: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


# --- the loop: each part a process


@dataclass(frozen=True)
class Loop:
    """An autoscaler and a model server that run, in a folder of their own."""

    folder: Path
    sdk_python: str
    autoscaler_url: str
    model_url: str

    @asynccontextmanager
    async def worker(self, **settings: str) -> AsyncGenerator[Process]:
        """Run the tgi worker between the two; the end of the block is its end."""
        environ = {
            "REPORT_ADDR": self.autoscaler_url,
            "MODEL_SERVER_URL": self.model_url,
            "MODEL_LOG": str(self.folder / "infer.log"),
            "WORKER_HOST": "127.0.0.1",
            "WORKER_PORT": "0",
            "LOG_FORMAT": "json",
            **settings,
        }
        async with running(["tgi"], folder=self.folder, environ=environ) as process:
            yield process

    @asynccontextmanager
    async def sdk(self, scenario: str) -> AsyncGenerator[Process]:
        """Run a scenario of sdk_client.py."""
        arguments = [str(CLIENT), scenario, self.autoscaler_url, API_KEY]
        async with running(
            arguments, folder=self.folder, program=(), python=self.sdk_python
        ) as process:
            yield process

    async def told_by_sdk(self, scenario: str) -> dict[str, Any]:
        """Run a scenario to its end: the last that it told."""
        async with self.sdk(scenario) as process:
            code = await process.exit_code()
        assert code == 0, process.err.text
        return json.loads(process.out.lines[-1])

    async def state(self) -> dict[str, Any]:
        """All that the autoscaler knows."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{self.autoscaler_url}/state")).json()


@pytest.fixture
async def loop(sdk_python: str, tmp_path: Path) -> AsyncIterator[Loop]:
    model = ["sim", "llm", "--port", "0", "--log", "infer.log", "--load-seconds", "0.2"]
    speed = ["--prefill", "100000", "--decode", "400"]
    async with (
        running(["autoscaler", "--port", "0", "--no-table"], folder=tmp_path) as autoscaler,
        running([*model, *speed], folder=tmp_path) as sim,
    ):
        urls = [
            (await process.out.line("listening on")).split()[-1] for process in (autoscaler, sim)
        ]
        yield Loop(tmp_path, sdk_python, *urls)


async def ready(worker: Process) -> None:
    await worker.err.line("-> ready")


async def ended(worker: Process) -> list[dict[str, Any]]:
    """End the worker, after which all its reports are delivered: what it logged of its requests."""
    worker.send_signal(signal.SIGTERM)
    assert await worker.exit_code() == 0
    entries = [json.loads(line) for line in worker.err.lines]
    return [entry for entry in entries if entry["logger"] == "pyworker.request"]


# --- both routes


async def test_both_routes_are_served_and_the_sums_agree(loop: Loop) -> None:
    async with loop.worker() as worker:
        await ready(worker)
        told = await loop.told_by_sdk("requests")
        logged = await ended(worker)

    for answer, tokens in zip(told["whole"], (10, 25, 20, 20, 20, 20), strict=True):
        assert (answer["ok"], answer["status"]) == (True, 200)
        assert len(answer["response"]["generated_text"].split()) > tokens / 4
    for stream, tokens in zip(told["streams"], (15, 30, 30, 30, 30), strict=True):
        assert (stream["ok"], stream["status"]) == (True, 200)
        events = stream["events"]
        assert [event["index"] for event in events] == list(range(1, tokens + 1))
        text = "".join(event["token"]["text"] for event in events)
        assert events[-1]["generated_text"] == text

    sent = 10 + 25 + 15 + 4 * 20 + 4 * 30
    assert {entry["outcome"] for entry in logged} == {"served"}
    assert math.fsum(entry["workload"] for entry in logged) == sent
    state = await loop.state()
    [account] = state["workers"]
    assert account["sums"] == {"new_load": sent, "cur_perf": sent, "rej_load": 0}
    assert account["ended"] == {"Success": 11}
    assert account["grants"]["issued"] == 11
    assert account["grants"]["cost"] == sent
    assert account["grants"]["pending"] == 0
    assert account["last"]["cur_load"] == account["last"]["num_requests_working"] == 0
    assert account["last"]["num_requests_recieved"] == 11
    assert state["refusals"]["count"] == 0

    # The numbers of the requests are those that the client was given.
    given = {answer["request_idx"] for answer in told["whole"]}
    assert given <= {entry["request_idx"] for entry in logged}
    [seen] = told["workers"]
    assert seen["status"] == "idle"
    assert seen["measured_perf"] > 0
    # The worker has stopped: nobody may be routed to it.
    assert account["max_perf"] == 0


# --- what goes wrong


async def test_errors_reach_the_caller_as_the_sdk_reads_them(loop: Loop) -> None:
    async with loop.worker(MAX_PERF="1") as worker:
        await ready(worker)
        told = await loop.told_by_sdk("errors")
        logged = await ended(worker)

    for malformed in (told["malformed"], told["malformed_stream"]):
        assert (malformed["ok"], malformed["status"]) == (False, 422)
        assert malformed["response"]["payload"] == {
            "parameters.max_new_tokens": "must be an integer"
        }
    invalid = told["invalid"]
    assert (invalid["ok"], invalid["status"]) == (False, 422)
    assert invalid["response"]["error_type"] == "validation"  # the model's own words
    assert (told["nowhere"]["ok"], told["nowhere"]["status"]) == (False, 404)
    assert told["first"]["token"]["text"]
    full = told["full"]
    assert (full["ok"], full["status"]) == (False, 429)
    assert full["response"]["code"] == "queue_full"

    assert [entry["outcome"] for entry in logged if entry["workload"]] == [
        "model_error",
        "queue_full",
        "cancelled",
    ]
    [account] = (await loop.state())["workers"]
    assert account["sums"]["cur_perf"] == 0
    assert account["sums"]["rej_load"] == 10
    assert account["ended"] == {"Error": 1, "Rejected": 1, "Cancelled": 1}


async def test_a_worker_that_is_not_ready_is_waited_for(loop: Loop) -> None:
    async with loop.sdk("wait") as client:
        await client.out.line('{"status": "Polling"}')
        async with loop.worker(MAX_PERF="1000") as worker:
            with trio.fail_after(60):
                assert await client.exit_code() == 0
            told = json.loads(client.out.lines[-1])
            assert await ended(worker)
    assert "Polling" in told["seen"]
    assert (told["result"]["ok"], told["result"]["status"]) == (True, 200)
    state = await loop.state()
    assert state["routes"]["waiting"] >= 1
    assert state["routes"]["ready"] == state["requests"] == 1  # polled under one number


# --- the autoscaler as the SDK's own worker sees it


async def test_a_grant_is_accepted_by_the_sdks_own_check(loop: Loop) -> None:
    async with loop.worker(MAX_PERF="1000") as worker:
        await ready(worker)
        told = await loop.told_by_sdk("verify")
    assert told == {"status": "READY", "grant": True, "forged": False}
