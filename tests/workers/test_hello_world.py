"""The hello_world worker: the cost is the prompt's tokens, by the tokenizer that is set."""

import json
import logging
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.tokenizers import words_tokenizer

import workers.hello_world
from pyworker._native import parse_envelope
from pyworker.errors import InvalidRequest, SettingsError
from pyworker.model.benchmark import prepare
from pyworker.model.markers import LogMarkers
from pyworker.settings import read_settings
from pyworker.worker import Estimate, HandlerConfig, WorkerConfig
from workers.hello_world.worker import define


@pytest.fixture(autouse=True)
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hugging Face cache that is empty, whatever this machine has."""
    cache = tmp_path / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    return cache


def defined(**environ: str) -> WorkerConfig:
    return define(read_settings(environ))


def loaded(**environ: str) -> WorkerConfig:
    """Defined, and what the process loads beside its serving."""
    config = defined(**environ)
    assert config.tokens is not None
    config.tokens.load()
    return config


def cost(handler: HandlerConfig, payload: Any) -> float:
    body = orjson.dumps({"auth_data": {}, "payload": payload})
    return handler.declared.of(parse_envelope(body, handler.declared.paths).fields)


def test_a_prompt_costs_its_tokens(tmp_path: Path) -> None:
    config = loaded(TOKENIZER=str(words_tokenizer(tmp_path / "tokenizer.json")))
    for handler in config.handlers:
        assert cost(handler, {"prompt": "a cat sat", "max_response_tokens": 300}) == 3
        assert cost(handler, {"prompt": "", "max_response_tokens": 300}) == 0


def test_a_prompt_is_counted_with_openai_gpt(shared_dir: Path) -> None:
    tokenizer = shared_dir / "data" / "tokenizers" / "openai-gpt" / "tokenizer.json"
    counts = shared_dir / "data" / "tokenizers" / "COUNTS.json"
    if not (tokenizer.is_file() and counts.is_file()):
        pytest.skip(f"no {tokenizer}")
    [handler, _] = loaded(TOKENIZER=str(tokenizer)).handlers
    known = json.loads(counts.read_text())["counts"]["openai-gpt"]
    for name in ("blns.txt", "docs_ko.md", "lipsum_emoji.txt"):
        prompt = (shared_dir / "data" / "text" / name).read_bytes().decode()
        assert cost(handler, {"prompt": prompt, "max_response_tokens": 1}) == known[name][1]


def test_auto_finds_openai_gpt_in_the_local_cache(no_cache: Path) -> None:
    folder = no_cache / "models--openai-gpt"
    words_tokenizer(folder / "snapshots" / "abc" / "tokenizer.json")
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("abc")
    [handler, _] = loaded(MODEL_ID="another/model", MODEL_NAME="another").handlers
    assert cost(handler, {"prompt": "a cat sat", "max_response_tokens": 1}) == 3


def test_before_its_tokenizer_is_loaded_it_estimates(tmp_path: Path) -> None:
    config = defined(TOKENIZER=str(words_tokenizer(tmp_path / "tokenizer.json")))
    payload = {"prompt": "x" * 400, "max_response_tokens": 1}
    estimate = cost(config.handlers[0], payload)
    assert estimate == 100
    assert isinstance(estimate, Estimate)
    assert config.tokens is not None
    config.tokens.load()
    exact = cost(config.handlers[0], payload)
    assert exact == 1
    assert not isinstance(exact, Estimate)


@pytest.mark.parametrize(
    ("workload", "tokens"),
    [("prompt", 3), ("output", 300), ("prompt+output", 303), ("10*prompt + 0.5*output + 7", 187)],
)
def test_a_workload_that_is_set_is_counted(workload: str, tokens: float, tmp_path: Path) -> None:
    file = words_tokenizer(tmp_path / "tokenizer.json")
    config = defined(WORKLOAD=workload, TOKENIZER=str(file))
    if config.tokens is not None:
        config.tokens.load()
    for handler in config.handlers:
        assert cost(handler, {"prompt": "a cat sat", "max_response_tokens": 300}) == tokens


def test_a_workload_without_the_prompt_needs_no_tokenizer() -> None:
    config = defined(WORKLOAD="output", TOKENIZER="no/such")
    assert config.tokens is None
    with pytest.raises(InvalidRequest, match=r"payload\.prompt: missing"):
        cost(config.handlers[0], {"max_response_tokens": 300})


def test_without_a_tokenizer_it_estimates_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handlers = loaded().handlers
    for handler in handlers:
        assert cost(handler, {"prompt": "x" * 400, "max_response_tokens": 1}) == 100
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in told] == [
        (
            "token counts are estimated, 4 bytes a token:"
            " openai-gpt is not in the local Hugging Face cache"
        )
    ]


def test_a_tokenizer_that_is_set_and_missing_is_one_sentence() -> None:
    with pytest.raises(SettingsError, match=r"TOKENIZER must be a tokenizer\.json.*'no/such'"):
        defined(TOKENIZER="no/such")


@pytest.mark.parametrize("name", ["prompt", "max_response_tokens"])
def test_both_fields_are_needed(name: str) -> None:
    [handler, _] = defined().handlers
    payload: dict[str, Any] = {"prompt": "a", "max_response_tokens": 1}
    del payload[name]
    with pytest.raises(InvalidRequest) as refused:
        cost(handler, payload)
    assert refused.value.status == 422
    assert refused.value.detail == {"payload": {name: "missing parameter"}}


@pytest.mark.parametrize(
    ("name", "value"),
    [("prompt", 5), ("prompt", ["a"]), ("max_response_tokens", "5"), ("max_response_tokens", 0.5)],
)
def test_both_fields_have_their_type(name: str, value: Any) -> None:
    [handler, _] = defined().handlers
    with pytest.raises(InvalidRequest, match=rf"payload\.{name}: must be"):
        cost(handler, {"prompt": "a", "max_response_tokens": 1, name: value})


def test_its_routes() -> None:
    config = defined()
    assert [handler.route for handler in config.handlers] == ["/generate", "/generate_stream"]
    assert all(handler.allow_parallel_requests for handler in config.handlers)
    assert config.open_routes == ("/healthcheck",)
    assert config.health_endpoint == "/healthcheck"
    assert defined(MODEL_LOG="a.log", MODEL_SERVER_URL="http://m:1").model_log_file == "a.log"


def test_its_markers_and_its_sample_log() -> None:
    actions = defined().log_actions
    markers = LogMarkers(actions.on_error, actions.on_load, actions.on_info)
    events = markers.scan(
        b"infer server has started\nException: corrupted model file\n"
        b'{"message":"Download file"}\nsomething else\n'
    )
    assert [event.kind for event in events] == ["load", "error", "info"]
    sample = (Path(workers.hello_world.__path__[0]) / "sample.log").read_bytes()
    kinds = [event.kind for event in markers.scan(sample)]
    assert kinds.count("load") == 1
    assert "error" not in kinds


async def test_its_benchmark_varies_and_costs_what_a_client_would_pay(tmp_path: Path) -> None:
    config = loaded(TOKENIZER=str(words_tokenizer(tmp_path / "tokenizer.json")))
    handler, benchmark = config.benchmarked
    rng = random.Random(1)
    requests = [await prepare(handler, benchmark, rng) for _ in range(20)]
    assert {request.workload for request in requests} == {250}
    assert len({request.body for request in requests}) == 20
    assert {orjson.loads(request.body)["max_response_tokens"] for request in requests} == {300}


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'""', b"null", b"[]", b"false"])
def test_an_empty_answer_is_a_failed_benchmark(body: bytes) -> None:
    check = defined().benchmarked[1].check
    check(b'{"response":"hello"}')
    with pytest.raises(ValueError, match=r"."):
        check(body)
