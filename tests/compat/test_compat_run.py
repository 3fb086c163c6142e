"""`pyworker run` as a process: definitions of each generation from their file to their end."""

import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import orjson
import pytest
import trio
from definitions import LOADED, environment, ran, write
from fakes.model import replies, streams
from fakes.process import finished

SDK = """
    from vastai import BenchmarkConfig, HandlerConfig, LogActionConfig, Worker, WorkerConfig
    from vastai.serverless.server.lib.data_types import JsonDataException
    from aiohttp import web, ClientResponse

    def parse(payload):
        if not isinstance(payload.get("input"), dict):
            raise JsonDataException({"input": "missing parameter"})
        return payload["input"]

    async def shout(request: web.Request, answer: ClientResponse) -> web.Response:
        return web.Response(text=(await answer.text()).upper(), status=answer.status)

    async def double(x):
        return 2 * x

    async def own(request):
        return web.json_response({"own": True})

    config = WorkerConfig(
        model_server_url="http://127.0.0.1", model_server_port=1, model_log_file="/nowhere.log",
        handlers=[
            HandlerConfig(
                route="/plain", allow_parallel_requests=True, request_parser=parse,
                workload_calculator=lambda payload: payload["n"],
                benchmark_config=BenchmarkConfig(dataset=[{"n": 4}], runs=1, concurrency=2),
            ),
            HandlerConfig(route="/shout", response_generator=shout),
            HandlerConfig(route="/double", remote_function=double),
        ],
        log_action_config=LogActionConfig(on_load=["the model is loaded"], on_error=["broken"]),
    )
    if __name__ == "__main__":
        worker = Worker(config)
        worker.routes.append(web.get("/own", own))
        worker.run(host="127.0.0.1")
        print("after the worker")
"""


@pytest.fixture(autouse=True)
async def _in_time() -> AsyncIterator[None]:
    with trio.fail_after(50):
        yield


async def test_a_definition_for_the_sdk(tmp_path: Path):
    write(tmp_path, {"worker.py": SDK})
    async with ran(tmp_path, "worker.py") as run:
        run.model.script(replies(200, b"hello", (b"Content-Type", b"text/plain")))
        assert (await run.post("/plain", {"input": {"n": 3}})).text == "hello"
        assert (await run.post("/shout", {})).text == "HELLO"
        assert await run.posted("/double", {"x": 21}) == (200, {"result": 42})
        assert (await run.client.get("/own")).json() == {"own": True}
        status, body = await run.posted("/plain", {})
        assert (status, body["payload"]) == (422, {"input": "missing parameter"})
        run.process.send_signal(signal.SIGTERM)
        assert await run.process.exit_code() == 0
        assert run.process.out.lines == ["after the worker"]
        # The benchmark: one to warm up, two at a time, none through the request parser.
        asked = [orjson.loads(await call.body()) for call in run.model.calls[:3]]
        assert asked == [{"n": 4}] * 3


LIB_TREE = {
    "lib/custom.py": "NAME = 'of the tree'\n",
    "lib/backend.py": "raise AssertionError('the old framework is not imported')\n",
    "workers/story/words.txt": "ice snow",
    "workers/story/data_types.py": """
        import dataclasses
        from lib.data_types import ApiPayload, JsonDataException
        from lib.custom import NAME

        assert NAME == "of the tree"
        with open("workers/story/words.txt") as file:
            WORDS = file.read().split()

        @dataclasses.dataclass
        class InputData(ApiPayload):
            prompt: str

            @classmethod
            def for_test(cls):
                return cls(" ".join(WORDS))

            def generate_payload_json(self):
                return {"inputs": self.prompt}

            def count_workload(self):
                return len(self.prompt.split())

            @classmethod
            def from_json_msg(cls, json_msg):
                if "prompt" not in json_msg:
                    raise JsonDataException({"prompt": "missing parameter"})
                return cls(json_msg["prompt"])
    """,
    "workers/story/server.py": """
        import os
        import logging
        import dataclasses
        from aiohttp import web, ClientResponse
        from lib.backend import Backend, LogAction
        from lib.data_types import EndpointHandler
        from lib.server import start_server
        from .data_types import InputData

        logging.basicConfig(level=logging.DEBUG)

        @dataclasses.dataclass
        class Whole(EndpointHandler[InputData]):
            @property
            def endpoint(self):
                return "/generate"

            @property
            def healthcheck_endpoint(self):
                return "http://0.0.0.0:5001/health"

            @classmethod
            def payload_cls(cls):
                return InputData

            def make_benchmark_payload(self):
                return InputData.for_test()

            async def generate_client_response(self, client_request, model_response):
                match model_response.status:
                    case 200:
                        return web.json_response(data=await model_response.json())
                    case code:
                        return web.Response(status=code)

        class Stream(Whole):
            @property
            def endpoint(self):
                return "/generate_stream"

            async def generate_client_response(self, client_request, model_response):
                res = web.StreamResponse()
                res.content_type = "text/event-stream"
                await res.prepare(client_request)
                async for chunk in model_response.content:
                    await res.write(chunk)
                await res.write_eof()
                return res

        backend = Backend(
            model_server_url="http://0.0.0.0:5001", model_log_file=os.environ["MODEL_LOG"],
            allow_parallel_requests=False,
            benchmark_handler=Whole(benchmark_runs=1, benchmark_words=256),
            log_actions=[(LogAction.ModelLoaded, "the model is loaded")],
        )

        async def handle_ping(_):
            return web.Response(body="pong of its own")

        async def handle_healthcheck(_):
            answer = await backend.session.get("/healthcheck")
            return web.Response(body=answer.content, status=answer.status)

        routes = [
            web.post("/generate", backend.create_handler(Whole())),
            web.post("/generate_stream", backend.create_handler(Stream())),
            web.get("/ping", handle_ping),
            web.get("/healthcheck", handle_healthcheck),
        ]
        if __name__ == "__main__":
            start_server(backend, routes)
    """,
}


