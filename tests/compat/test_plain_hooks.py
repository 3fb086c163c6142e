"""Hooks that the SDK calls as plain functions, where a definition has coroutine functions."""

import logging
from dataclasses import dataclass
from typing import Any

import pytest
from fakes.class_worker import class_worker
from fakes.model import FakeModel

from pyworker.class_form import ApiPayload, EndpointHandler
from pyworker.class_form.translate import worker_config
from pyworker.compat.deployment import Deployment
from pyworker.compat.sdk import BenchmarkConfig, HandlerConfig, Worker, WorkerConfig
from pyworker.errors import SettingsError

BENCHMARK = BenchmarkConfig(dataset=[{"text": "sample"}])


async def _never(*_: object) -> None:
    raise AssertionError("nobody awaits it")


asynchronous: Any = _never  # by its type it may stand in the place of a plain function


class Called:
    """Is called, and is no function."""

    async def __call__(self, payload: dict[str, Any]) -> dict[str, Any]:
        return payload


@dataclass
class Payload(ApiPayload):
    @classmethod
    def for_test(cls) -> "Payload":
        return cls()

    def generate_payload_json(self) -> dict[str, Any]:
        return {}

    def count_workload(self) -> float:
        return 1.0

    @classmethod
    def from_json_msg(cls, json_msg: dict[str, Any]) -> "Payload":
        return cls(**json_msg)


@dataclass
class Handler(EndpointHandler[Payload]):
    @property
    def endpoint(self) -> str:
        return "/a"

    @classmethod
    def payload_cls(cls) -> type[Payload]:
        return Payload


def worker(handler: HandlerConfig, url: str = "http://127.0.0.1:1") -> Worker:
    """A worker that is measured by a handler of its own."""
    measured = HandlerConfig(route="/measured", benchmark_config=BENCHMARK)
    handlers = (
        [handler] if handler.benchmark_config or handler.handler_class else [handler, measured]
    )
    return Worker(WorkerConfig(model_server_url=url, model_log_file="/log", handlers=handlers))


def refused(handler: HandlerConfig) -> str:
    """With what sentence."""
    made = worker(handler)
    with pytest.raises(SettingsError) as caught:
        worker_config("test", made.backend, made.routes)
    return str(caught.value)


SAID = "is a coroutine function, and is called as a plain one, as by the SDK"


@pytest.mark.parametrize("parser", [asynchronous, Called()])
def test_a_request_parser_is_refused_at_the_start(parser: Any):
    handler = HandlerConfig(route="/a", request_parser=parser)
    assert refused(handler) == f"/a: request_parser {SAID}"


def test_a_benchmarks_generator_is_refused_at_the_start():
    benchmark = BenchmarkConfig(generator=asynchronous)
    handler = HandlerConfig(route="/a", benchmark_config=benchmark)
    assert refused(handler) == f"/a: generator {SAID}"
    with pytest.raises(SettingsError, match=f"/remote/double: benchmark_generator {SAID}"):
        Deployment().remote(double, benchmark_generator=asynchronous)


HOOKS = ["for_test", "from_json_msg", "count_workload", "generate_payload_json"]


@pytest.mark.parametrize("name", [*HOOKS, "generate_payload_multipart"])
def test_a_hook_of_a_payload_class_is_refused_at_the_start(name: str):
    kind = type("Slow", (Payload,), {name: asynchronous})
    assert refused(HandlerConfig(route="/a", payload_class=kind)) == f"Slow: {name} {SAID}"
    handler = type("Slowly", (Handler,), {"payload_cls": classmethod(lambda _: kind)})
    assert refused(HandlerConfig(route="/a", handler_class=handler)) == f"Slow: {name} {SAID}"


@pytest.mark.parametrize("name", ["payload_cls", "make_benchmark_payload"])
def test_a_hook_of_a_handler_class_is_refused_at_the_start(name: str):
    kind = type("Slow", (Handler,), {name: asynchronous})
    assert refused(HandlerConfig(route="/a", handler_class=kind)) == f"Slow: {name} {SAID}"


async def test_a_coroutine_of_a_function_that_does_not_look_like_it_is_a_422(model: FakeModel):
    def parse(payload: dict[str, Any]) -> Any:
        return asynchronous(payload)

    handler = HandlerConfig(route="/a", request_parser=parse)
    made = worker(handler, model.url)
    async with class_worker(made.backend, made.routes, model) as running:
        status, body = await running.posted("/a", {})
    assert status == 422
    assert "request_parser gave a coroutine, and is called as a plain function" in body["error"]
    assert model.calls == []


async def test_a_calculator_counts_100_as_with_the_sdk(
    model: FakeModel, caplog: pytest.LogCaptureFixture
):
    made = worker(HandlerConfig(route="/a", workload_calculator=asynchronous), model.url)
    with caplog.at_level(logging.WARNING):
        async with class_worker(made.backend, made.routes, model) as running:
            for _ in range(2):
                assert (await running.post("/a", {})).status_code == 200
    assert running.loads[0] == 100.0
    assert caplog.text.count("it gave a coroutine") == 1


async def double(x: int) -> int:
    """A remote function."""
    return 2 * x
