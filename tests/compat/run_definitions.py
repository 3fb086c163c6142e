"""Runs real definitions as they are, each against a fake model, and prints what became of it.

    python tests/compat/run_definitions.py FOLDER...

Every script below the folders that starts a worker or a deployment is described, started, measured
by its own benchmark, sent one request on each route, and stopped. Libraries that only their benchmarks
need (nltk, transformers) are those of tests/compat/shims, since they download.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import trio

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from fakes.grants import autoscaler  # noqa: E402 - after the path to it
from fakes.model import Call, FakeModel  # noqa: E402

_STARTS = re.compile(r"\bWorker\(|\bstart_server\(|\bensure_ready\(")
_IMPORTS = re.compile(r"^\s*(from|import) (vastai|lib\.backend|lib\.server)\b", re.MULTILINE)
# What their environments give: any of it may be read when they are imported.
_ENVIRON = {
    "MODEL_NAME": "a-model",
    "COMFY_MODEL": "flux",
    "MODEL_HEALTH_ENDPOINT": "/health",
    "UNSECURED": "true",
    "WORKER_HOST": "127.0.0.1",
    "WORKER_PORT": "0",
    "WORKER_HTTP_PORT": "0",
    "LOG_FORMAT": "text",
}
_PATIENCE = 40.0  # seconds for each step of one definition
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class Found:
    """One definition and what became of it."""

    path: Path
    generation: str = ""
    routes: list[str] = field(default_factory=list[str])
    result: str = ""


def definitions(folders: list[Path]) -> Iterator[Path]:
    """The files below `folders` that start a worker."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            text = path.read_text(errors="replace")
            parts = {*path.parts, path.stem}
            beside = parts & {"lib", "client", "tests", "test_worker"} or "vastai/" in str(path)
            if not beside and _STARTS.search(text) and _IMPORTS.search(text):
                yield path


def generation(path: Path) -> str:
    text = path.read_text(errors="replace")
    if "vastai" in text:
        return "C"
    siblings = [path, *path.parent.rglob("*.py")]
    return "B" if any("healthcheck_endpoint" in p.read_text() for p in siblings) else "A"


async def play(found: Found, python: str, work: Path) -> None:
    """Describe, start, ask and stop one definition."""
    log = work / "model.log"
    log.touch()
    image = work / "image.png"
    image.write_bytes(_PNG)
    environ = {
        **os.environ,
        **_ENVIRON,
        "MODEL_LOG": str(log),
        # Where those that start their model server themselves let it write; it cannot run here.
        "MODEL_LOG_FILE": str(work / "own.log"),
        "PYWORKER_MODEL_LOG_FILE": str(work / "own.log"),
        "BENCHMARK_CACHE": str(work / "benchmark.json"),
        "REPORT_ADDR": "http://127.0.0.1:9",
        "PYTHONPATH": os.pathsep.join([str(HERE.parent.parent), str(HERE / "shims")]),
    }
    async with trio.open_nursery() as nursery:
        model = FakeModel()
        model.script(answer_with(image))
        await nursery.start(model.serve)
        environ["MODEL_SERVER_URL"] = model.url
        command = [python, "-m", "pyworker", "run", "--model-url", model.url, "--log", str(log)]
        described = await trio.run_process(
            [*command, "--describe", str(found.path)],
            env=environ,
            cwd=work,
            capture_stdout=True,
            capture_stderr=True,
            check=False,
        )
        try:
            about = json.loads(described.stdout[described.stdout.index(b"{\n") :])
        except ValueError:
            found.result = last_sentence(described.stderr.decode())
        else:
            found.routes = [route["route"] for route in about["routes"]]
            await serve(found, about, [*command, str(found.path)], environ, work, log)
        nursery.cancel_scope.cancel()