async def test_a_definition_of_an_older_tree(tmp_path: Path):
    write(tmp_path, LIB_TREE)
    async with ran(tmp_path, "workers/story/server.py") as run:
        run.model.script(replies(200, b'{"a": 1}'))
        assert await run.posted("/generate", {"prompt": "a b c"}) == (200, {"a": 1})
        run.model.script(streams(b"data: 1\n\n", b"data: 2\n\n"))
        answer = await run.post("/generate_stream", {"prompt": "x"})
        assert (answer.text, answer.headers["content-type"]) == (
            "data: 1\n\ndata: 2\n\n",
            "text/event-stream",
        )
        assert (await run.client.get("/ping")).text == "pong of its own"
        run.model.script(replies(203, b"fine"))
        healthy = await run.client.get("/healthcheck")
        assert (healthy.status_code, healthy.text) == (203, "fine")
        run.process.send_signal(signal.SIGTERM)
        assert await run.process.exit_code() == 0
        paths = [call.target for call in run.model.calls]
        # Its health endpoint is at its model server, and goes where that is.
        assert paths.index("/health") < paths.index("/generate")


LIFECYCLE = """
    import asyncio
    from contextlib import asynccontextmanager
    from vastai import BenchmarkConfig, HandlerConfig, Worker, WorkerConfig

    model = {}

    @asynccontextmanager
    async def lifespan():
        await asyncio.sleep(0)
        model["lock"] = asyncio.Lock()
        print("loaded", flush=True)
        try:
            yield
        finally:
            await asyncio.sleep(0)
            print("unloaded", flush=True)

    async def double(x):
        async with model["lock"]:
            return 2 * x

    worker = Worker(WorkerConfig(
        lifecycle=lifespan(),
        handlers=[HandlerConfig(
            route="/double", remote_function=double,
            benchmark_config=BenchmarkConfig(dataset=[{"x": 1}], runs=1, concurrency=1),
        )],
    ))
"""


@pytest.mark.parametrize("start", ["worker.run()", "asyncio.run(worker.run_async())"])
async def test_a_lifecycle_says_when_the_model_is_loaded(tmp_path: Path, start: str):
    write(tmp_path, {"worker.py": LIFECYCLE + f"\n    {start}\n    print('after', flush=True)\n"})
    (tmp_path / ".has_benchmark").write_text("100")
    async with ran(tmp_path, "worker.py", log="") as run:
        assert await run.posted("/double", {"x": 4}) == (200, {"result": 8})
        assert "throughput 100 from .has_benchmark" in run.process.err.text
        run.process.send_signal(signal.SIGTERM)
        assert await run.process.exit_code() == 0
    assert run.process.out.lines == ["loaded", "unloaded", "after"]


async def test_a_lifecycle_that_fails_ends_the_worker(tmp_path: Path):
    broken = LIFECYCLE.replace("await asyncio.sleep(0)", "raise OSError('no GPU')", 1)
    write(tmp_path, {"worker.py": broken + "\n    worker.run()\n"})
    code, process = await finished(
        ["run", "worker.py"], folder=tmp_path, environ=environment(tmp_path)
    )
    assert code == 1
    said = process.err.lines[-1]
    assert "the worker died: its lifecycle failed: OSError: no GPU" in said


