"""The tgi worker: what a request costs, what TGI's lines mean, what its benchmark asks."""

import json
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.tokenizers import cached, words_tokenizer
from hypothesis import given
from hypothesis import strategies as st

import workers.tgi
from pyworker._native import parse_envelope
from pyworker.errors import InvalidRequest
from pyworker.model.benchmark import prepare
from pyworker.model.markers import LogMarkers
from pyworker.settings import read_settings
from pyworker.worker import Estimate
from workers.tgi.worker import define

CONFIG = define(read_settings({}))
GENERATE, STREAM = CONFIG.handlers


def cost(payload: Any) -> float:
    """The workload of a payload, read from a request body as the proxy reads it."""
    body = orjson.dumps({"auth_data": {}, "payload": payload})
    return GENERATE.declared.of(parse_envelope(body, GENERATE.declared.paths).fields)


@pytest.mark.parametrize(
    ("parameters", "tokens"),
    [
        ({"max_new_tokens": 256}, 256),
        ({"max_new_tokens": 0}, 0),
        ({"max_new_tokens": 1_000_000}, 1e6),
        ({"max_new_tokens": None}, 100),
        ({"temperature": 0.7}, 100),
        ({}, 100),
        (None, 100),
    ],
)
def test_a_request_costs_the_tokens_it_asks_for_and_a_hundred_by_default(
    parameters: dict[str, Any] | None, tokens: float
) -> None:
    assert cost({"inputs": "hello", "parameters": parameters}) == tokens
    assert cost({"inputs": "hello"}) == 100


@pytest.mark.parametrize("value", ["256", 256.0, 2.5, True, [256], {"n": 256}, 2**64, -(2**70)])
def test_what_is_no_integer_is_refused_by_its_name(value: Any) -> None:
    body = (
        f'{{"auth_data":{{}},"payload":{{"parameters":{{"max_new_tokens":{json.dumps(value)}}}}}}}'
    )
    with pytest.raises(
        InvalidRequest, match=r"payload\.parameters\.max_new_tokens: must be an integer"
    ):
        GENERATE.declared.of(parse_envelope(body.encode(), GENERATE.declared.paths).fields)


@pytest.mark.parametrize(
    ("value", "why"),
    [(-1, "gives"), (-(2**63), "gives"), (1_000_001, "at most"), (2**63 - 1, "at most")],
)
def test_what_no_model_can_serve_is_refused(value: int, why: str) -> None:
    with pytest.raises(InvalidRequest, match=rf"parameters\.max_new_tokens: .*{why}") as bad:
        cost({"parameters": {"max_new_tokens": value}})
    assert bad.value.status == 422


@given(tokens=st.integers(0, 10**6))
def test_every_sane_number_counts_as_it_is(tokens: int) -> None:
    assert cost({"parameters": {"max_new_tokens": tokens, "seed": 1}}) == tokens


def test_both_routes_cost_the_same_and_go_where_they_came() -> None:
    assert [handler.route for handler in CONFIG.handlers] == ["/generate", "/generate_stream"]
    for handler in CONFIG.handlers:
        assert handler.upstream_path == handler.route
        assert handler.workload == GENERATE.workload
        assert handler.allow_parallel_requests
        assert handler.max_queue_time == 600
    assert CONFIG.benchmarked[0] is GENERATE


def test_where_the_model_is_can_be_set() -> None:
    assert (CONFIG.model_server_url, CONFIG.model_log_file, CONFIG.health_endpoint) == (
        "http://127.0.0.1:5001",
        "/workspace/infer.log",
        "/health",
    )
    moved = define(
        read_settings(
            {
                "MODEL_SERVER_URL": "http://10.0.0.9:80/",
                "MODEL_LOG": "tgi.log",
                "MODEL_HEALTH_ENDPOINT": "/info",
            }
        )
    )
    assert (moved.model_server_url, moved.model_log_file, moved.health_endpoint) == (
        "http://10.0.0.9:80",
        "tgi.log",
        "/info",
    )


ACTIONS = CONFIG.log_actions
MARKERS = LogMarkers(ACTIONS.on_error, ACTIONS.on_load, ACTIONS.on_info)
ROUTER = (
    '{"timestamp":"2026-01-08T15:02:49.000000Z","level":"INFO","message":"Connected",'
    '"target":"text_generation_router%s","filename":"router/src/server.rs","line_number":2302}'
)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (ROUTER % "", "load"),
        (ROUTER % "::server", "load"),
        ("Error: ShardCannotStart", "error"),
        ("Error: ShardFailed", "error"),
        ("Error: DownloadError", "error"),
        ("Error: WebserverFailed", "error"),
        ("Error: WebserverCannotStart", "error"),
        ('Error: NotEnoughCUDADevices("`sharded` is not supported")', "error"),
        ('{"level":"INFO","message":"Download file: model.safetensors"}', "info"),
        ('{"level":"ERROR","message":"Model is overloaded","target":"x"}', None),
        ('{"level":"ERROR","message":"Input validation error: `inputs` cannot be empty"}', None),
        ('{"level":"ERROR","message":"Request failed during generation: x"}', None),
        ('{"level":"ERROR","message":"Failed to send event. Receiver dropped."}', None),
        ('{"level":"INFO","fields":{"message":"Starting Webserver"},"target":"x"}', None),
        ('{"level":"INFO","fields":{"message":"Waiting for shard to be ready..."}}', None),
        ('{"level":"INFO","message":"Success","target":"text_generation_router::server"}', None),
    ],
)
def test_what_tgis_lines_mean(line: str, kind: str | None) -> None:
    assert [event.kind for event in MARKERS.scan(line.encode() + b"\n")] == ([kind] if kind else [])


