"""Handlers of the vastai SDK's form: each field, as clients and the model server see it."""

import asyncio
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any

import orjson
import pytest
import trio
from fakes.class_worker import class_worker
from fakes.model import FakeModel, by_hand, replies, streams

from pyworker.class_form import ApiPayload, EndpointHandler, JsonDataException, ModelResponse, web
from pyworker.class_form.translate import worker_config
from pyworker.compat.sdk import (
    BenchmarkConfig,
    HandlerConfig,
    LogActionConfig,
    Worker,
    WorkerConfig,
)
from pyworker.errors import SettingsError
from pyworker.worker import WorkerConfig as Served

JSON = (b"Content-Type", b"application/json")
BENCHMARK = BenchmarkConfig(dataset=[{"text": "sample"}], runs=2, concurrency=3)


def worker(*handlers: HandlerConfig, model: FakeModel | None = None, **fields: Any) -> Worker:
    """A worker with these handlers, and one with a benchmark if none of them has it."""
    if not any(h.benchmark_config or h.handler_class for h in handlers):
        handlers = (*handlers, HandlerConfig(route="/measured", benchmark_config=BENCHMARK))
    url, port = ("http://127.0.0.1", 5001) if model is None else ("http://127.0.0.1", model.port)
    config = WorkerConfig(
        model_server_url=url, model_server_port=port, model_log_file="/log", handlers=handlers
    )
    for name, value in fields.items():
        setattr(config, name, value)
    return Worker(config)


def served(made: Worker) -> Served:
    return worker_config("test", made.backend, made.routes)


# --- what is served


def test_the_workers_own_fields():
    made = worker(
        model_healthcheck_url="health",
        log_action_config=LogActionConfig(["up"], ["down", "out"], ["note"]),
        max_sessions=3,
    )
    config = served(made)
    assert (config.model_server_url, config.model_log_file) == ("http://127.0.0.1:5001", "/log")
    assert (config.health_endpoint, config.max_sessions) == ("/health", 3)
    actions = config.log_actions
    assert (actions.on_load, actions.on_error) == (("up",), ("down", "out"))
    assert actions.on_info == ("note",)


@pytest.mark.parametrize(
    ("url", "port", "base"),
    [
        ("http://127.0.0.1/", 80, "http://127.0.0.1:80"),
        ("http://127.0.0.1:8000", None, "http://127.0.0.1:8000"),
    ],
)
def test_the_model_servers_address(url: str, port: int | None, base: str):
    assert served(worker(model_server_url=url, model_server_port=port)).model_server_url == base


def test_serial_handlers_share_a_queue_and_parallel_ones_have_none():
    config = served(
        worker(
            HandlerConfig(route="/a", max_queue_time=None),
            HandlerConfig(route="/b"),
            HandlerConfig(route="/c", allow_parallel_requests=True, max_queue_time=0.0),
        )
    )
    told = [(h.queue, h.concurrency, h.max_queue_time) for h in config.handlers[:3]]
    assert told == [("serial", 1, None), ("serial", 1, 30.0), ("", None, 0.0)]


def test_the_benchmarks_fields():
    benchmark = BenchmarkConfig(generator=lambda: {"x": 1}, runs=1, concurrency=None)
    config = served(worker(HandlerConfig(route="/a", benchmark_config=benchmark)))
    _, measured = config.benchmarked
    assert (measured.runs, measured.concurrency, measured.warm_up) == (1, 10, 1)
    cold = BenchmarkConfig(dataset=[{}], do_warmup=False)
    _, measured = served(worker(HandlerConfig(route="/a", benchmark_config=cold))).benchmarked
    assert (measured.runs, measured.warm_up) == (8, 0)


@pytest.mark.parametrize(
    ("handlers", "fields", "sentence"),
    [
        ([], {"handlers": []}, "none of its handlers has a benchmark"),
        (
            [HandlerConfig(route="/a", benchmark_config=BenchmarkConfig(dataset=[]))],
            {},
            "/a: its benchmark has neither a dataset nor a generator",
        ),
        (
            [
                HandlerConfig(route="/a", benchmark_config=BENCHMARK),
                HandlerConfig(route="/b", benchmark_config=BENCHMARK),
            ],
            {},
            "one handler must have a benchmark, not /a, /b",
        ),
        (
            [HandlerConfig(route="/a", benchmark_config=BenchmarkConfig(dataset=[{}], runs=0))],
            {},
            "at least 1 run",
        ),
        (
            [HandlerConfig(route="/a")],
            {"model_server_url": None},
            "/a: there is no model_server_url, and no remote_function either",
        ),
        ([HandlerConfig(route="a")], {}, "route 'a' must begin with /"),
    ],
)
def test_what_cannot_be_served_is_refused_with_a_sentence(
    handlers: list[HandlerConfig], fields: Mapping[str, Any], sentence: str
):
    config = WorkerConfig(
        model_server_url="http://127.0.0.1", model_server_port=1, handlers=handlers
    )
    if handlers and not any(h.benchmark_config for h in handlers):
        config.handlers = [*handlers, HandlerConfig(route="/m", benchmark_config=BENCHMARK)]
    for name, value in fields.items():
        setattr(config, name, value)
    with pytest.raises(SettingsError, match=sentence.replace("(", r"\(")):
        served(Worker(config))


