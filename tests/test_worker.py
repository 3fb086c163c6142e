"""What a worker definition is made of: fields are read strictly, workloads are sane numbers."""

import math
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.errors import InvalidRequest
from pyworker.worker import (
    BenchmarkConfig,
    Estimate,
    Field,
    HandlerConfig,
    Values,
    WorkerConfig,
    Workload,
)
from pyworker.workload.declared import MAX_WORKLOAD

PROMPT = Field(path="input.prompt", kind=str)
STEPS = Field(path="steps", kind=int)
STEPS_OR_20 = Field(path="steps", kind=int, default=20)


@pytest.mark.parametrize("value", [0, 1, -5, 2**63 - 1])
def test_an_integer_field_is_read(value: int) -> None:
    assert STEPS.read({"steps": value}) == value


def test_a_text_field_is_read_by_its_dotted_path() -> None:
    assert PROMPT.read({"input.prompt": "", "input": b"{}"}) == ""


@pytest.mark.parametrize("fields", [{}, {"steps": None}])
def test_an_absent_or_null_field_has_its_default(fields: dict[str, None]) -> None:
    assert STEPS_OR_20.read(fields) == 20


@pytest.mark.parametrize("fields", [{}, {"steps": None}])
def test_an_absent_or_null_field_without_a_default_is_the_clients_mistake(
    fields: dict[str, None],
) -> None:
    with pytest.raises(InvalidRequest, match=r"payload\.steps: missing parameter") as refused:
        STEPS.read(fields)
    assert refused.value.status == 422
    assert refused.value.detail == {"payload": {"steps": "missing parameter"}}


@pytest.mark.parametrize("value", ["20", 20.0, True, False, b"[20]", 1e300])
@pytest.mark.parametrize("field", [STEPS, STEPS_OR_20])
def test_what_is_no_integer_is_the_clients_mistake(field: Field, value: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"payload\.steps: must be an integer"):
        field.read({"steps": value})


@pytest.mark.parametrize("value", [20, 2.5, True, b'["a"]'])
def test_what_is_no_text_is_the_clients_mistake(value: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"payload\.input\.prompt: must be a string"):
        PROMPT.read({"input.prompt": value})


def test_an_empty_default_is_one() -> None:
    assert Field(path="p", kind=str, default="").read({}) == ""
    assert Field(path="n", kind=int, default=0).read({}) == 0


def workload(count: Callable[[Mapping[str, str | int]], float]) -> Workload:
    return Workload(fields=(PROMPT, STEPS_OR_20), count=count)


def test_a_workload_counts_the_values_of_its_fields() -> None:
    counted = workload(lambda values: len(str(values["input.prompt"])) * int(values["steps"]))
    assert counted.paths == ("input.prompt", "steps")
    assert counted.of({"input.prompt": "hello", "other": 5}) == 100
    with pytest.raises(InvalidRequest, match=r"payload\.input\.prompt"):
        counted.of({"steps": 5})


@given(number=st.floats())
def test_a_workload_is_a_sane_number_or_the_clients_mistake(number: float) -> None:
    counted = workload(lambda _: number)
    if 0 <= number <= MAX_WORKLOAD:
        assert counted.of({"input.prompt": ""}) == number
    else:
        with pytest.raises(InvalidRequest, match="gives a workload of") as refused:
            counted.of({"input.prompt": ""})
        assert refused.value.status == 422


@pytest.mark.parametrize("number", [MAX_WORKLOAD + 1, -1, math.nan, math.inf, 2**63 - 1])
def test_the_edges_of_sanity(number: float) -> None:
    with pytest.raises(InvalidRequest):
        workload(lambda _: number).of({"input.prompt": ""})


def test_a_workload_may_need_no_field() -> None:
    assert Workload(fields=(), count=lambda _: 100.0).of({}) == 100
    with pytest.raises(InvalidRequest):
        Workload(fields=(), count=lambda _: -1.0).of({})


def test_a_workload_may_look_at_the_payloads_bytes() -> None:
    def size(values: Values, body: bytes, span: tuple[int, int]) -> float:
        assert values == {"steps": 20}
        return len(body[span[0] : span[1]])

    counted = Workload(fields=(STEPS_OR_20,), count_payload=size)
    assert counted.of({}, b'{"payload": {"a":1}}', (12, 19)) == 7


def test_an_estimate_stays_one_and_is_checked_like_any_other() -> None:
    estimated = Workload(fields=(), count=lambda _: Estimate(12.5))
    assert isinstance(estimated.of({}), Estimate)
    assert estimated.of({}) == 12.5
    assert not isinstance(Workload(fields=(), count=lambda _: 12).of({}), Estimate)
    with pytest.raises(InvalidRequest):
        Workload(fields=(), count=lambda _: Estimate("nan")).of({})


def test_a_workload_is_counted_in_one_way() -> None:
    with pytest.raises(ValueError, match="one of count and count_payload"):
        Workload(fields=())
    with pytest.raises(ValueError, match="one of count and count_payload"):
        Workload(fields=(), count=lambda _: 1.0, count_payload=lambda _, __, ___: 1.0)


def a_payload(rng: random.Random) -> Mapping[str, object]:
    return {"seed": rng.random()}


def any_answer(body: bytes) -> None:
    pass


BENCHMARK = BenchmarkConfig(payload=a_payload, check=any_answer)


def handler(route: str, benchmark: BenchmarkConfig | None = None) -> HandlerConfig:
    return HandlerConfig(
        route=route, workload=Workload(fields=(), count=lambda _: 1.0), benchmark_config=benchmark
    )


def worker(*handlers: HandlerConfig) -> WorkerConfig:
    return WorkerConfig(
        name="sample",
        model_server_url="http://127.0.0.1:5001",
        model_log_file="model.log",
        handlers=handlers,
    )


def test_one_handler_has_the_benchmark() -> None:
    plain, benchmarked = handler("/status"), handler("/generate", BENCHMARK)
    assert worker(plain, benchmarked).benchmarked == (benchmarked, BENCHMARK)


@pytest.mark.parametrize(
    ("handlers", "found"),
    [
        ((), "none"),
        ((handler("/a"),), "none"),
        ((handler("/a", BENCHMARK), handler("/b", BENCHMARK)), "/a, /b"),
    ],
)
def test_no_benchmark_or_two_are_the_definitions_mistake(
    handlers: tuple[HandlerConfig, ...], found: str
) -> None:
    with pytest.raises(ValueError, match=f"one handler must have a benchmark, not {found}"):
        worker(*handlers)


@pytest.mark.parametrize("wrong", [{"runs": 0}, {"concurrency": 0}, {"runs": -1}])
def test_a_benchmark_without_requests_is_the_definitions_mistake(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least 1 run of 1 request"):
        BenchmarkConfig(payload=a_payload, check=any_answer, **wrong)


def test_the_models_path_is_the_route_unless_said_otherwise() -> None:
    assert handler("/generate").upstream_path == "/generate"
    assert (
        HandlerConfig(
            route="/generate",
            model_route="/v1/completions",
            workload=Workload(fields=(), count=lambda _: 1.0),
        ).upstream_path
        == "/v1/completions"
    )