def test_the_sample_log_loads_once_downloads_and_never_fails() -> None:
    sample = Path(workers.tgi.__path__[0]) / "sample.log"
    content = sample.read_bytes()
    kinds = [event.kind for event in MARKERS.scan(content)]
    assert kinds.count("load") == 1
    assert "error" not in kinds
    assert "info" in kinds
    # It is served after that: what clients do wrong is no error of the model.
    assert content.index(b'"message":"Connected"') < content.index(b'"level":"ERROR"')


def test_no_other_model_servers_log_is_taken_for_tgis(shared_dir: Path) -> None:
    logs = sorted(file for file in (shared_dir / "logs").rglob("*.log") if "tgi" not in file.parts)
    assert logs
    for file in logs:
        assert [event.kind for event in MARKERS.scan(file.read_bytes())] == [], file


async def test_the_benchmark_asks_for_real_work_and_never_twice_the_same() -> None:
    handler, benchmark = CONFIG.benchmarked
    rng = random.Random(1)
    requests = [await prepare(handler, benchmark, rng) for _ in range(20)]
    assert {request.workload for request in requests} == {128}
    payloads = [orjson.loads(request.body) for request in requests]
    assert len({payload["inputs"] for payload in payloads}) == 20
    for payload in payloads:
        assert len(payload["inputs"].split()) == 250
        assert payload["parameters"]["max_new_tokens"] == 128
    assert (benchmark.runs, benchmark.concurrency) == (3, 10)


def test_an_answer_with_text_passes() -> None:
    CONFIG.benchmarked[1].check(b'{"generated_text":" a cat"}')


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b"[]",
        b"null",
        b'"text"',
        b'{"generated_text":""}',
        b'{"generated_text":" \\n"}',
        b'{"generated_text":null}',
        b'{"generated_text":["a"]}',
        b'{"error":"Model is overloaded","error_type":"overloaded"}',
        b'data:{"token":{"text":"a"}}\n\n',
    ],
)
def test_any_other_answer_is_a_failed_benchmark(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        CONFIG.benchmarked[1].check(body)


def counted(payload: Any, *, load: bool = True, **environ: str) -> float:
    """The workload by other settings."""
    config = define(read_settings(environ))
    if config.tokens is not None and load:
        config.tokens.load()
    workload = config.handlers[0].declared
    body = orjson.dumps({"auth_data": {}, "payload": payload})
    envelope = parse_envelope(body, workload.paths)
    return workload.of(envelope.fields, body, envelope.payload_span or (0, 0))


@pytest.mark.parametrize(
    ("workload", "tokens"),
    [
        ("max_new_tokens", 256),
        ("prompt", 3),
        ("prompt+output", 259),
        ("0.1*prompt + output", 256.3),
        ("100", 100),
    ],
)
def test_a_workload_that_is_set_is_counted(workload: str, tokens: float, tmp_path: Path) -> None:
    file = words_tokenizer(tmp_path / "tokenizer.json")
    payload = {"inputs": "a cat sat", "parameters": {"max_new_tokens": 256}}
    assert counted(payload, WORKLOAD=workload, TOKENIZER=str(file)) == pytest.approx(tokens)


def test_by_default_no_tokenizer_is_looked_for() -> None:
    assert define(read_settings({"TOKENIZER": "no/such"})).tokens is None
    assert CONFIG.handlers[0].declared.paths == ("parameters.max_new_tokens",)


def test_a_counted_prompt_must_be_one() -> None:
    with pytest.raises(InvalidRequest, match=r"payload\.inputs: missing parameter"):
        counted({"parameters": {}}, WORKLOAD="prompt+output")
    for wrong in (5, True, {"a": "b"}, [["a"]]):
        with pytest.raises(InvalidRequest, match=r"payload\.inputs: expected"):
            counted({"inputs": wrong}, WORKLOAD="prompt+output")


def test_auto_is_found_by_the_models_id_or_name_or_by_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    content = words_tokenizer(tmp_path / "words" / "tokenizer.json").read_bytes()
    cached(tmp_path / "hub", "org/model", content)
    payload = {"inputs": "a cat sat"}
    assert counted(payload, WORKLOAD="prompt", MODEL_ID="org/model") == 3
    assert counted(payload, WORKLOAD="prompt", MODEL_NAME="org/model") == 3
    assert counted(payload, WORKLOAD="prompt", MODEL_ID=str(tmp_path / "words")) == 3
    estimate = counted(payload, WORKLOAD="prompt")
    assert (estimate, type(estimate)) == (2, Estimate)
    config = define(read_settings({"WORKLOAD": "prompt"}))
    assert config.tokens is not None
    assert config.tokens.ask == ("/info",)