# --- what it does


async def test_without_hooks_bytes_pass_as_they_are(model: FakeModel):
    model.script(streams(b"data: 1\n\n"))
    made = worker(
        HandlerConfig(route="/a", workload_calculator=lambda payload: payload["n"]), model=model
    )
    async with class_worker(made.backend, made.routes, model) as running:
        body = b'{"n": 3,   "seed": 36893488147419103237}'
        from fakes.grants import autoscaler  # noqa: PLC0415 - the bytes matter here only

        answer = await running.client.post("/a", content=autoscaler().envelope(body))
    assert answer.text == "data: 1\n\n"
    assert running.loads[0] == 3.0
    assert await model.calls[0].body() == body


async def test_a_request_parser_and_its_refusals(model: FakeModel):
    def parse(payload: dict[str, Any]) -> dict[str, Any]:
        if "input" not in payload:
            raise JsonDataException({"input": "missing parameter"})
        return payload["input"]

    handler = HandlerConfig(
        route="/a", request_parser=parse, workload_calculator=lambda payload: payload["tokens"]
    )
    made = worker(handler, model=model)
    async with class_worker(made.backend, made.routes, model) as running:
        assert (await running.post("/a", {"input": {"tokens": 7}})).status_code == 200
        status, body = await running.posted("/a", {})
    assert orjson.loads(await model.calls[0].body()) == {"tokens": 7}
    assert running.loads[0] == 7.0
    assert (status, body["payload"]) == (422, {"input": "missing parameter"})
    assert body["error"] == "payload.input: missing parameter"


@pytest.mark.parametrize("given", [math.nan, math.inf, -1.0, "text", None])
async def test_a_calculator_that_says_nonsense_counts_100_and_is_told_once(
    model: FakeModel, given: Any, caplog: pytest.LogCaptureFixture
):
    made = worker(HandlerConfig(route="/a", workload_calculator=lambda _: given), model=model)
    with caplog.at_level(logging.WARNING):
        async with class_worker(made.backend, made.routes, model) as running:
            for _ in range(2):
                assert (await running.post("/a", {})).status_code == 200
    assert running.loads[0] == 100.0
    assert caplog.text.count("/a: workload_calculator") == 1


async def test_a_response_generator_streams_with_backpressure(model: FakeModel):
    async def generate(request: web.Request, answer: ModelResponse) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status)
        response.content_type = "text/event-stream"
        await response.prepare(request)
        async for line in answer.content:
            await response.write(line.upper())
        await response.write_eof()
        return response

    model.script(by_hand)
    made = worker(HandlerConfig(route="/a", response_generator=generate), model=model)
    async with (
        class_worker(made.backend, made.routes, model) as running,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(_two_events, model)
        answer = await running.post("/a", {})
    assert (answer.status_code, answer.text) == (200, "DATA: ONE\n\nDATA: TWO\n\n")
    assert answer.headers["content-type"] == "text/event-stream"


async def _two_events(model: FakeModel) -> None:
    call = await model.next_call()
    await call.start(headers=[(b"Content-Type", b"text/event-stream")])
    await call.chunk(b"data: one\n\nda")
    await call.chunk(b"ta: two\n\n")
    await call.end()


async def test_a_response_generator_that_fails_is_500_and_a_raised_response_is_one(
    model: FakeModel,
):
    async def generate(request: web.Request, answer: ModelResponse) -> web.Response:
        if "teapot" in (await request.json())["payload"]:
            raise web.ERRORS["HTTPImATeapot"](text="no coffee")
        raise ZeroDivisionError

    made = worker(HandlerConfig(route="/a", response_generator=generate), model=model)
    async with class_worker(made.backend, made.routes, model) as running:
        failed = await running.posted("/a", {})
        raised = await running.post("/a", {"teapot": 1})
    assert failed[0] == 500
    assert failed[1]["error"].startswith("the handler failed: ZeroDivisionError")
    assert (raised.status_code, raised.text) == (418, "no coffee")


async def test_the_model_is_away(model: FakeModel):
    async def never(_: web.Request, __: ModelResponse) -> web.Response:
        raise AssertionError

    handler = HandlerConfig(route="/a", response_generator=never)
    made = worker(handler, model_server_port=1)
    async with class_worker(made.backend, made.routes, FakeModel()) as running:
        status, _ = await running.posted("/a", {})
    assert status == 502


async def test_a_remote_function_answers_itself():
    async def add(a: int, b: int = 1) -> int:
        await asyncio.sleep(0)
        return a + b

    made = worker(
        HandlerConfig(
            route="/remote/add", remote_function=add, workload_calculator=lambda p: p["a"]
        ),
        HandlerConfig(route="/plain", remote_function=lambda: "plain", benchmark_config=BENCHMARK),
        model_server_url=None,
        model_server_port=None,
    )
    async with class_worker(made.backend, made.routes, FakeModel()) as running:
        assert await running.posted("/remote/add", {"a": 2, "b": 40}) == (200, {"result": 42})
        assert await running.posted("/plain", {}) == (200, {"result": "plain"})
        status, _ = await running.posted("/remote/add", {"c": 1})
    assert running.loads[0] == 2.0
    assert status == 500


@dataclass
class Speech(ApiPayload):
    text: str
    voice: bytes = b""

    @classmethod
    def for_test(cls) -> "Speech":
        return cls(text="test", voice=b"v")

    def generate_payload_json(self) -> dict[str, Any]:
        return {"said": self.text}

    def generate_payload_multipart(self) -> dict[str, Any] | None:
        if not self.voice:
            return None
        return {"file": ("v.wav", self.voice, "audio/wav"), "text": self.text}

    @classmethod
    def from_json_msg(cls, json_msg: dict[str, Any]) -> "Speech":
        return cls(json_msg["text"], str(json_msg.get("voice", "")).encode())

    def count_workload(self) -> float:
        return float(len(self.text))


async def test_a_payload_class_is_counted_and_may_be_a_form(model: FakeModel):
    made = worker(HandlerConfig(route="/a", payload_class=Speech), model=model)
    async with class_worker(made.backend, made.routes, model) as running:
        await running.post("/a", {"text": "hello"})
        await running.post("/a", {"text": "hello", "voice": "x"})
        status, _ = await running.posted("/a", {})
    assert running.loads[0] == 5.0
    plain, form = model.calls
    assert orjson.loads(await plain.body()) == {"said": "hello"}
    kind = form.header(b"content-type") or b""
    read = message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + await form.body())
    assert [part.get_filename() for part in read.walk()] == [None, "v.wav", None]
    assert status == 422