async def serve(
    found: Found,
    about: dict[str, Any],
    command: list[str],
    environ: dict[str, str],
    work: Path,
    log: Path,
) -> None:
    told = work / "worker.log"
    with told.open("wb") as file:
        child = await trio.lowlevel.open_process(
            command, env=environ, cwd=work, stderr=file, stdout=subprocess.DEVNULL
        )
    try:
        with trio.fail_after(_PATIENCE):
            port = await said(told, r"listens on port (\d+)", child)
            with log.open("a") as file:
                file.write("".join(f"{marker}\n" for marker in about["on_load"][:1]))
            await said(told, r"-> (ready)", child)
            found.result = await ask(f"http://127.0.0.1:{port}", about["benchmark"], found.routes)
    except (trio.TooSlowError, RuntimeError):
        found.result = f"not ready: {last_change(told.read_text())}"
    finally:
        child.send_signal(signal.SIGTERM)
        with trio.move_on_after(15, shield=True) as scope:
            await child.wait()
        if scope.cancelled_caught:
            child.kill()
            await child.wait()
            found.result += "; did not stop"
        elif child.returncode:
            found.result += f"; exit code {child.returncode}"


async def said(told: Path, pattern: str, child: trio.Process) -> str:
    """What the worker's log says; RuntimeError when it has ended instead."""
    while (match := re.search(pattern, await trio.Path(told).read_text())) is None:
        if child.poll() is not None:
            raise RuntimeError
        await trio.sleep(0.1)
    return match.group(1)


async def ask(url: str, benchmark: dict[str, Any], routes: list[str]) -> str:
    """What the measured route answers to a payload of the benchmark, and the others to the same."""
    payload = json.dumps(benchmark["payload"]).encode()
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=_PATIENCE) as client:

        async def posted(route: str) -> httpx.Response:
            return await client.post(route, content=autoscaler().envelope(payload))

        answer = await posted(benchmark["route"])
        others = [str((await posted(r)).status_code) for r in routes if r != benchmark["route"]]
    kind = answer.headers.get("content-type", "no body")
    counted = f"workload {benchmark['workload']:g}"
    said = f"{answer.status_code} {kind}, {len(answer.content)} bytes, {counted}"
    return f"{said}; others {', '.join(others)}" if others else said


def answer_with(image: Path) -> Any:
    """A model server that is whatever is asked: each known answer has what one of them reads."""

    async def behaviour(call: Call) -> None:
        await call.body()
        if "stream" in call.target:
            await call.start(headers=[(b"Content-Type", b"text/event-stream")])
            for number in range(3):
                await call.chunk(b'data: {"token": %d}\n\n' % number)
            await call.end()
            return
        answer = {
            "id": "1",
            "status": "completed",
            "message": "",
            "generated_text": "a text",
            "choices": [{"text": "a text"}],
            "output": {"images": [{"local_path": str(image)}]},
        }
        kind = [(b"Content-Type", b"application/json")]
        await call.answer(200, kind, json.dumps(answer).encode())

    return behaviour


def last_change(text: str) -> str:
    """What the readiness said last, or the worker."""
    _, died, why = text.rpartition("the worker died: ")
    if died:
        return why.splitlines()[0]
    changes = [line for line in text.splitlines() if "readiness:" in line]
    return changes[-1].partition("readiness: ")[2] if changes else last_sentence(text)


def last_sentence(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    own = [line.removeprefix("pyworker: ") for line in lines if line.startswith("pyworker: ")]
    return (own or lines or ["said nothing"])[-1]


async def main(folders: list[Path], python: str) -> int:
    failed = 0
    for path in definitions(folders):
        found = Found(path, generation(path))
        with tempfile.TemporaryDirectory() as work:
            await play(found, python, Path(work))
        failed += not found.result.startswith("2")
        where = next((path.relative_to(f.parent) for f in folders if f in path.parents), path)
        routes = ", ".join(found.routes) or "-"
        print(f"| {where} | {found.generation} | {routes} | {found.result} |", flush=True)
    return failed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--python", default=sys.executable, help="the interpreter that runs them")
    arguments = parser.parse_args()
    folders = [folder.resolve() for folder in arguments.folders]
    sys.exit(1 if trio.run(main, folders, arguments.python) else 0)
