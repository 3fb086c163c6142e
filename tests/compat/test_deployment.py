"""`pyworker run` of a code deployment: a file of remote functions, from its text to its end."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from definitions import environment, ran, write
from fakes.process import finished

DEPLOYMENT = """
    import asyncio
    from dataclasses import dataclass
    from vastai import Deployment
    from vastai.data.query import RTX_4090, gpu_name, gpu_ram

    app = Deployment(name="shapes", tag="v2", webserver_url="http://127.0.0.1:9")
    loading = []

    @dataclass
    class Point:
        x: int
        y: int = 0

    @app.context(2)
    class Scale:
        def __init__(self, by):
            self.by = by

        async def __aenter__(self):
            loading.append("scale")
            while len(loading) < 2:  # side by side with the other
                await asyncio.sleep(0)
            return self

        async def __aexit__(self, *error):
            print("scale left", flush=True)

    @app.context()
    class Other:
        async def __aenter__(self):
            loading.append("other")
            return self

        async def __aexit__(self, *error):
            pass

    @app.remote(benchmark_dataset=[{"point": Point(1, 2)}], benchmark_runs=1,
                workload_calculator=lambda point: point.x)
    async def scaled(point: Point) -> Point:
        by = app.get_context(Scale).by
        return Point(by * point.x, by * point.y)

    @app.remote(allow_parallel_requests=True, max_queue_time=None)
    async def fails(kind):
        if kind == "cannot be sent":
            return {"set": {1}}
        raise KeyError(kind)

    @app.remote
    def plain(text):
        return text.upper()

    image = app.image("an/image", 16)
    image.venv("/venv").pip_install("torch", "vllm").env(A="b").publish_port(80)
    image.require(gpu_name.in_([RTX_4090]), (gpu_ram >= 24) & (gpu_ram < 81))
    app.configure_autoscaling(min_load=100, max_workers=3)
    app.ensure_ready()
    raise AssertionError("what follows is for the clients of the functions")
"""
ROOT: dict[str, object] = {"type": "relative", "path": []}


def point(x: int, y: int) -> dict[str, Any]:
    return {"type": "obj", "module": ROOT, "class": "Point", "contents": {"x": x, "y": y}}


@pytest.fixture(autouse=True)
async def _in_time() -> AsyncIterator[None]:
    with trio.fail_after(50):
        yield


async def test_a_deployment_is_served(tmp_path: Path):
    write(tmp_path, {"deploy.py": DEPLOYMENT})
    async with ran(tmp_path, "deploy.py", log="") as run:
        scaled = await run.posted("/remote/scaled", {"kwargs": {"point": point(3, 4)}})
        assert scaled == (200, {"result": {"ok": point(6, 8)}})
        positional = await run.posted("/remote/scaled", {"args": [point(1, 1)]})
        assert positional == (200, {"result": {"ok": point(2, 2)}})
        assert await run.posted("/remote/plain", {"kwargs": {"text": "up"}}) == (
            200,
            {"result": {"ok": "UP"}},
        )
        for asked, kind in (("lost", "KeyError"), ("cannot be sent", "TypeError")):
            status, body = await run.posted("/remote/fails", {"kwargs": {"kind": asked}})
            assert (status, body["result"]["err"]["class"]) == (200, kind)
        status, body = await run.posted("/remote/plain", {"kwargs": {"text": {"type": "set"}}})
        assert status == 422
        assert body["payload"] == {"kwargs": "{'type': 'set'} is no encoded value"}
        status, body = await run.posted("/remote/plain", {"text": "x"})
        assert (status, body["payload"]) == (422, {"text": "must be within kwargs"})
        # A call that does not fit the function is its error, as in Python.
        _, body = await run.posted("/remote/plain", {"kwargs": {"no": 1}})
        assert body["result"]["err"]["class"] == "TypeError"
        run.process.send_signal(signal.SIGTERM)
        assert await run.process.exit_code() == 0
    assert run.process.out.lines == ["scale left"]


@pytest.mark.parametrize("ready", ["app.ensure_ready()", "asyncio.run(app.async_ensure_ready())"])
async def test_a_context_that_fails_ends_the_worker(tmp_path: Path, ready: str):
    text = DEPLOYMENT.replace('loading.append("other")', "raise OSError('no GPU')")
    write(tmp_path, {"deploy.py": text.replace("app.ensure_ready()", ready)})
    code, process = await finished(
        ["run", "deploy.py"], folder=tmp_path, environ=environment(tmp_path)
    )
    assert code == 1
    said = process.err.lines[-1]
    assert "the worker died: its lifecycle failed: OSError: no GPU" in said


async def test_a_function_that_only_fails_is_not_the_fastest(tmp_path: Path):
    text = DEPLOYMENT.replace(
        "return Point(by", "raise MemoryError('full')\n        return Point(by"
    )
    write(tmp_path, {"deploy.py": text})
    async with ran(tmp_path, "deploy.py", log="", ready=False) as run:
        line = await run.process.err.line("-> errored")
        assert "the function raised MemoryError: full" in line
        run.process.send_signal(signal.SIGTERM)
        assert await run.process.exit_code() == 0


@pytest.mark.parametrize(
    ("script", "code", "sentence"),
    [
        (
            "from vastai import Deployment\nDeployment().ensure_ready()\n",
            2,
            "none of its handlers has a benchmark, and one must have it",
        ),
        (
            "from vastai import Deployment\nDeployment().remote(benchmark=1)\n",
            2,
            "unexpected keyword argument 'benchmark'",
        ),
        (
            "from vastai import Deployment\nDeployment(name='forgotten')\n",
            1,
            "without starting a worker: Worker(...).run(), start_server(...) or Deployment(...)",
        ),
    ],
)
async def test_what_cannot_be_served(tmp_path: Path, script: str, code: int, sentence: str):
    (tmp_path / "deploy.py").write_text(script)
    ended, process = await finished(
        ["run", "deploy.py"], folder=tmp_path, environ=environment(tmp_path)
    )
    assert ended == code
    assert sentence in process.err.lines[-1]