@dataclass
class Handler(EndpointHandler[Speech]):
    benchmark_runs: int = 3
    max_queue_time: float | None = 7.0

    @property
    def endpoint(self) -> str:
        return "speech"

    @classmethod
    def payload_cls(cls) -> type[Speech]:
        return Speech


async def test_a_handler_class_says_all_itself(model: FakeModel):
    model.script(replies(200, b"{}", JSON))
    made = worker(
        HandlerConfig(route="/a", handler_class=Handler),
        HandlerConfig(route="/b", handler_class=Handler, benchmark_config=BENCHMARK),
        model=model,
    )
    config = served(made)
    assert [h.benchmark_config is not None for h in config.handlers] == [False, True]
    assert config.handlers[0].max_queue_time == 7.0
    async with class_worker(made.backend, made.routes, model) as running:
        await running.post("/a", {"text": "hi"})
    assert model.calls[0].target == "/speech"


async def test_routes_of_the_definitions_own(model: FakeModel):
    async def state(request: web.Request) -> web.Response:
        return web.json_response({"id": request.match_info["id"], "q": request.query.get("q")})

    async def files(request: web.Request) -> web.Response:
        return web.Response(text=request.match_info["rest"])

    made = worker(model=model)
    made.routes += [web.get("/state/{id}", state), web.get("/files/{rest:.*}", files)]
    async with class_worker(made.backend, made.routes, model) as running:
        assert (await running.client.get("/state/7?q=x")).json() == {"id": "7", "q": "x"}
        assert (await running.client.get("/files/a/b")).text == "a/b"


def test_a_route_with_an_expression_is_refused():
    made = worker()
    made.routes.append(web.get("/x/{id:[0-9]+}", made.routes[0].handler))
    with pytest.raises(SettingsError, match=r"route /x/\{id:\[0-9\]\+\}: "):
        served(made)


async def test_a_benchmarks_payload_goes_past_the_request_parser(model: FakeModel):
    import random  # noqa: PLC0415 - of the benchmark

    from pyworker.proxy.jobs import Handling  # noqa: PLC0415

    handler = HandlerConfig(
        route="/a",
        request_parser=lambda payload: payload["input"],
        workload_calculator=lambda payload: len(payload["text"]),
        benchmark_config=BENCHMARK,
    )
    config, benchmark = served(worker(handler)).benchmarked
    job = await Handling(config).job_of(benchmark.payload(random.Random(0)))
    assert (job.workload, job.body) == (6.0, b'{"text":"sample"}')


async def test_a_benchmark_is_the_same_at_each_start_and_says_what_fails():
    import random  # noqa: PLC0415 - of the benchmark

    from pyworker.errors import InvalidRequest  # noqa: PLC0415

    def payload(make: Any) -> Any:
        benchmark = BenchmarkConfig(generator=make)
        config = served(worker(HandlerConfig(route="/a", benchmark_config=benchmark)))
        return config.benchmarked[1].payload(random.Random(5))

    before = random.getstate()
    first, second = (payload(lambda: {"n": random.random()}) for _ in range(2))
    assert first == second
    assert random.getstate() == before
    with pytest.raises(InvalidRequest, match="cannot be made: ValueError: MODEL_NAME"):
        payload(lambda: (_ for _ in ()).throw(ValueError("MODEL_NAME is not set")))