@pytest.mark.parametrize(
    ("script", "code", "sentence"),
    [
        ("import nowhere\n", 2, "No module named 'nowhere' (install what the definition needs"),
        ("from vastai import Serverless\n", 2, "stands in for a part of vastai, and Serverless"),
        ("from aiohttp import ClientSession\n", 2, "the aiohttp package must be installed"),
        ("import os\nos.environ['NOT_SET']\n", 2, "it needs the environment variable NOT_SET"),
        ("raise KeyError('route')\n", 2, "KeyError: 'route'"),
        ("raise ValueError('MODEL_NAME is not set')\n", 2, "ValueError: MODEL_NAME is not set"),
        (
            "from vastai import HandlerConfig\nHandlerConfig(route='/x', backend_url='y')\n",
            2,
            "unexpected keyword argument 'backend_url'",
        ),
        (
            "from vastai import Worker, WorkerConfig\nWorker(WorkerConfig()).run()\n",
            2,
            "none of its handlers has a benchmark",
        ),
        (
            "from vastai import Worker, WorkerConfig\nWorker(WorkerConfig()).run(ssl_context=1)\n",
            2,
            "ssl_context=1 is nothing that this server can be told",
        ),
        ("print('only this')\n", 1, "has ended without starting a worker"),
        ("raise SystemExit('enough')\n", 1, "enough"),
    ],
)
async def test_what_cannot_be_run_says_why(tmp_path: Path, script: str, code: int, sentence: str):
    (tmp_path / "worker.py").write_text(script)
    ended, process = await finished(
        ["run", "worker.py"], folder=tmp_path, environ=environment(tmp_path)
    )
    assert ended == code
    assert sentence in process.err.lines[-1]


@pytest.mark.parametrize(
    "script",
    [
        "import nowhere\n",
        "import os\nos.environ['NOT_SET']\n",
        "from vastai import Serverless\n",
        "from aiohttp import ClientSession\n",
    ],
)
async def test_what_a_sentence_says_wholly_is_one_sentence(tmp_path: Path, script: str):
    (tmp_path / "worker.py").write_text(script)
    _, process = await finished(
        ["run", "worker.py"], folder=tmp_path, environ=environment(tmp_path)
    )
    assert len(process.err.lines) == 1, process.err.text


async def test_a_path_that_is_no_file(tmp_path: Path):
    code, process = await finished(["run", "worker.py"], folder=tmp_path)
    assert (code, process.err.text) == (2, "pyworker: there is no file worker.py\n")


async def test_it_is_described_without_being_served(tmp_path: Path):
    write(tmp_path, {"worker.py": SDK})
    code, process = await finished(
        ["run", "--describe", "worker.py"], folder=tmp_path, environ=environment(tmp_path)
    )
    assert code == 0
    said = orjson.loads(process.out.text.removesuffix("after the worker\n"))
    assert said["benchmark"]["payload"] == {"n": 4}
    assert [route["answers"] for route in said["routes"]] == ["relayed", "rewritten", "itself"]
    assert said["on_load"] == [LOADED]


async def test_run_async_is_described_too(tmp_path: Path):
    sdk = SDK.replace('worker.run(host="127.0.0.1")', "asyncio.run(worker.run_async())")
    write(tmp_path, {"worker.py": sdk.replace("from aiohttp", "import asyncio\n    from aiohttp")})
    code, process = await finished(
        ["run", "--describe", "worker.py"], folder=tmp_path, environ=environment(tmp_path)
    )
    assert code == 0
    assert orjson.loads(process.out.text.removesuffix("after the worker\n"))["routes"]


async def test_a_definition_that_gives_up_when_it_is_over_is_only_told(tmp_path: Path):
    give_up = SDK.replace(
        "async def own(request):",
        """async def watch():
        try:
            await asyncio.sleep(3600)
        finally:
            worker.backend.backend_errored("too late")

    async def own(request):
        worker.watching = asyncio.create_task(watch())""",
    )
    write(tmp_path, {"worker.py": f"    import asyncio\n{give_up}"})
    async with ran(tmp_path, "worker.py") as run:
        await run.client.get("/own")
        run.process.send_signal(signal.SIGTERM)
        assert await run.process.exit_code() == 0
        assert "the definition gives up: too late" in run.process.err.text


async def test_a_definition_may_give_up(tmp_path: Path):
    give_up = SDK.replace(
        "async def own(request):",
        "async def own(request):\n        worker.backend.backend_errored('GPU lost')",
    )
    write(tmp_path, {"worker.py": give_up})
    async with ran(tmp_path, "worker.py") as run:
        with suppress(httpx.TransportError):  # whether the answer comes is a race
            await run.client.get("/own")
        assert await run.process.exit_code() == 1
        assert "the worker died" in run.process.err.text
        assert "GPU lost" in run.process.err.text


async def test_the_stand_ins_are_in_that_process_only(tmp_path: Path):
    program = (
        "import pyworker.compat.command, sys; assert 'vastai' not in sys.modules; import vastai"
    )
    code, process = await finished([], folder=tmp_path, program=("-c", program))
    assert code == 1
    assert "No module named 'vastai'" in process.err.text
